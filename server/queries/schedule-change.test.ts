import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type Class, fixtureFolder, makeClass, showCourseOf, submit } from "../../tests/grading.ts";
import { db, transaction } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { dueExercises } from "./due-dates.ts";
import { datedExercise, opensToReaders } from "./exercise-dates.ts";
import { gradeLog, gradeText } from "./grade-log.ts";
import { gradebookOf } from "./gradebook.ts";
import { keepsTitlesFromReaders } from "./kept-titles.ts";
import { modelSolution } from "./model-solution.ts";
import { openingsToStudent } from "./openings.ts";
import { rulesOfRun } from "./schedule.ts";
import { changeDates, type DateChange, restoreDates } from "./schedule-change.ts";
import { scheduleTable, studentsNamed } from "./schedule-table.ts";

ownDatabase();
afterAll(closeQueue);

const LONG_AGO = Date.parse("2020-01-01T00:00:00Z");
const DAY = 24 * 60 * 60_000;

let group: Class;
let [mira, bao]: string[] = [];

beforeEach(async () => {
  group = await makeClass(fixtureFolder("add-up"), 2);
  await showCourseOf(group.runId);
  [mira, bao] = [...group.students];
});

function change(...changes: DateChange[]) {
  return transaction((tx) => changeDates(tx, group.runId, changes));
}

function takeBack(changed: Awaited<ReturnType<typeof change>>) {
  return transaction((tx) => restoreDates(tx, group.runId, changed?.before ?? []));
}

/** As the grader stores it. */
async function graded(userId: string, score: number): Promise<void> {
  const submissionId = await submit(group, userId, randomUUID());
  const version = await db().exerciseVersion.findFirstOrThrow({
    where: { exerciseId: group.exerciseId },
  });
  const result = { status: "graded", score, max: 3, ms: 5, tests: [] };
  await db().submissionResult.create({
    data: { submissionId, versionId: version.id, ...result },
  });
}

async function points(): Promise<(number | undefined)[]> {
  const { rows } = await gradebookOf(db(), {
    runId: group.runId,
    words: [],
    order: { key: "name", isDescending: false },
    limit: 10,
    offset: 0,
  });
  return rows.map((row) => row.cells[0]?.best);
}

test("what is changed at once is one entry of the log, with both sides; nothing changed is none", async () => {
  const { exerciseId, runId } = group;
  const due: DateChange = { target: { exerciseId }, field: "dueAt", value: LONG_AGO };
  const tries: DateChange = { target: { exerciseId }, field: "attempts", value: null };
  await change(due, tries);
  await change(due);
  await transaction((tx) => changeDates(tx, runId, [{ ...due, value: undefined }], mira));
  const log = await gradeLog(db(), { runId, kinds: ["dates"], limit: 10, offset: 0 });
  const said = log.map(({ before, after, exercise, actor }) => [
    ...[exercise?.slug, actor, gradeText(before), gradeText(after)],
  ]);
  const was = "due 2020-01-01 00:00 UTC";
  expect(said).toEqual([
    ["add-up", "Student 0", was, "due left to other rules"],
    [
      ...["add-up", undefined, "due left to other rules, attempts left to other rules"],
      `${was}, attempts none`,
    ],
  ]);
});

test("late points are fewer in the gradebook, an extension brings them back, and undo takes it away", async () => {
  await graded(mira ?? "", 3);
  await graded(bao ?? "", 2);
  const late: DateChange[] = [
    { target: {}, field: "dueAt", value: Date.now() - DAY / 2 },
    { target: {}, field: "latePercent", value: 10 },
  ];
  expect(await change(...late)).toMatchObject({ submissions: 2 });
  expect(await points()).toEqual([2.7, 1.8]);
  const extension = { target: { userId: mira, exerciseId: group.exerciseId } } as const;
  const given = await change({ ...extension, field: "dueAt", value: Date.now() + DAY });
  expect(given?.submissions).toBe(1);
  expect(await points()).toEqual([3, 1.8]);
  await change(...(given?.before ?? []));
  expect(await points()).toEqual([2.7, 1.8]);
  expect(await rulesOfRun(db(), group.runId)).toHaveLength(1);
});

