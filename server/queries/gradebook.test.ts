import { afterAll, beforeAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { expectedCell, type LargeClass, makeLargeClass, POINTS } from "../../tests/large-class.ts";
import { db } from "../db/index.ts";
import { prepareQueue } from "../grading/queue.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { type Gradebook, gradebookOf } from "./gradebook.ts";
import { parseFilter, parseOrder } from "./gradebook-filter.ts";

ownDatabase();
afterAll(closeQueue);

const STUDENTS = 2000;
const EXERCISES = 72;
const all = Array.from({ length: STUDENTS }, (_, i) => i);
/** Of the exercises with these numbers; `E3.1` is the first of lecture 3. */
const columns = Array.from({ length: EXERCISES }, (_, j) => j);
const lecture3 = columns.slice(18, 27);

let large: LargeClass;

beforeAll(async () => {
  await prepareQueue();
  large = await makeLargeClass(STUDENTS, EXERCISES);
});

function read(filter: string, order = "", limit = 100, offset = 0): Promise<Gradebook> {
  const { runId } = large;
  return gradebookOf(db(), {
    runId,
    words: parseFilter(filter),
    order: parseOrder(order),
    limit,
    offset,
  });
}

function pointsOf(i: number, shown: readonly number[]): number {
  return shown.reduce((sum, j) => sum + (expectedCell(i, j)?.best ?? 0), 0);
}

test("2,000 students and 72 exercises: each cell, sum and mean is what was submitted", async () => {
  const book = await read("", "", STUDENTS);
  expect(book).toMatchObject({ shown: STUDENTS, pointsMax: EXERCISES * POINTS });
  const cells = book.rows.map((row) =>
    row.cells.map((cell) => cell && [cell.attempts, cell.best, cell.last, cell.isRegrading]),
  );
  expect(cells).toEqual(
    all.map((i) =>
      columns.map((j) => {
        const cell = expectedCell(i, j);
        return cell && [cell.attempts, cell.best, cell.last, false];
      }),
    ),
  );
  expect(book.rows.map(({ points }) => points)).toEqual(all.map((i) => pointsOf(i, columns)));
  for (const [j, mean] of book.means.entries()) {
    const scores = all.flatMap((i) => expectedCell(i, j)?.best ?? []);
    expect(mean).toBeCloseTo(sum(scores) / scores.length);
  }
  expect(book.meanPoints).toBeCloseTo(sum(all.map((i) => pointsOf(i, columns))) / STUDENTS);
});

test("pages in any order hold every student once", async () => {
  const pages = [];
  for (let offset = 0; offset < STUDENTS; offset += 500) {
    pages.push(await read("lecture:3", "-points", 500, offset));
  }
  const rows = pages.flatMap((page) => page.rows);
  expect(new Set(rows.map(({ userId }) => userId)).size).toBe(STUDENTS);
  const points = rows.map((row) => row.points);
  expect(points).toEqual([...points].sort((a, b) => b - a));
});

test.each([
  { filter: "lecture:3", isShown: () => true },
  { filter: "lecture:3 0199", isShown: (i: number) => String(i).padStart(4, "0") === "0199" },
  { filter: "lecture:3 USER19", isShown: (i: number) => /^19/.test(String(i)) },
  {
    filter: "lecture:3 is:untried",
    isShown: (i: number) => lecture3.some((j) => expectedCell(i, j) === undefined),
  },
  {
    filter: "lecture:3 is:below-full",
    isShown: (i: number) => lecture3.some((j) => expectedCell(i, j)?.best !== POINTS),
  },
  {
    filter: "lecture:3 status:tampered,time-out",
    isShown: (i: number) =>
      lecture3.some((j) => /tampered|time-out/.test(expectedCell(i, j)?.last ?? "")),
  },
])("$filter", async ({ filter, isShown }) => {
  const book = await read(filter, "", STUDENTS);
  expect(book.exercises.map(({ lectureSlug }) => lectureSlug)).toEqual(
    lecture3.map(() => "03-lecture"),
  );
  expect(book.rows.map(({ userId }) => userId)).toEqual(all.filter(isShown).map((i) => `s${i}`));
  expect(book.shown).toBe(book.rows.length);
});

test("the order by one exercise puts who has no grade there last", async () => {
  const { rows } = await read("exercise:3.1", "-3.1", STUDENTS);
  const scores = rows.map(({ cells: [cell] }) => cell?.best ?? -1);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
});

test.each(["%", "_", "\\", "'"])("a name with %s is looked for as it is", async (part) => {
  expect((await read(part)).shown).toBe(0);
});

test("a filter that leaves no exercise or no student answers an empty book", async () => {
  expect(await read("exercise:99.9")).toMatchObject({ exercises: [], pointsMax: 0 });
  expect(await read("nobody")).toMatchObject({ rows: [], shown: 0, meanPoints: undefined });
});

test("what is being graded for the first time or again is in the queue", async () => {
  await db().regrade.create({ data: { id: "again", runId: large.runId } });
  // Submission 3-1-2 is the last one of student 3 at exercise 1.2.
  await db().regradeEntry.create({ data: { regradeId: "again", submissionId: "3-1-2" } });
  const { rows } = await read("exercise:1.2 is:queued", "", STUDENTS);
  const waits = all.filter((i) => {
    const cell = expectedCell(i, 1);
    const attempts = Array.from({ length: cell?.attempts ?? 0 }, (_, index) => index + 1);
    return i === 3 || attempts.some((k) => (i + 3 + 5 * k) % 17 === 0);
  });
  expect(rows.map(({ userId }) => userId)).toEqual(waits.map((i) => `s${i}`));
  expect(rows.find(({ userId }) => userId === "s3")?.cells[0]?.isRegrading).toBe(true);
  await db().regrade.deleteMany();
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
