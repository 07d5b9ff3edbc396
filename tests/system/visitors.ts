import { auth } from "../../server/auth/better-auth.ts";
import { createAccount } from "../../server/auth/create-account.ts";
import { remember } from "../../server/config.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { assessReport } from "../../server/grading/assessment.ts";
import { giveGrades } from "../../server/grading/given-grade.ts";
import { saveGradeSettings } from "../../server/grading/grade-settings.ts";
import { regrade } from "../../server/grading/regrade.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import type { RunRole } from "../../server/policies/index.ts";
import { readGradesFile } from "../../server/queries/grades-file.ts";
import { type Site, TEST_SECRET } from "../site.ts";
import { Fingerprint } from "./fingerprint.ts";

/** Who comes to the site, as far as policies tell people apart. */
export const EVERYBODY = [
  "signed out",
  "not enrolled",
  "reader",
  "student",
  "another student",
  "ta",
  "instructor",
  "instructor elsewhere",
  "admin",
] as const;
export type Who = (typeof EVERYBODY)[number];

export const SIGNED_IN = EVERYBODY.filter((who) => who !== "signed out");

/** Somebody with a browser; `cookie` is empty for who is not signed in. */
export interface Visitor {
  readonly who: Who;
  readonly userId: string;
  readonly cookie: string;
}

export const PASSWORD = "a password of the tests";

const REPORT = {
  ...{ id: "a-report", number: "E99.1", kind: "report", title: "A report", points: 1 },
  ...{ limits: {}, seeds: [] },
  tests: [{ id: "clear", title: "It is clear", points: 1, hint: "" }],
};

const ROLES: Partial<Record<Who, { role: RunRole; elsewhere?: true }>> = {
  reader: { role: "reader" },
  student: { role: "student" },
  "another student": { role: "student" },
  ta: { role: "ta" },
  instructor: { role: "instructor" },
  "instructor elsewhere": { role: "instructor", elsewhere: true },
};

/** The people of a started site, its run, and what one of its students has handed in. */
export class World {
  readonly site: Site;
  readonly runId: string;
  readonly runSlug: string;
  readonly courseSlug: string;
  readonly exerciseSlug: string;
  readonly submissionId: string;
  readonly #userIds: ReadonlyMap<Who, string>;
  readonly #fingerprint: Fingerprint;
  #made = 0;

  private constructor(
    site: Site,
    run: { id: string; slug: string; courseSlug: string },
    userIds: ReadonlyMap<Who, string>,
    submission: { id: string; exerciseSlug: string },
    fingerprint: Fingerprint,
  ) {
    this.site = site;
    this.runId = run.id;
    this.runSlug = run.slug;
    this.courseSlug = run.courseSlug;
    this.exerciseSlug = submission.exerciseSlug;
    this.submissionId = submission.id;
    this.#userIds = userIds;
    this.#fingerprint = fingerprint;
  }

  /** Fills the site's database. */
  static async open(site: Site): Promise<World> {
    remember({ databaseUrl: site.databaseUrl, secret: TEST_SECRET });
    const run = await db().courseRun.findFirstOrThrow();
    const { courseId } = run;
    const elsewhere = await db().courseRun.create({
      data: { courseId, slug: "elsewhere", title: "Another run" },
    });
    const userIds = new Map<Who, string>();
    for (const who of SIGNED_IN) {
      const userId = await newAccount(who.replaceAll(" ", "-"), {
        password: PASSWORD,
        isAdmin: who === "admin",
      });
      const enrolled = ROLES[who];
      if (enrolled !== undefined) {
        const runId = enrolled.elsewhere ? elsewhere.id : run.id;
        await db().enrolment.create({ data: { userId, runId, role: enrolled.role } });
      }
      userIds.set(who, userId);
    }
    const submission = await handIn(run.id, userIds.get("student") ?? "");
    const { slug: courseSlug } = await db().course.findUniqueOrThrow({ where: { id: courseId } });
    const fingerprint = await Fingerprint.open(site.databaseUrl);
    return new World(site, { ...run, courseSlug }, userIds, submission, fingerprint);
  }

  async close(): Promise<void> {
    await this.#fingerprint.close();
    await closeQueue();
    await disconnect();
  }

  /** With a session of their own each time. */
  async visitor(who: Who): Promise<Visitor> {
    // Who is not signed in may still know somebody's id.
    const userId = this.userId(who === "signed out" ? "student" : who);
    return { who, userId, cookie: who === "signed out" ? "" : await cookieOf(userId) };
  }

  userId(who: Exclude<Who, "signed out">): string {
    const userId = this.#userIds.get(who);
    if (userId === undefined) throw new Error(`nobody is ${who}`);
    return userId;
  }

