import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type Class, makeClass, showCourseOf } from "../../tests/grading.ts";
import { db, transaction } from "../db/client.ts";
import { closeQueue } from "../operation/job-queue.ts";
import type { Viewer } from "../policies/index.ts";
import { studentAtExercise } from "../queries/class-attempts.ts";
import { gradeLog, gradeText } from "../queries/grade-log.ts";
import { gradebookOf } from "../queries/gradebook.ts";
import { parseFilter, parseOrder } from "../queries/gradebook-filter.ts";
import { nextToGrade } from "../queries/next-to-grade.ts";
import { attemptsAt, submissionProgress } from "../queries/submission.ts";
import { submitText } from "../queries/submit-text.ts";
import { type Assessment, assessmentDigest, assessReport, undoAssessment } from "./assessment.ts";
import { prepareQueue } from "./queue.ts";
import { regrade } from "./regrade.ts";

ownDatabase();
afterAll(closeQueue);

const YAML = `number: E1.3
kind: report
title: Measured well
rubric:
  - id: method
    title: The method fits
    points: 4
    levels: [{ points: 0, text: None. }, { points: 4, text: It fits. }]
  - { id: answer, title: The numbers answer it, points: 6 }
`;

let group: Class;
let student = "";
let step: { runId: string; actorId: string };

beforeEach(async () => {
  await prepareQueue();
  const home = mkdtempSync(join(tmpdir(), "report-"));
  const folder = join(home, "measured-well");
  mkdirSync(folder);
  writeFileSync(join(folder, "exercise.yaml"), YAML);
  group = await makeClass(folder, 2);
  await showCourseOf(group.runId);
  rmSync(home, { recursive: true });
  await db().exercise.update({ where: { id: group.exerciseId }, data: { kind: "report" } });
  student = group.students[0] ?? "";
  step = { runId: group.runId, actorId: group.students[1] ?? "" };
});

async function handIn(userId = student): Promise<string> {
  const roles = [{ runId: group.runId, role: "student" }] as const;
  const viewer: Viewer = { userId, name: "", username: "", isAdmin: false, roles, courses: [] };
  const text = { exercise: "measured-well", source: "# Mine", clientKey: randomUUID() };
  const answer = await transaction((tx) => submitText(tx, viewer, { ...text, at: Date.now() }));
  if (answer.kind === "denied") throw new Error(answer.because);
  return answer.receipt.id;
}

const given = (method: number, answer: number, comment = ""): Assessment => ({
  criteria: {
    method: { points: method, comment: "As it should." },
    answer: { points: answer, comment: "" },
  },
  comment,
});

const assess = (submissionId: string, assessment: Assessment, by = step) =>
  transaction((tx) => assessReport(tx, by, { submissionId, assessment }));

async function cellNow(filter = "") {
  const view = { runId: group.runId, order: parseOrder(""), limit: 10, offset: 0 };
  const { rows } = await gradebookOf(db(), { ...view, words: parseFilter(filter) });
  return rows.find(({ userId }) => userId === student)?.cells[0];
}

test("a report is stored for people to grade: no grader is asked, and its student waits for nothing", async () => {
  const id = await handIn();
  const jobs = await db().$queryRaw<unknown[]>`SELECT FROM pgboss.job WHERE name = 'grading'`;
  expect(jobs).toEqual([]);
  expect(await submissionProgress(db(), id)).toEqual({ kind: "held" });
  const key = { exerciseId: group.exerciseId, userId: student, isWithheld: false };
  expect(await attemptsAt(db(), key)).toMatchObject([{ result: undefined, isHeld: true }]);
  expect(await cellNow("is:ungraded")).toMatchObject({ attempts: 1, last: "ungraded" });
  expect(await cellNow("is:queued")).toBeUndefined();
});