test("what takes a row of changes back leaves nothing of them", async () => {
  const before = await change({ target: {}, field: "attempts", value: 3 });
  const changed = await change(
    { target: {}, field: "attempts", value: 5 },
    { target: {}, field: "attempts", value: null },
    { target: { lectureSlug: "01-sums" }, field: "dueAt", value: LONG_AGO },
  );
  await takeBack(changed);
  expect((await rulesOfRun(db(), group.runId)).map(({ fields }) => fields)).toEqual([
    { attempts: 3 },
  ]);
  await takeBack(before);
  expect(await rulesOfRun(db(), group.runId)).toEqual([]);
});

test("what somebody else has set since stays when a step is taken back, and is told", async () => {
  const step = await change(
    { target: {}, field: "dueAt", value: LONG_AGO },
    { target: { exerciseId: group.exerciseId }, field: "closesAt", value: LONG_AGO + DAY },
  );
  await change({ target: {}, field: "dueAt", value: LONG_AGO + 2 * DAY });
  const back = await takeBack(step);
  expect(back?.before).toHaveLength(1);
  expect(back?.kept).toMatchObject([{ target: {}, field: "dueAt" }]);
  const rules = await rulesOfRun(db(), group.runId);
  expect(rules.map(({ fields }) => fields)).toEqual([{ dueAt: LONG_AGO + 2 * DAY }]);
  // What was not taken back is nothing to take back again.
  expect(await takeBack(await takeBack(step))).toMatchObject({ before: [], kept: [] });
});

test("nothing of another run can be named, and nobody who is no student of this one", async () => {
  const other = await makeClass(fixtureFolder("add-up"), 1);
  const section = await db().section.create({ data: { runId: other.runId, name: "Theirs" } });
  const ta = await db().user.create({
    data: { id: randomUUID(), name: "TA", email: `${randomUUID()}@example.org` },
  });
  await db().enrolment.create({ data: { runId: group.runId, userId: ta.id, role: "ta" } });
  const forged = [
    { exerciseId: other.exerciseId },
    { sectionId: section.id },
    { userId: other.students[0] },
    { userId: ta.id },
    { lectureSlug: "99-nowhere" },
    { exerciseId: group.exerciseId, userId: other.students[0] },
  ];
  for (const target of forged) {
    const good: DateChange = { target: {}, field: "dueAt", value: LONG_AGO };
    expect(await change(good, { target, field: "dueAt", value: 1 })).toBeUndefined();
  }
  expect(await rulesOfRun(db(), group.runId)).toEqual([]);
  expect(await rulesOfRun(db(), other.runId)).toEqual([]);
});

test("a student sees the own dates, another those of everybody", async () => {
  await change(
    { target: {}, field: "opensAt", value: LONG_AGO },
    { target: {}, field: "dueAt", value: LONG_AGO + DAY },
    { target: { userId: mira }, field: "dueAt", value: LONG_AGO + 9 * DAY },
    { target: { userId: mira }, field: "opensAt", value: LONG_AGO - DAY },
  );
  const own = await datedExercise(db(), { slug: "add-up", userId: mira ?? "" });
  expect(own).toMatchObject({ isExtended: true, schedule: { dueAt: LONG_AGO + 9 * DAY } });
  const others = await datedExercise(db(), { slug: "add-up", userId: bao ?? "" });
  expect(others).toMatchObject({ isExtended: false, schedule: { dueAt: LONG_AGO + DAY } });
  for (const userId of [mira ?? "", bao ?? ""]) {
    const dated = await datedExercise(db(), { slug: "add-up", userId });
    const opening = (await openingsToStudent(db(), userId)).get("add-up");
    expect(opening?.schedule.opensAt).toBe(dated?.schedule.opensAt);
  }
  expect((await dueExercises(db(), mira ?? "")).map(({ schedule }) => schedule.dueAt)).toEqual([
    LONG_AGO + 9 * DAY,
  ]);
});

