import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass } from "../../tests/grading.ts";
import { db, transaction } from "../db/client.ts";
import { gradeLog } from "../queries/grade-log.ts";
import { holdGrades, undoHolding } from "./held-grades.ts";

ownDatabase();

async function ownClass() {
  const { runId, exerciseId, students } = await makeClass(fixtureFolder("add-up"), 1);
  const step = { runId, actorId: students[0] ?? "" };
  const hold = (isHeld: boolean, exerciseIds: readonly string[] = [exerciseId]) =>
    transaction((tx) => holdGrades(tx, step, { exerciseIds, isHeld }));
  const undo = (stepId = "") => transaction((tx) => undoHolding(tx, { ...step, stepId }));
  const isHeld = async () =>
    (await db().exercise.findUniqueOrThrow({ where: { id: exerciseId } })).isHeld;
  return { runId, exerciseId, hold, undo, isHeld };
}

test("grades are held as a step that is noted and taken back; the same once more is none", async () => {
  const { runId, hold, undo, isHeld } = await ownClass();
  const step = await hold(true);
  expect(await isHeld()).toBe(true);
  expect(await hold(true)).toBeUndefined();
  expect(await undo(step)).toBe(1);
  expect(await isHeld()).toBe(false);
  expect(await gradeLog(db(), { runId, limit: 10, offset: 0 })).toMatchObject([
    { kind: "released", before: { isHeld: true }, after: { isHeld: false } },
    { kind: "held", before: { isHeld: false }, after: { isHeld: true }, student: undefined },
  ]);
});

test("what somebody has released since stays released when its holding is taken back", async () => {
  const { hold, undo, isHeld } = await ownClass();
  const step = await hold(true);
  await hold(false);
  expect(await undo(step)).toBe(0);
  expect(await isHeld()).toBe(false);
});

test("neither an exercise nor a step of another run is touched", async () => {
  const [here, there] = [await ownClass(), await ownClass()];
  expect(await here.hold(true, [there.exerciseId])).toBeUndefined();
  const step = await there.hold(true);
  expect(await here.undo(step)).toBe(0);
  expect(await there.isHeld()).toBe(true);
});