test("its points are the sum over the criteria, each with its comment, and who gave them is known", async () => {
  const id = await handIn();
  expect(await assess(id, given(4, 3, "Well done."))).toMatchObject({ kind: "assessed", score: 7 });
  expect(await cellNow()).toMatchObject({ best: 7, last: "graded" });
  const key = { runId: group.runId, exerciseSlug: "measured-well", userId: student };
  const [attempt] = (await studentAtExercise(db(), key))?.attempts ?? [];
  expect(attempt?.result).toMatchObject({
    ...{ score: 7, max: 10, message: "Well done.", gradedBy: "Student 1" },
    tests: [
      { id: "method", title: "The method fits", points: 4, feedback: "As it should." },
      { id: "answer", points: 3, max: 6 },
    ],
  });
});

test("each grading is noted and taken back to what stood before, unless somebody has graded again", async () => {
  const id = await handIn();
  const first = await assess(id, given(4, 3));
  const second = await assess(id, given(4, 6));
  expect(await assess(id, given(4, 6))).toEqual({ kind: "same" });
  const undo = (outcome: typeof first) =>
    transaction((tx) =>
      undoAssessment(tx, { ...step, stepId: outcome.kind === "assessed" ? outcome.stepId : "" }),
    );
  expect(await undo(first)).toBe(false);
  expect(await undo(second)).toBe(true);
  expect(await cellNow()).toMatchObject({ best: 7 });
  expect(await undo(first)).toBe(true);
  expect(await cellNow()).toMatchObject({ best: undefined, last: "ungraded" });
  const log = await gradeLog(db(), { runId: group.runId, limit: 10, offset: 0 });
  expect(log.map(({ before, after }) => [gradeText(before), gradeText(after)])).toEqual([
    ["7", "nothing"],
    ["10", "7"],
    ["7", "10"],
    ["nothing", "7"],
  ]);
});

test.each([
  { name: "a criterion without points", criteria: { method: { points: 4, comment: "" } } },
  {
    name: "more points than there are",
    criteria: { method: { points: 5, comment: "" }, answer: { points: 0, comment: "" } },
  },
  {
    name: "a part of a point",
    criteria: { method: { points: 0.5, comment: "" }, answer: { points: 0, comment: "" } },
  },
])("$name is refused, and nothing is stored", async ({ criteria }) => {
  const id = await handIn();
  expect(await assess(id, { criteria, comment: "" })).toMatchObject({
    kind: "invalid",
    problems: [expect.stringMatching(/^“The/)],
  });
  expect(await cellNow()).toMatchObject({ best: undefined });
});

test("the staff of another run grades nothing, and no grader grades a report again", async () => {
  const id = await handIn();
  const elsewhere = { ...step, runId: "another" };
  expect(await assess(id, given(0, 0), elsewhere)).toEqual({ kind: "unknown" });
  await assess(id, given(1, 1));
  expect(await regrade({ runId: group.runId })).toBeUndefined();
});

test("the way to the next report leads to the one that has waited longest", async () => {
  const [first = "", second = ""] = group.students;
  const next = (besidesUserId: string) =>
    nextToGrade(db(), { exerciseId: group.exerciseId, besidesUserId });
  await handIn(first);
  const id = await handIn(second);
  expect(await next("")).toMatchObject({ userId: first, left: 2 });
  expect(await next(first)).toMatchObject({ userId: second, left: 1 });
  await assess(id, given(0, 0));
  expect(await next(first)).toBeUndefined();
});

test("a report that somebody has graded since it was looked at is not graded unread", async () => {
  const submissionId = await handIn();
  const seen = await assessmentDigest(db(), submissionId);
  const assessAsSeen = (assessment: Assessment, digest: string) =>
    transaction((tx) => assessReport(tx, step, { submissionId, assessment, seen: digest }));
  expect(await assessAsSeen(given(4, 2), seen)).toMatchObject({ kind: "assessed", score: 6 });
  const now = await assessmentDigest(db(), submissionId);
  const { name } = await db().user.findUniqueOrThrow({ where: { id: step.actorId } });
  expect(await assessAsSeen(given(0, 1), seen)).toEqual({
    kind: "changed",
    now,
    score: 6,
    by: name,
  });
  expect(await cellNow()).toMatchObject({ best: 6 });
  expect(await assessAsSeen(given(0, 1), now)).toMatchObject({ kind: "assessed", score: 1 });
});
