import { auth } from "../../server/auth/better-auth.ts";
import { createAccount } from "../../server/auth/create-account.ts";
import { remember } from "../../server/config.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import type { RunRole } from "../../server/policies/index.ts";
import { type Site, TEST_SECRET } from "../site.ts";
import { Fingerprint } from "./fingerprint.ts";
import { Documents } from "./world-documents.ts";
import { Grades } from "./world-grades.ts";

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
  readonly grades: Grades;
  readonly documents: Documents;
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
    const [student, instructor] = [this.userId("student"), this.userId("instructor")];
    const { runId, submissionId } = this;
    this.grades = new Grades({ runId, submissionId, student, instructor });
    const authors = [instructor, this.userId("instructor elsewhere"), this.userId("admin")];
    this.documents = new Documents(run.courseSlug, authors);
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
