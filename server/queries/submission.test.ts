import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { ADD_UP_SOLUTION, type Class, fixtureFolder, makeClass } from "../../tests/grading.ts";
import { db, transaction } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import type { RunRole, Viewer } from "../policies/index.ts";
import {
  attemptsAt,
  type SubmissionAnswer,
  submissionProgress,
  submissionView,
  submitText,
} from "./submission.ts";

ownDatabase();
afterAll(closeQueue);

let group: Class;
let viewer: Viewer;

beforeEach(async () => {
  group = await makeClass(fixtureFolder("add-up"), 2);
  viewer = personIn(group.runId, group.students[0] ?? "");
});

function personIn(runId: string, userId: string, role: RunRole = "student"): Viewer {
  return {
    userId,
    name: "S",
    username: "s",
    isAdmin: false,
    roles: [{ runId, role }],
    courses: [],
  };
}

function submit(
  source: string,
  clientKey: string = randomUUID(),
  who = viewer,
): Promise<SubmissionAnswer> {
  return transaction((tx) => submitText(tx, who, { exercise: "add-up", source, clientKey }));
}

/** As the grader stores it. */
async function grade(submissionId: string, status = "graded"): Promise<void> {
  const [version] = await db().exerciseVersion.findMany({
    where: { exerciseId: group.exerciseId },
  });
  await db().submissionResult.create({
    data: {
      ...{ submissionId, versionId: version?.id ?? "", status, score: 1, max: 3, ms: 5 },
      tests: [{ id: "adds-two", kind: "passed", points: 1, max: 1 }],
    },
  });
  await db().submission.update({
    where: { id: submissionId },
    data: { spends: status !== "internal-error" },
  });
}

async function limitAttempts(attempts: number): Promise<void> {
  await db().exercise.update({ where: { id: group.exerciseId }, data: { attempts } });
}

function idOf(answer: SubmissionAnswer): string {
  if (answer.kind === "denied") throw new Error(`denied: ${answer.because}`);
  return answer.receipt.id;
}

test("a text is stored and queued, and its receipt names number, time and hash", async () => {
  const answer = await submit(ADD_UP_SOLUTION);
  expect(answer).toMatchObject({ kind: "accepted", receipt: { attempt: 1 } });
  const id = idOf(answer);
  expect(await submissionProgress(db(), id)).toEqual({ kind: "waiting", position: 1 });
  const view = await submissionView(db(), id);
  expect(view).toMatchObject({ source: ADD_UP_SOLUTION, result: undefined, runId: group.runId });
  expect(view?.tests.map(({ id: test }) => test)).toEqual(["adds-two", "adds-big", "reverses"]);
});

test("what is sent again with the same key is stored once and answered the same", async () => {
  const first = await submit("once", "the-key");
  await grade(idOf(first));
  const again = await Promise.all([submit("once", "the-key"), submit("once", "the-key")]);
  expect(again).toEqual([first, first]);
  expect(await db().submission.count({ where: { userId: viewer.userId } })).toBe(1);
});

test("two tabs cannot both spend the last attempt", async () => {
  await limitAttempts(1);
  const answers = await Promise.all([submit("one"), submit("two"), submit("three")]);
  expect(answers.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
  expect(answers.filter(({ kind }) => kind === "denied")).toEqual([
    { kind: "denied", because: "no-attempts-left" },
    { kind: "denied", because: "no-attempts-left" },
  ]);
});

test("an identical text shows the stored result, also when no attempt is left", async () => {
  await limitAttempts(1);
  const first = await submit("the same");
  expect(await submit("the same")).toMatchObject({
    kind: "identical",
    receipt: { id: idOf(first) },
  });
  await grade(idOf(first));
  expect(await submit("the same")).toMatchObject({ kind: "identical", receipt: { attempt: 1 } });
  expect(await db().submission.count({ where: { userId: viewer.userId } })).toBe(1);
});

test("an identical text of somebody else is a submission of its own", async () => {
  const other = personIn(group.runId, group.students[1] ?? "");
  await submit("the same");
  expect(await submit("the same", randomUUID(), other)).toMatchObject({ kind: "accepted" });
});

test("a run that failed by our own fault spends no attempt, and its text may come again", async () => {
  await limitAttempts(1);
  await grade(idOf(await submit("unlucky")), "internal-error");
  expect(await submit("unlucky")).toMatchObject({ kind: "accepted", receipt: { attempt: 2 } });
  expect(await submit("another")).toMatchObject({ kind: "denied", because: "no-attempts-left" });
});

test("who is not enrolled, or only reads, stores nothing", async () => {
  const stranger = await db().user.create({
    data: { id: randomUUID(), name: "X", email: `${randomUUID()}@example.org` },
  });
  const reader = personIn(group.runId, viewer.userId, "reader");
  for (const who of [personIn(group.runId, stranger.id), reader]) {
    const answer = await submit("mine", randomUUID(), who);
    expect(answer).toEqual({ kind: "denied", because: "not-enrolled" });
  }
});

test("attempts are listed with their results, the last one first", async () => {
  await grade(idOf(await submit("first")));
  await submit("second");
  const { userId } = viewer;
  expect(await attemptsAt(db(), { exerciseId: group.exerciseId, userId })).toMatchObject([
    { receipt: { attempt: 2 }, isSpent: true, result: undefined },
    { receipt: { attempt: 1 }, isSpent: true, result: { status: "graded", score: 1, max: 3 } },
  ]);
});