  /** Somebody whom no other row of a table has touched. */
  async newStudent(password?: string): Promise<{ userId: string; username: string }> {
    const username = `made-${++this.#made}`;
    const userId = await newAccount(username, { password });
    await db().enrolment.create({ data: { userId, runId: this.runId, role: "student" } });
    return { userId, username };
  }

  /** A regrade of the one submission, which has not begun. */
  async newRegrade(): Promise<string> {
    await this.endRegrades();
    const id = await regrade({ runId: this.runId, submissionId: this.submissionId });
    if (id === undefined) throw new Error("there is nothing to grade again");
    return id;
  }

  /** Asked by the one student, whose code goes with it. */
  async newQuestion(audience: "staff" | "class"): Promise<string> {
    const { runId, exerciseSlug } = this;
    const asked = { title: "Why?", text: "Why is it so?", quote: "let a;", exerciseSlug };
    const by = { authorId: this.userId("student"), audience, askedFor: audience };
    return (await db().question.create({ data: { runId, ...asked, ...by } })).id;
  }

  /** Nobody has read it. */
  async newAnnouncement(): Promise<string> {
    const said = { title: "Room", text: "B 1", authorId: this.userId("instructor") };
    return (await db().announcement.create({ data: { runId: this.runId, ...said } })).id;
  }

  /** A new version of the exercise, which has graded nothing. */
  async newVersion(): Promise<{ id: string; exerciseId: string }> {
    await this.endRegrades();
    const { exerciseId } = await db().submission.findUniqueOrThrow({
      where: { id: this.submissionId },
    });
    const data = { exerciseId, hash: crypto.randomUUID(), manifest: {}, judge: new Uint8Array() };
    const { id } = await db().exerciseVersion.create({ data });
    return { id, exerciseId };
  }

  /** What the newest version makes of the grades, as far as that has been decided. */
  async newTrial(state: "dry" | "applied"): Promise<string> {
    const { id: versionId, exerciseId } = await this.newVersion();
    const { id } = await db().regrade.create({
      data: { runId: this.runId, exerciseId, versionId, state },
    });
    return id;
  }

