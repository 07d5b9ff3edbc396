import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass, showCourseOf, submit } from "../../tests/grading.ts";
import { cookieOf } from "../../tests/system/visitors.ts";
import { remember } from "../config.ts";
import { db } from "../db/client.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { type KeptReader, keptReader } from "./kept-reader.ts";

ownDatabase();
remember({ secret: "a-secret-that-only-tests-ever-use" });
afterAll(closeQueue);

const LECTURE = "01-sums";
let group: Awaited<ReturnType<typeof makeClass>>;
let [ada, bea] = ["", ""];

beforeEach(async () => {
  group = await makeClass(fixtureFolder("add-up"), 2);
  await showCourseOf(group.runId);
  [ada = "", bea = ""] = group.students;
  await db().user.update({ where: { id: ada }, data: { name: "Ada Ål", username: randomUUID() } });
});

async function read(userId: string, lecture = LECTURE) {
  return keptReader(await cookieOf(userId), lecture);
}

async function groupOf(userId: string, lecture = LECTURE): Promise<string | undefined> {
  const reader = await read(userId, lecture);
  return typeof reader === "object" ? reader.group : reader;
}

test("students of a run are one group, each with words of their own", async () => {
  const [one, other] = [await read(ada), await read(bea)] as KeptReader[];
  expect(one?.group).toBe(other?.group);
  expect(one?.own).toMatchObject({ userId: ada, name: "Ada Ål", initials: "AÅ" });
  expect(other?.own).toMatchObject({ userId: bea, name: "Student 1", initials: "S1" });
});

test("what somebody has handed in comes with the page of all, to them alone", async () => {
  const id = await submit(group, ada, "export {}");
  await submit(group, bea, "export {}");
  const reader = (await read(ada)) as KeptReader;
  expect(reader.group).toBe(await groupOf(bea));
  expect(reader.own.elsewhere).toBe("0; url=?whole");
  expect(reader.own.work).toMatch(/^[\w%.!~*()-]+$/);
  const work = JSON.parse(decodeURIComponent(reader.own.work));
  expect(Object.keys(work)).toEqual(["add-up"]);
  const { userId, isEnrolled, attempts } = work["add-up"];
  expect({ userId, isEnrolled }).toEqual({ userId: ada, isEnrolled: true });
  expect(attempts).toMatchObject([{ receipt: { id, attempt: 1 }, isSpent: true }]);
  const elsewhere = (await read(ada, "02-others")) as KeptReader;
  expect(elsewhere.own).toMatchObject({ work: "", elsewhere: "" });
});

test("a date of one's own makes the page one's own, and one for all makes another group", async () => {
  const before = await groupOf(bea);
  const { runId } = group;
  const rule = (key: string, userId?: string) =>
    db().scheduleRule.create({
      data: { runId, key, fields: { attempts: 2 }, userId: userId ?? null },
    });
  await rule("run everybody");
  const after = await groupOf(bea);
  expect(after).not.toBe(before);
  expect(after).toBe(await groupOf(ada));
  await rule("run ada", ada);
  expect([await groupOf(ada), (await groupOf(bea)) === after]).toEqual([undefined, false]);
});

test("sections, another run, an archived run and other choices are other groups", async () => {
  const { runId } = group;
  const section = await db().section.create({ data: { runId, name: "A" } });
  const key = { runId_userId: { runId, userId: ada } };
  const first = await groupOf(bea);
  const groups = [first];
  for (const data of [
    { sectionId: section.id },
    { isReadingCounted: false },
    { role: "reader" as const },
  ]) {
    await db().enrolment.update({ where: key, data });
    groups.push(await groupOf(ada));
  }
  const other = await makeClass(fixtureFolder("add-up"), 1);
  groups.push(await groupOf(other.students[0] ?? ""));
  await db().courseRun.update({ where: { id: runId }, data: { archivedAt: new Date() } });
  groups.push(await groupOf(bea));
  await db().enrolment.deleteMany({ where: { userId: ada } });
  groups.push(await groupOf(ada));
  expect(groups).not.toContain(undefined);
  expect(new Set(groups).size).toBe(groups.length);
});

test("staff, authors, administrators, members of two runs and report writers have pages alone", async () => {
  const { runId, exerciseId } = group;
  const key = { runId_userId: { runId, userId: ada } };
  for (const role of ["ta", "instructor"] as const) {
    await db().enrolment.update({ where: key, data: { role } });
    expect(await groupOf(ada)).toBeUndefined();
  }
  await db().enrolment.update({ where: key, data: { role: "student" } });
  expect(await groupOf(ada)).toBeDefined();
  const { courseId } = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  await db().courseAuthor.create({ data: { courseId, userId: ada } });
  expect(await groupOf(ada)).toBeUndefined();
  await db().user.update({ where: { id: bea }, data: { role: "admin" } });
  expect(await groupOf(bea)).toBeUndefined();
  await db().user.update({ where: { id: bea }, data: { role: "user" } });
  const other = await makeClass(fixtureFolder("add-up"), 0);
  await db().enrolment.create({ data: { runId: other.runId, userId: bea, role: "student" } });
  expect(await groupOf(bea)).toBeUndefined();
  await db().enrolment.deleteMany({ where: { runId: other.runId } });
  expect(await groupOf(bea)).toBeDefined();
  await db().exercise.update({ where: { id: exerciseId }, data: { kind: "report" } });
  expect(await groupOf(bea)).toBeUndefined();
});

test("a name with signs that a page writes otherwise has a page alone", async () => {
  for (const name of [
    "$1",
    "<b>",
    "a & b",
    'q"',
    "O'Neill",
    "back\\slash",
    "two\nlines",
    " space",
  ]) {
    await db().user.update({ where: { id: ada }, data: { name } });
    expect(await groupOf(ada), name).toBeUndefined();
  }
});

test("a session that is ended, forged, or of somebody who is banned is nobody's", async () => {
  const cookie = await cookieOf(ada);
  expect(await keptReader(`${cookie.slice(0, -12)}AAAAAAAAAAAA`, LECTURE)).toBe("nobody");
  await db().user.update({ where: { id: ada }, data: { banned: true } });
  expect(await keptReader(cookie, LECTURE)).toBe("nobody");
  await db().user.update({ where: { id: ada }, data: { banned: false } });
  expect(await keptReader(cookie, LECTURE)).toMatchObject({ own: { userId: ada } });
  await db().session.deleteMany({ where: { userId: ada } });
  expect(await keptReader(cookie, LECTURE)).toBe("nobody");
});
