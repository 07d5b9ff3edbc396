import { afterAll, beforeAll, expect, test } from "vitest";
import {
  findIdenticalResult,
  queuePlaceOf,
  regrade,
  sourceHashOf,
  startGrader,
} from "#server/grading";
import { db, transaction } from "../../server/db/client.ts";
import { enqueueGrading } from "../../server/grading/queue.ts";
import { ownDatabase } from "../database.ts";
import {
  ADD_UP_SOLUTION,
  type Class,
  fixtureFolder,
  makeClass,
  resultOf,
  submit,
  until,
} from "../grading.ts";

ownDatabase();

let lesson: Class;
let stop: (() => Promise<void>) | undefined;

beforeAll(async () => {
  lesson = await makeClass(fixtureFolder("add-up"), 6);
});

afterAll(async () => {
  await stop?.();
});

async function gradeAll(): Promise<void> {
  stop ??= await startGrader({ concurrency: 2 });
}

test("a submission whose transaction fails is neither stored nor queued", async () => {
  const [userId = ""] = lesson.students;
  const before = await db().submission.count();
  const failing = transaction(async (tx) => {
    const { id } = await tx.submission.create({
      data: {
        exerciseId: lesson.exerciseId,
        userId,
        clientKey: "rolled-back",
        source: "",
        sourceHash: "",
        attempt: 99,
      },
    });
    await enqueueGrading(tx, id);
    expect(await queuePlaceOf(tx, id)).toEqual({ kind: "waiting", position: 1 });
    throw new Error("the disk is full");
  });
  await expect(failing).rejects.toThrow("the disk is full");
  expect(await db().submission.count()).toBe(before);
  expect(await waiting()).toEqual([]);
});

test("who has submitted much waits behind who has submitted little", async () => {
  const [greedy = "", modest = ""] = lesson.students;
  const many = [];
  for (let i = 0; i < 4; i++) many.push(await submit(lesson, greedy, `${ADD_UP_SOLUTION}// ${i}`));
  const one = await submit(lesson, modest, ADD_UP_SOLUTION);
  const places = await Promise.all([...many, one].map((id) => queuePlaceOf(db(), id)));
  expect(places.map((place) => place?.kind === "waiting" && place.position)).toEqual([
    1, 3, 4, 5, 2,
  ]);
});

test("all are graded, one of a student at a time", async () => {
  await gradeAll();
  const most = new Map<string, number>();
  await until(async () => {
    const active = await db().$queryRaw<{ student: string; count: bigint }[]>`
      SELECT singleton_key AS student, count(*) FROM pgboss.job
      WHERE name = 'grading' AND state = 'active' GROUP BY singleton_key`;
    for (const { student, count } of active) {
      most.set(student, Math.max(most.get(student) ?? 0, Number(count)));
    }
    return (await db().submissionResult.count()) === 5 ? true : undefined;
  });
  expect([...most.values()].every((count) => count === 1)).toBe(true);
  const results = await db().submissionResult.findMany({ select: { status: true, score: true } });
  expect(results).toEqual(Array(5).fill({ status: "graded", score: 3 }));
});

test("an identical submission finds the stored result, another one does not", async () => {
  const [, userId = ""] = lesson.students;
  const { exerciseId } = lesson;
  const same = { exerciseId, userId, sourceHash: sourceHashOf(ADD_UP_SOLUTION) };
  expect(await findIdenticalResult(db(), same)).toMatchObject({ status: "graded", score: 3 });
  const other = { ...same, sourceHash: sourceHashOf("export {}") };
  expect(await findIdenticalResult(db(), other)).toBeUndefined();
  const stranger = { ...same, userId: lesson.students[5] ?? "" };
  expect(await findIdenticalResult(db(), stranger)).toBeUndefined();
});

test("a regrade waits behind submissions and replaces the result", async () => {
  await gradeAll();
  const [, , userId = ""] = lesson.students;
  const id = await submit(lesson, userId, ADD_UP_SOLUTION);
  await resultOf(id);
  await stop?.();
  stop = undefined;
  // As if an earlier version of the simulator had graded it wrongly.
  await db().submissionResult.updateMany({ where: { submissionId: id }, data: { score: 1 } });
  await regrade({ runId: lesson.runId, submissionId: id }, userId);
  const other = await submit(lesson, lesson.students[3] ?? "", ADD_UP_SOLUTION);
  expect(await queuePlaceOf(db(), id)).toEqual({ kind: "waiting", position: 2 });
  expect(await queuePlaceOf(db(), other)).toEqual({ kind: "waiting", position: 1 });
  await gradeAll();
  await until(async () => ((await resultOf(id)).score === 3 ? true : undefined));
  expect(await db().submissionResult.count({ where: { submissionId: id } })).toBe(1);
});

test("broken hidden tests end in an internal error that spends no attempt", async () => {
  await gradeAll();
  const broken = await makeClass(fixtureFolder("add-up"), 1);
  await db().exerciseVersion.updateMany({
    where: { exerciseId: broken.exerciseId },
    data: { hash: "broken", judge: new TextEncoder().encode("export default undefined;") },
  });
  const id = await submit(broken, broken.students[0] ?? "", ADD_UP_SOLUTION);
  expect(await resultOf(id)).toMatchObject({ status: "internal-error", score: 0 });
  expect(await db().submission.findUnique({ where: { id } })).toMatchObject({ spends: false });
});

async function waiting(): Promise<string[]> {
  const rows = await db().$queryRaw<{ id: string }[]>`
    SELECT id::text FROM pgboss.job WHERE name = 'grading' AND state < 'active'`;
  return rows.map(({ id }) => id);
}
