import { afterAll, beforeAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { expectedCell, type LargeClass, makeLargeClass, POINTS } from "../../tests/large-class.ts";
import { db } from "../db/index.ts";
import { prepareQueue } from "../grading/queue.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { gradebookOf } from "./gradebook.ts";
import { parseFilter, parseOrder } from "./gradebook-filter.ts";
import { gradeAt } from "./scores.ts";

ownDatabase();
afterAll(closeQueue);

const EXERCISES = 18;
let large: LargeClass;

beforeAll(async () => {
  await prepareQueue();
  large = await makeLargeClass(40, EXERCISES);
});

async function rowOf(userId: string, filter = "") {
  const view = { runId: large.runId, order: parseOrder(""), limit: 100, offset: 0 };
  const { rows } = await gradebookOf(db(), { ...view, words: parseFilter(filter) });
  const row = rows.find((candidate) => candidate.userId === userId);
  if (row === undefined) throw new Error(`${userId} is not shown`);
  return row;
}

const bestOf = (i: number, j: number) => expectedCell(i, j)?.best ?? 0;
const sumOf = (i: number, without: readonly number[] = []) =>
  Array.from({ length: EXERCISES }, (_, j) => (without.includes(j) ? 0 : bestOf(i, j))).reduce(
    (sum, best) => sum + best,
    0,
  );

test("a grade that somebody has given goes before the automatic one, and both are known", async () => {
  const key = { exerciseId: "e3", userId: "s5" };
  await db().gradeOverride.create({ data: { ...key, points: 2.5 } });
  const row = await rowOf("s5");
  const automatic = expectedCell(5, 3)?.best;
  expect(row.cells[3]).toMatchObject({ best: 2.5, isGiven: true, automatic });
  expect(row.points).toBe(sumOf(5, [3]) + 2.5);
  expect(await gradeAt(db(), key)).toEqual({ automatic, points: 2.5, isExcused: false });
  await db().gradeOverride.deleteMany();
});

test("who is excused loses neither points nor the chance of all points", async () => {
  const key = { exerciseId: "e3", userId: "s5" };
  await db().gradeOverride.create({ data: { ...key, isExcused: true } });
  expect(await rowOf("s5")).toMatchObject({
    points: sumOf(5, [3]),
    of: (EXERCISES - 1) * POINTS,
  });
  await db().gradeOverride.deleteMany();
});

test("points can be given for what was never handed in", async () => {
  const untried = Array.from({ length: EXERCISES }, (_, j) => j).find(
    (j) => expectedCell(7, j) === undefined,
  );
  await db().gradeOverride.create({
    data: { exerciseId: `e${untried}`, userId: "s7", points: 4 },
  });
  const row = await rowOf("s7");
  expect(row.cells[untried ?? 0]).toMatchObject({ best: 4, attempts: 0, last: "none" });
  expect(row.points).toBe(sumOf(7) + 4);
  await db().gradeOverride.deleteMany();
});

test("weights multiply what is reached and what could be", async () => {
  await db().exercise.update({ where: { id: "e2" }, data: { weight: 2.5 } });
  expect(await rowOf("s5")).toMatchObject({
    points: sumOf(5) + 1.5 * bestOf(5, 2),
    of: (EXERCISES + 1.5) * POINTS,
  });
  await db().exercise.update({ where: { id: "e2" }, data: { weight: 1 } });
});

test("the lowest grades are left out of the sum, what was not tried first", async () => {
  await db().courseRun.update({ where: { id: large.runId }, data: { dropLowest: 3 } });
  const row = await rowOf("s5");
  const lowest = Array.from({ length: EXERCISES }, (_, j) => bestOf(5, j)).sort((a, b) => a - b);
  expect(row.points).toBe(lowest.slice(3).reduce((sum, best) => sum + best, 0));
  expect(row.of).toBe((EXERCISES - 3) * POINTS);
  // They are the same ones when only a part is shown.
  const part = await rowOf("s5", "lecture:1");
  const cells = part.cells.flatMap((cell) => (cell?.isDropped === false ? (cell.best ?? 0) : []));
  expect(part.points).toBe(cells.reduce((sum, best) => sum + best, 0));
  await db().courseRun.update({ where: { id: large.runId }, data: { dropLowest: 0 } });
});

test("by a version that gives other points a submission has its share of the exercise's", async () => {
  const submission = await db().submission.findFirstOrThrow({
    where: { exerciseId: "e3", userId: "s5", results: { some: { counts: true } } },
  });
  const where = { submissionId_versionId: { submissionId: submission.id, versionId: "v3" } };
  const before = await db().submissionResult.findUniqueOrThrow({ where });
  await db().submissionResult.update({ where, data: { score: 10, max: 10 } });
  const { automatic } = await gradeAt(db(), { exerciseId: "e3", userId: "s5" });
  await db().submissionResult.update({
    where,
    data: { score: before.score, max: before.max },
  });
  expect(automatic).toBe(POINTS);
});
