/** A person of whom the site knows something in every table that can hold it. */
import { randomUUID } from "node:crypto";
import { createAccount } from "../server/auth/create-account.ts";
import { makePasswordLink } from "../server/auth/password-link.ts";
import { db } from "../server/db/index.ts";
import { fixtureFolder, makeClass } from "./grading.ts";

export const NAME = "Zoë Quarrelsome";
export const SOURCE = "export const mine = 'only Zoë writes so';\n";
/** What was said to her beside a grade. */
export const SAID = "you copied this from a friend";

export interface Zoe {
  readonly userId: string;
  readonly runId: string;
  readonly byId: string;
}

/** Somebody with a row in every table that can hold one of a person. */
export async function makeZoe(): Promise<Zoe> {
  const lesson = await makeClass(fixtureFolder("add-up"), 1);
  const { runId, exerciseId } = lesson;
  const [byId = ""] = lesson.students;
  const login = { username: "zoe.q", email: "zoe.q@example.org" };
  const made = await createAccount(db(), { name: NAME, ...login, password: "a long password" });
  if (made.kind === "taken") throw new Error("taken");
  const { userId } = made;
  const run = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  const { courseId } = run;
  await makePasswordLink(db(), userId);
  await db().session.create({
    data: { id: randomUUID(), userId, token: "secret-token", expiresAt: new Date() },
  });
  for (const key of [`ask:${userId}`, "sign-in:1.2.3.4:zoe.q", `sign-in-name:${login.email}`]) {
    await db().rateLimit.create({ data: { id: randomUUID(), key, count: 1, lastRequest: 0n } });
  }
  const version = await db().exerciseVersion.findFirstOrThrow({ where: { exerciseId } });
  const submission = await db().submission.create({
    data: {
      ...{ exerciseId, userId, clientKey: randomUUID(), source: SOURCE, sourceHash: "0" },
      attempt: 1,
      results: {
        create: {
          ...{ versionId: version.id, status: "graded", score: 2, max: 3, tests: [], ms: 1 },
          gradedById: userId,
        },
      },
    },
  });
  await db().regrade.create({
    data: {
      runId,
      askedById: userId,
      settledById: userId,
      entries: { create: { submissionId: submission.id } },
    },
  });
  await db().enrolment.create({ data: { runId, userId, role: "student" } });
  await db().scheduleRule.create({
    data: { runId, userId, key: `run student:${userId}`, fields: {} },
  });
  await db().exerciseDraft.create({ data: { userId, exerciseId, source: SOURCE } });
  await db().notebookDraft.create({
    data: {
      ...{ userId, lectureSlug: "01-sums", cells: { a: SOURCE } },
      history: { create: { cellId: "a", source: SOURCE } },
    },
  });
  await db().lectureReading.create({ data: { runId, userId, lectureSlug: "01-sums" } });
  await db().courseAuthor.create({ data: { courseId, userId } });
  const document = await db().contentDocument.create({
    data: { courseId, kind: "lecture", path: "lectures/99-zoe" },
  });
  const written = { documentId: document.id, number: 1, files: {}, origin: "site" as const };
  const content = await db().contentVersion.create({
    data: { ...written, message: "", authorId: userId },
  });
  await db().contentPublication.create({
    data: { documentId: document.id, versionId: content.id, publishedById: userId },
  });
  await db().contentDraft.create({
    data: {
      ...{ documentId: document.id, userId, base: 1 },
      files: { create: { path: "lecture.mdx", text: "draft" } },
    },
  });
  await db().contentCheck.create({
    data: { courseId, askedById: userId, publishes: false, problems: [] },
  });
  const asked = { title: "Why?", text: "Why so?", quote: SOURCE };
  const question = await db().question.create({
    data: { runId, ...asked, authorId: userId, audience: "class", askedFor: "class" },
  });
  const questionId = question.id;
  await db().question.update({ where: { id: questionId }, data: { answeredById: userId } });
  await db().answer.create({
    data: { questionId, authorId: userId, isStaff: false, text: "Now I see." },
  });
  await db().questionChange.create({
    data: { questionId, byId: userId, kind: "edited", before: `I am ${NAME}` },
  });
  const announcement = await db().announcement.create({
    data: { runId, authorId: userId, title: "Hello", text: "all" },
  });
  await db().announcementRead.create({ data: { announcementId: announcement.id, userId } });
  await db().mail.create({
    data: { kind: "announcement", userId, announcementId: announcement.id },
  });
  await db().mailChoice.create({ data: { userId, kind: "answer", pace: "daily" } });
  const expiresAt = new Date();
  await db().invitation.create({
    data: { runId, tokenHash: randomUUID(), role: "student", expiresAt, email: login.email },
  });
  const submissionId = submission.id;
  await db().lineComment.create({
    data: { submissionId, line: 1, text: "Good", authorId: userId },
  });
  await db().gradeOverride.create({ data: { exerciseId, userId, setById: userId, points: 3 } });
  await db().gradeEvent.create({
    data: {
      ...{ runId, exerciseId, userId, actorId: byId, kind: "given", stepId: randomUUID() },
      before: { points: 1, isExcused: false, comment: SAID },
      after: { points: 2, isExcused: false, comment: SAID },
      reason: SAID,
    },
  });
  const assessed = { status: "graded", score: 2, max: 3, gradedById: userId, message: SAID };
  await db().gradeEvent.create({
    data: {
      ...{ runId, exerciseId, userId, submissionId, actorId: userId, kind: "assessed" },
      stepId: randomUUID(),
      after: { ...assessed, tests: [{ id: "a", points: 2, max: 3, feedback: SAID }] },
    },
  });
  const dates = [{ target: { userId }, field: "attempts", value: 3 }];
  await db().gradeEvent.create({
    data: { runId, kind: "dates", stepId: randomUUID(), actorId: byId, after: { dates } },
  });
  await db().erasure.create({ data: { userId, work: "deleted", steps: [] } });
  await db().erasure.create({
    data: { userId: "somebody", byId: userId, work: "deleted", steps: [] },
  });
  return { userId, runId, byId };
}