test("an exercise opens to readers once it is open in each run of the shown course that is not put away", async () => {
  const opens = () => opensToReaders(db(), "add-up");
  const [earlier, undated, elsewhere] = [
    await makeClass(fixtureFolder("add-up"), 0),
    await makeClass(fixtureFolder("add-up"), 0),
    await makeClass(fixtureFolder("add-up"), 0),
  ];
  const hereToo = { id: { in: [earlier.runId, undated.runId] } };
  const { courseId } = await db().courseRun.findUniqueOrThrow({ where: { id: group.runId } });
  await db().courseRun.updateMany({ where: hereToo, data: { courseId } });
  expect(await opens()).toBeUndefined();
  const opensAt = (value: number): DateChange => ({ target: {}, field: "opensAt", value });
  await transaction((tx) => changeDates(tx, elsewhere.runId, [opensAt(LONG_AGO + 9 * DAY)]));
  expect(await opens()).toBeUndefined();
  await transaction((tx) => changeDates(tx, earlier.runId, [opensAt(LONG_AGO)]));
  await change(opensAt(LONG_AGO + DAY));
  expect(await opens()).toBe(LONG_AGO + DAY);
  // Who has to wait longer could read as somebody else.
  await change({ ...opensAt(LONG_AGO + 2 * DAY), target: { userId: bao } });
  expect(await opens()).toBe(LONG_AGO + 2 * DAY);
  await db().courseRun.update({ where: { id: group.runId }, data: { archivedAt: new Date() } });
  expect(await opens()).toBe(LONG_AGO);
});

test("titles are kept from readers until no student of a run is kept from them", async () => {
  const kept = () => keepsTitlesFromReaders(db(), "add-up", Date.now());
  expect(await kept()).toBe(false);
  await change({ target: {}, field: "keepsTitles", value: 1 });
  expect(await kept()).toBe(true);
  await change({ target: {}, field: "closesAt", value: LONG_AGO });
  expect(await kept()).toBe(false);
  // Bao, who has more time, could read as somebody else.
  await change({ target: { userId: bao }, field: "closesAt", value: Date.now() + DAY });
  expect(await kept()).toBe(true);
});

test("an exercise of the same name in another course has nothing to do with the shown one", async () => {
  const elsewhere = await makeClass(fixtureFolder("add-up"), 1);
  const [stranger = ""] = elsewhere.students;
  await transaction((tx) =>
    changeDates(tx, elsewhere.runId, [{ target: {}, field: "keepsTitles", value: 1 }]),
  );
  expect(await keepsTitlesFromReaders(db(), "add-up", Date.now())).toBe(false);
  expect(await datedExercise(db(), { slug: "add-up", userId: stranger })).toBeUndefined();
  expect((await openingsToStudent(db(), stranger)).size).toBe(0);
  expect(await dueExercises(db(), stranger)).toEqual([]);
  await db().enrolment.create({
    data: { runId: elsewhere.runId, userId: mira ?? "", role: "student", chosenAt: new Date() },
  });
  const own = await datedExercise(db(), { slug: "add-up", userId: mira ?? "" });
  expect(own?.exercise.runId).toBe(group.runId);
  expect((await openingsToStudent(db(), mira ?? "")).get("add-up")?.runId).toBe(group.runId);
  await showCourseOf(elsewhere.runId);
  expect((await datedExercise(db(), { slug: "add-up", userId: stranger }))?.exercise.runId).toBe(
    elsewhere.runId,
  );
});

test("the table holds who has dates of their own, and a search finds students alone", async () => {
  await change({ target: { userId: bao }, field: "attempts", value: 9 });
  const table = await scheduleTable(db(), group.runId);
  expect(table.students.map(({ id }) => id)).toEqual([bao]);
  expect(table.exercises).toMatchObject([{ id: group.exerciseId, lectureSlug: "01-sums" }]);
  const found = await studentsNamed(db(), group.runId, "student 1");
  expect(found.map(({ id }) => id)).toEqual([bao]);
});

test("the model solution is that of the newest published version", async () => {
  const { courseId } = await db().courseRun.findUniqueOrThrow({ where: { id: group.runId } });
  const key = { runId: group.runId, slug: "add-up" };
  expect(await modelSolution(db(), key)).toBeUndefined();
  const { id: documentId } = await db().contentDocument.create({
    data: { courseId, kind: "exercise", path: "lectures/01-sums/exercises/add-up" },
  });
  for (const [index, text] of ["first", "second", "a draft"].entries()) {
    const hash = randomUUID();
    await db().contentBlob.create({ data: { hash, bytes: new TextEncoder().encode(text) } });
    const { id: versionId } = await db().contentVersion.create({
      data: {
        ...{ documentId, number: index + 1, origin: "site", message: text },
        files: { "solution.ts": hash },
      },
    });
    if (index < 2) await db().contentPublication.create({ data: { documentId, versionId } });
  }
  expect(await modelSolution(db(), key)).toBe("second");
});
