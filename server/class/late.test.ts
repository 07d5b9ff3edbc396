import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass } from "../../tests/grading.ts";
import { db, transaction } from "../db/index.ts";
import type { Viewer } from "../policies/index.ts";
import { setRole } from "../queries/person.ts";
import { storeRule } from "../queries/schedule.ts";
import { join } from "./join.ts";
import { setJoinKey } from "./join-key.ts";
import { setMember } from "./member.ts";
import { applyRoster } from "./roster-apply.ts";
import { readRoster } from "./roster-csv.ts";
import { planRoster } from "./roster-plan.ts";
import { describeRun } from "./run.ts";

ownDatabase();

const DUE = Date.parse("2026-11-20T12:00:00Z");

interface Late {
  readonly runId: string;
  readonly userId: string;
  readonly teacher: Viewer;
}

/** Somebody who has handed in an hour late, which costs 10 %. */
async function lateStudent(): Promise<Late> {
  const { runId, exerciseId, students } = await makeClass(fixtureFolder("add-up"), 2);
  const [userId = "", teacherId = ""] = students;
  await transaction((tx) => storeRule(tx, runId, { fields: { dueAt: DUE, latePercent: 10 } }));
  const receivedAt = new Date(DUE + 3_600_000);
  const text = { source: "", sourceHash: "", clientKey: randomUUID() };
  await db().submission.create({
    data: { exerciseId, userId, attempt: 1, receivedAt, latePercent: 10, ...text },
  });
  const roles = [{ runId, role: "instructor" }] as const;
  const names = { name: "", username: "", isAdmin: false, courses: [] };
  return { runId, userId, teacher: { userId: teacherId, ...names, roles } };
}

const percentOf = async (userId: string) =>
  (await db().submission.findFirstOrThrow({ where: { userId } })).latePercent;

async function takeOut({ runId, userId }: Late): Promise<void> {
  await db().enrolment.delete({ where: { runId_userId: { runId, userId } } });
  await db().submission.updateMany({ where: { userId }, data: { latePercent: 0 } });
}

async function enterByKey({ runId, userId }: Late): Promise<unknown> {
  await setJoinKey(db(), runId, "a word for all");
  const { slug } = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  return join(userId, { kind: "key", run: slug, key: "a word for all" }, new Headers());
}

async function enterByRoster({ runId, userId, teacher }: Late): Promise<unknown> {
  const { name, email } = await db().user.findUniqueOrThrow({ where: { id: userId } });
  const text = `name,email\n${name},${email}\n`;
  const { digest } = await planRoster(db(), teacher, runId, readRoster(text));
  const roster = { runId, text, digest, removesAbsent: false };
  return transaction((tx) => applyRoster(tx, teacher, roster, new Date()));
}

const student = { role: "student", sectionId: null } as const;

test.each<[string, (late: Late) => Promise<unknown>]>([
  ["a key", enterByKey],
  ["a roster", enterByRoster],
  [
    "the list of people",
    ({ teacher, ...key }) =>
      transaction((tx) => setMember(tx, teacher, { ...key, after: student })),
  ],
  [
    "the site’s list",
    ({ runId, userId }) => transaction((tx) => setRole(tx, { runId, userId }, "student", userId)),
  ],
])("whom %s brings back into a run has handed in late, as before", async (_, enter) => {
  const late = await lateStudent();
  await takeOut(late);
  await enter(late);
  expect(await percentOf(late.userId)).toBe(10);
  const events = await db().gradeEvent.findMany({ where: { userId: late.userId, kind: "late" } });
  expect(events).toMatchObject([{ before: { latePercent: 0 }, after: { latePercent: 10 } }]);
  expect(events[0]?.actorId).not.toBeNull();
});

test("who teaches by the site’s list loses nothing for being late", async () => {
  const { runId, userId } = await lateStudent();
  await transaction((tx) => setRole(tx, { runId, userId }, "ta"));
  expect(await percentOf(userId)).toBe(0);
});

test("another time zone by the run’s settings is noted, and what is late worked out anew", async () => {
  const { runId, userId, teacher } = await lateStudent();
  await db().submission.updateMany({ where: { userId }, data: { latePercent: 0 } });
  const step = { runId, actorId: teacher.userId };
  const described = { title: "Spring", timeZone: "Asia/Tokyo" };
  await transaction((tx) => describeRun(tx, step, described));
  expect(await percentOf(userId)).toBe(10);
  expect(await db().courseRun.findUnique({ where: { id: runId } })).toMatchObject(described);
  expect(await db().gradeEvent.findMany({ where: { runId, kind: "dates" } })).toMatchObject([
    { actorId: teacher.userId, after: { timeZone: "Asia/Tokyo" } },
  ]);
});