  /** The step in which the student was given a grade. */
  async newGivenGrade(): Promise<string> {
    const { exerciseId } = await db().submission.findUniqueOrThrow({
      where: { id: this.submissionId },
    });
    const given = { points: ++this.#made, isExcused: false, comment: "" };
    const grade = { exerciseId, userId: this.userId("student"), given };
    const step = { runId: this.runId, actorId: this.userId("instructor"), kind: "given" } as const;
    return (await giveGrades(db(), step, [grade])) ?? "";
  }

  /** Of what a file of grades would do now. */
  async digestOfGrades(text: string): Promise<string> {
    return (await readGradesFile(db(), this.runId, text)).digest;
  }

  /** The step in which weights were set. */
  async newSettings(): Promise<string> {
    const step = { runId: this.runId, actorId: this.userId("instructor") };
    const dropLowest = ++this.#made;
    return (await saveGradeSettings(db(), step, { dropLowest, weights: {} })) ?? "";
  }

  /** Nobody's grades are held. */
  async releaseGrades(): Promise<void> {
    await db().exercise.updateMany({ where: { runId: this.runId }, data: { isHeld: false } });
  }

  /** What the student has written, and nobody has graded. */
  async newReport(): Promise<{ slug: string; submissionId: string }> {
    const { runId } = this;
    const slug = "a-report";
    const exercise = await db().exercise.upsert({
      where: { runId_slug: { runId, slug } },
      create: {
        ...{ runId, slug, kind: "report", number: "E99.1", title: "A report", lectureSlug: "" },
        ...{ points: 1, position: 99 },
        versions: { create: { hash: "r", manifest: REPORT, judge: new Uint8Array() } },
      },
      update: {},
    });
    const key = { exerciseId: exercise.id, userId: this.userId("student") };
    const { id: submissionId } = await db().submission.upsert({
      where: { exerciseId_userId_attempt: { ...key, attempt: 1 } },
      create: { ...key, attempt: 1, clientKey: slug, source: "# Mine", sourceHash: slug },
      update: {},
    });
    return { slug, submissionId };
  }

  /** The step in which the report was graded. */
  async newGradedReport(): Promise<string> {
    const { submissionId } = await this.newReport();
    const step = { runId: this.runId, actorId: this.userId("instructor") };
    const criteria = { clear: { points: 1, comment: String(++this.#made) } };
    const assessment = { criteria, comment: "" };
    const outcome = await assessReport(db(), step, { submissionId, assessment });
    if (outcome.kind !== "assessed") throw new Error("the report is not graded");
    return outcome.stepId;
  }

  /** Words at the first line of the submission. */
  async newComment(): Promise<string> {
    const data = { submissionId: this.submissionId, line: 1, text: "Why?" };
    const { id } = await db().lineComment.create({ data });
    return id;
  }

  /** The first lecture of the course, as a document. */
  async documentId(): Promise<string> {
    const where = { kind: "lecture" } as const;
    return (await db().contentDocument.findFirstOrThrow({ where, orderBy: { path: "asc" } })).id;
  }

  /** The document as it is shown to whoever may publish it. */
  async newestVersion(): Promise<string> {
    const documentId = await this.documentId();
    const where = { documentId };
    const head = await db().contentVersion.aggregate({ where, _max: { number: true } });
    return `${documentId}:${head._max.number}`;
  }

  async draftRevision(userId: string): Promise<number> {
    const documentId = await this.documentId();
    const draft = await db().contentDraft.findFirst({ where: { documentId, userId } });
    return draft?.revision ?? 0;
  }

  /** Something typed over the newest version; answers the draft's revision. */
  async newDraft(userId: string): Promise<number> {
    const documentId = await this.documentId();
    const { number: base } = await db().contentVersion.findFirstOrThrow({
      where: { documentId },
      orderBy: { number: "desc" },
    });
    await db().contentDraft.deleteMany({ where: { documentId, userId } });
    const files = { create: { path: "lecture.mdx", text: `# ${crypto.randomUUID()}` } };
    await db().contentDraft.create({ data: { documentId, userId, base, files } });
    return 1;
  }

  async documentPath(): Promise<string> {
    const id = await this.documentId();
    return (await db().contentDocument.findUniqueOrThrow({ where: { id } })).path;
  }

  /** A draft that somebody else's version has left behind. */
  async mergeableDraft(userId: string): Promise<{ revision: number; head: number }> {
    const documentId = await this.documentId();
    const revision = await this.newDraft(userId);
    const last = await db().contentVersion.findFirstOrThrow({
      where: { documentId },
      orderBy: { number: "desc" },
    });
    const head = last.number + 1;
    const made = { documentId, number: head, files: last.files ?? {}, message: "Again" };
    await db().contentVersion.create({ data: { ...made, origin: "site" } });
    return { revision, head };
  }

  /** The same for each who may author. */
  async mergeableDrafts(): Promise<void> {
    for (const who of ["instructor", "instructor elsewhere", "admin"] as const) {
      await this.mergeableDraft(this.userId(who));
    }
  }

  /** A check that nobody has begun. */
  async newCheck(): Promise<string> {
    const { id: courseId } = await db().course.findFirstOrThrow({
      where: { slug: this.courseSlug },
    });
    const check = await db().contentCheck.create({ data: { courseId, publishes: false } });
    return check.id;
  }

  /** Published, of an exercise: its small mistakes were never tried. */
  async unsearchedVersion(): Promise<string> {
    const where = { kind: "exercise" } as const;
    const { id: documentId } = await db().contentDocument.findFirstOrThrow({ where });
    const last = await db().contentVersion.findFirstOrThrow({
      where: { documentId },
      orderBy: { number: "desc" },
    });
    const made = { documentId, number: last.number + 1, files: last.files ?? {}, message: "Again" };
    const { id: versionId } = await db().contentVersion.create({
      data: { ...made, origin: "site" },
    });
    await db().contentPublication.create({ data: { documentId, versionId } });
    return versionId;
  }

  /** What is being graded again is not asked for twice. */
  async endRegrades(): Promise<void> {
    await db().regradeEntry.updateMany({ data: { endedAt: new Date() } });
  }

  /** Changes with anything that is stored, but counts of tries. */
  fingerprint(): Promise<string> {
    return this.#fingerprint.take();
  }
}

async function newAccount(
  username: string,
  options: { password?: string | undefined; isAdmin?: boolean },
): Promise<string> {
  const email = `${username}@example.edu`;
  const made = await createAccount(db(), { name: username, username, email, ...options });
  if (made.kind === "taken") throw new Error(`${username} is taken`);
  return made.userId;
}

async function handIn(runId: string, userId: string) {
  const exercise = await db().exercise.findFirstOrThrow({
    where: { runId },
    orderBy: { position: "asc" },
    select: { id: true, slug: true, versions: { select: { id: true } } },
  });
  const submission = await db().submission.create({
    data: {
      exerciseId: exercise.id,
      userId,
      clientKey: crypto.randomUUID(),
      source: "export {};",
      sourceHash: "0",
      attempt: 1,
      results: {
        create: {
          versionId: exercise.versions[0]?.id ?? "",
          status: "graded",
          score: 0,
          max: 1,
          tests: [],
          ms: 1,
        },
      },
    },
  });
  return { id: submission.id, exerciseSlug: exercise.slug };
}

/** The cookie that the person's browser has after signing in. */
export async function cookieOf(userId: string): Promise<string> {
  const { headers } = await auth().api.enter({ body: { userId }, returnHeaders: true });
  const [cookie] = headers.getSetCookie();
  if (cookie === undefined) throw new Error("the sign-in set no cookie");
  return cookie.split(";")[0] ?? "";
}
