import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import {
  ADD_UP_SOLUTION,
  type Class,
  fixtureFolder,
  makeClass,
  showCourseOf,
} from "../../tests/grading.ts";
import { db, transaction } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import type { RuleFields, RuleTarget, RunRole, Viewer } from "../policies/index.ts";
import { dueExercises } from "./due-dates.ts";
import { recomputeLate, storeRule } from "./schedule.ts";
import { attemptsAt, submissionProgress, submissionView, withheldProgress } from "./submission.ts";
import { type SubmissionAnswer, submitText } from "./submit-text.ts";

ownDatabase();
afterAll(closeQueue);

let group: Class;
let viewer: Viewer;

beforeEach(async () => {
  group = await makeClass(fixtureFolder("add-up"), 2);
  await showCourseOf(group.runId);
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
  at = Date.now(),
): Promise<SubmissionAnswer> {
  return transaction((tx) => submitText(tx, who, { exercise: "add-up", source, clientKey, at }));
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

test("what a student of another course sends is not taken for its exercise of the same name", async () => {
  const elsewhere = await makeClass(fixtureFolder("add-up"), 1);
  const stranger = personIn(elsewhere.runId, elsewhere.students[0] ?? "");
  const denied = { kind: "denied", because: "not-enrolled" };
  expect(await submit(ADD_UP_SOLUTION, randomUUID(), stranger)).toEqual(denied);
  expect(await db().submission.count({ where: { exerciseId: elsewhere.exerciseId } })).toBe(0);
});

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
  const key = { exerciseId: group.exerciseId, userId };
  expect(await attemptsAt(db(), { ...key, isWithheld: false })).toMatchObject([
    { receipt: { attempt: 2 }, isSpent: true, result: undefined },
    { receipt: { attempt: 1 }, isSpent: true, result: { status: "graded", score: 1, max: 3 } },
  ]);
  expect(await attemptsAt(db(), { ...key, isWithheld: true })).toMatchObject([
    { receipt: { attempt: 2 }, result: undefined },
    { receipt: { attempt: 1 }, result: undefined, isHeld: true },
  ]);
});

test("of a grade that is withheld its progress says neither points nor tests", () => {
  const tests = [{ id: "adds-two", passed: false }];
  expect(withheldProgress({ kind: "running", tests })).toEqual({ kind: "running", tests: [] });
  const result = { status: "graded", score: 1, max: 3, tests: [], ms: 5 } as const;
  expect(withheldProgress({ kind: "graded", result })).toEqual({ kind: "held" });
  const waiting = { kind: "waiting", position: 2 } as const;
  expect(withheldProgress(waiting)).toEqual(waiting);
});

test("what a student has to hand in says no points whose grades are held", async () => {
  await transaction((tx) => storeRule(tx, group.runId, { fields: { dueAt: Date.now() + 1e6 } }));
  await grade(idOf(await submit("first")));
  const bestNow = async () => (await dueExercises(db(), viewer.userId))[0]?.best;
  expect(await bestNow()).toBe(1);
  await db().exercise.update({ where: { id: group.exerciseId }, data: { isHeld: true } });
  expect(await bestNow()).toBeUndefined();
});

describe("dates", () => {
  const due = Date.parse("2026-11-20T12:00:00Z");
  const hour = 60 * 60_000;

  async function say(fields: RuleFields, target: RuleTarget = {}): Promise<number> {
    return transaction(async (tx) => {
      await storeRule(tx, group.runId, { ...target, fields });
      return recomputeLate(tx, group.runId);
    });
  }

  const percents = async () =>
    (
      await db().submission.findMany({
        where: { exerciseId: group.exerciseId },
        orderBy: { receivedAt: "asc" },
      })
    ).map(({ latePercent }) => latePercent);

  test("what has arrived before a date counts as that, whenever it is stored and graded", async () => {
    await say({ opensAt: due - hour, dueAt: due, closesAt: due + 50 * hour, latePercent: 10 });
    const at = (when: number) => submit(randomUUID(), randomUUID(), viewer, when);
    expect(await at(due - 2 * hour)).toMatchObject({
      because: "not-open-yet",
      until: due - hour,
    });
    expect(await at(due)).toMatchObject({ receipt: { receivedAt: due, latePercent: 0 } });
    expect(await at(due + 1)).toMatchObject({ receipt: { latePercent: 10 } });
    expect(await at(due + 25 * hour)).toMatchObject({ receipt: { latePercent: 20 } });
    expect(await at(due + 50 * hour + 1)).toMatchObject({ kind: "denied", because: "closed" });
  });

  test("a pause holds back the next attempt, and an attempt of our own fault begins none", async () => {
    await say({ cooldownMinutes: 30 });
    const first = await submit("one", randomUUID(), viewer, due);
    expect(await submit("two", randomUUID(), viewer, due + 1)).toMatchObject({
      because: "cooling-down",
      until: due + hour / 2,
    });
    await grade(idOf(first), "internal-error");
    const next = await submit("two", randomUUID(), viewer, due + 1);
    expect(next).toMatchObject({ kind: "accepted" });
  });

  test("who teaches may try it before, after and without points lost", async () => {
    await say({ opensAt: due, dueAt: due + 1, closesAt: due + 2, latePercent: 50 });
    await db().enrolment.updateMany({
      where: { userId: viewer.userId, runId: group.runId },
      data: { role: "ta" },
    });
    const ta = personIn(group.runId, viewer.userId, "ta");
    for (const at of [due - hour, due + hour]) {
      const answer = await submit(String(at), randomUUID(), ta, at);
      expect(answer).toMatchObject({ kind: "accepted", receipt: { latePercent: 0 } });
    }
    await say({ dueAt: due - 2 * hour, latePercent: 50 });
    expect(await percents()).toEqual([0, 0]);
  });

  test("when dates change, what was handed in counts by the new ones, and again by the old", async () => {
    const other = personIn(group.runId, group.students[1] ?? "");
    await submit("mine", randomUUID(), viewer, due + hour);
    await submit("theirs", randomUUID(), other, due + 2 * hour);
    expect(await say({ dueAt: due, latePercent: 10 })).toBe(2);
    expect(await percents()).toEqual([10, 10]);
    // An extension: theirs alone.
    expect(await say({ dueAt: due + 3 * hour }, { userId: other.userId })).toBe(1);
    expect(await percents()).toEqual([10, 0]);
    const { id: sectionId } = await db().section.create({
      data: { runId: group.runId, name: "Tuesday" },
    });
    await say({ latePercent: 30 }, { sectionId, exerciseId: group.exerciseId });
    expect(await percents()).toEqual([10, 0]);
    await db().enrolment.updateMany({ where: { runId: group.runId }, data: { sectionId } });
    expect(await transaction((tx) => recomputeLate(tx, group.runId))).toBe(1);
    expect(await percents()).toEqual([30, 0]);
    await say({}, { userId: other.userId });
    expect(await percents()).toEqual([30, 30]);
    await say({});
    expect(await percents()).toEqual([0, 0]);
  });

  test("a rule of another run, lecture or student changes nothing", async () => {
    await submit("mine", randomUUID(), viewer, due + hour);
    const elsewhere = await makeClass(fixtureFolder("add-up"), 1);
    await transaction((tx) => storeRule(tx, elsewhere.runId, { fields: { dueAt: due } }));
    await say({ dueAt: due, latePercent: 10 }, { lectureSlug: "02-other" });
    await say({ dueAt: due, latePercent: 10 }, { userId: group.students[1] });
    expect(await percents()).toEqual([0]);
  });
});
