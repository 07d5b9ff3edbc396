import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { createAccount } from "../auth/create-account.ts";
import { db, transaction } from "../db/index.ts";
import type { RunRole, Viewer } from "../policies/index.ts";
import { enrolledExercise } from "../queries/exercise.ts";
import { seed } from "../seed/seed.ts";
import { makeInvitation, revokeInvitation } from "./invitation.ts";
import { setMember } from "./member.ts";
import { archiveRun, chooseRun, copyRun, createRun, ownRuns } from "./run.ts";
import { deleteSection, makeSection, renameSection } from "./section.ts";

ownDatabase();

const NOW = new Date("2026-09-01T12:00:00Z");
const FIXTURE = join(import.meta.dirname, "../../tests/fixtures/course");
let first: { readonly id: string; readonly courseId: string };

beforeAll(async () => {
  vi.stubEnv("COURSE_DIR", FIXTURE);
  await seed();
  first = await db().courseRun.findFirstOrThrow();
  await db().courseRun.update({ where: { id: first.id }, data: { timeZone: "Europe/Berlin" } });
});

afterAll(() => vi.unstubAllEnvs());

let made = 0;

async function someone(...roles: { runId: string; role: RunRole }[]): Promise<Viewer> {
  const name = `person-${++made}`;
  const account = await createAccount(db(), { name, username: name, email: `${name}@x.org` });
  if (account.kind === "taken") throw new Error("taken");
  const { userId } = account;
  await db().enrolment.createMany({ data: roles.map((role) => ({ userId, ...role })) });
  return { userId, name, username: name, isAdmin: false, roles, courses: [] };
}

test("a copied run has the exercises, sections and dates of the other, and nobody's", async () => {
  const runId = first.id;
  const instructor = await someone({ runId, role: "instructor" });
  const { userId } = await someone({ runId, role: "student" });
  const section = await db().section.create({ data: { runId, name: "A" } });
  const exercise = await db().exercise.findFirstOrThrow({ where: { runId, slug: "add-up" } });
  // Noon in Berlin, before its clocks go back on 25 October.
  const dueAt = Date.parse("2026-10-20T10:00:00Z");
  const key = `exercise:${exercise.id} section:${section.id}`;
  const about = { exerciseId: exercise.id, sectionId: section.id };
  const rule = { runId, key, ...about, fields: { dueAt, attempts: 3, closesAt: null } };
  await db().scheduleRule.create({ data: rule });
  const own = { runId, key: `run student:${userId}`, userId, fields: { dueAt } };
  await db().scheduleRule.create({ data: own });
  await db().exercise.update({ where: { id: exercise.id }, data: { weight: 2 } });
  await db().courseRun.update({ where: { id: runId }, data: { dropLowest: 1 } });
  const answer = await copyRun(instructor, runId, { slug: "next", title: "Next", days: 14 });
  if (answer.kind !== "created") throw new Error(answer.kind);
  const copy = await db().courseRun.findUniqueOrThrow({
    where: { id: answer.runId },
    include: { enrolments: true, rules: true, sections: true, exercises: true },
  });
  expect([copy.timeZone, copy.dropLowest]).toEqual(["Europe/Berlin", 1]);
  expect(copy.enrolments.map(({ userId, role }) => [userId, role])).toEqual([
    [instructor.userId, "instructor"],
  ]);
  expect(copy.exercises).toHaveLength(await db().exercise.count({ where: { runId } }));
  const [newSection] = copy.sections;
  const newExercise = copy.exercises.find(({ slug }) => slug === "add-up");
  expect(newExercise?.weight).toBe(2);
  expect(copy.rules).toMatchObject([
    {
      key: `exercise:${newExercise?.id} section:${newSection?.id}`,
      exerciseId: newExercise?.id,
      sectionId: newSection?.id,
      // Still noon there, which is an hour later by UTC.
      fields: { dueAt: Date.parse("2026-11-03T11:00:00Z"), attempts: 3, closesAt: null },
    },
  ]);
  expect(await copyRun(instructor, runId, { slug: "next", title: "Again", days: 0 })).toEqual({
    kind: "taken",
  });
});

test("a run is begun by who instructs one of its course, and by nobody else", async () => {
  const { courseId } = first;
  const wanted = { courseId, slug: "fresh", title: "Fresh", timeZone: "UTC" };
  const denied = { kind: "denied", because: "not-allowed" };
  const ta = await someone({ runId: first.id, role: "ta" });
  expect(await createRun(ta, wanted)).toEqual(denied);
  const other = await db().courseRun.create({
    data: { slug: "other", title: "Other", course: { create: { slug: "o", title: "Other" } } },
  });
  const elsewhere = await someone({ runId: other.id, role: "instructor" });
  expect(await createRun(elsewhere, wanted)).toEqual(denied);
  expect(await copyRun(elsewhere, first.id, { slug: "fresh", title: "F", days: 0 })).toEqual(
    denied,
  );
  expect(await copyRun(elsewhere, "forged", { slug: "fresh", title: "F", days: 0 })).toEqual(
    denied,
  );
  expect(await db().courseRun.count({ where: { slug: "fresh" } })).toBe(0);
});

test("of several runs a person's pages are those of the chosen one, else of the newest not archived", async () => {
  const { courseId } = first;
  const instructor = await someone({ runId: first.id, role: "instructor" });
  const answer = await createRun(instructor, {
    courseId,
    slug: "second",
    title: "Second",
    timeZone: "UTC",
  });
  if (answer.kind !== "created") throw new Error(answer.kind);
  const second = answer.runId;
  const { userId } = await someone(
    { runId: first.id, role: "student" },
    { runId: second, role: "student" },
  );
  const runOfPages = async () => (await enrolledExercise(db(), { slug: "add-up", userId }))?.runId;
  const now = new Date();
  expect(await runOfPages()).toBe(second);
  expect(await chooseRun(db(), { userId, runId: first.id }, now)).toBe(true);
  expect(await runOfPages()).toBe(first.id);
  expect((await ownRuns(db(), userId)).map(({ id }) => id)).toEqual([first.id, second]);
  await archiveRun(db(), first.id, now);
  expect(await runOfPages()).toBe(second);
  // To read what was handed in there.
  await chooseRun(db(), { userId, runId: first.id }, now);
  expect(await runOfPages()).toBe(first.id);
  await archiveRun(db(), first.id, null);
  const stranger = await someone();
  expect(await chooseRun(db(), { userId: stranger.userId, runId: second }, now)).toBe(false);
});

test("an instructor changes and removes students, and neither instructors nor people of other runs", async () => {
  const runId = first.id;
  const instructor = await someone({ runId, role: "instructor" });
  const colleague = await someone({ runId, role: "instructor" });
  const ta = await someone({ runId, role: "ta" });
  const student = await someone({ runId, role: "student" });
  const denied = { kind: "denied", because: "not-allowed" };
  const put = (who: Viewer, userId: string, after: { role: RunRole } | null, run = runId) =>
    setMember(db(), who, { runId: run, userId, after: after && { ...after, sectionId: null } });
  expect(await put(instructor, student.userId, { role: "instructor" })).toEqual(denied);
  expect(await put(instructor, colleague.userId, null)).toEqual(denied);
  expect(await put(ta, student.userId, { role: "ta" })).toEqual(denied);
  expect(await put(instructor, student.userId, null, "forged")).toEqual(denied);
  expect(await put(instructor, student.userId, null)).toMatchObject({
    kind: "set",
    before: { role: "student" },
  });
  const foreign = await db().courseRun.findFirstOrThrow({ where: { slug: "other" } });
  const { id: sectionId } = await db().section.create({ data: { runId: foreign.id, name: "F" } });
  const after = { role: "student", sectionId } as const;
  expect(await setMember(db(), instructor, { runId, userId: student.userId, after })).toEqual({
    kind: "no-section",
  });
});

test("a section's name is its own in the run, and it goes only when nobody is in it", async () => {
  const runId = first.id;
  const answer = await makeSection(db(), runId, "B");
  const id = answer.kind === "done" ? answer.id : "";
  expect(await makeSection(db(), runId, "B")).toEqual({ kind: "taken" });
  expect(await renameSection(db(), { runId, id }, "A")).toEqual({ kind: "taken" });
  expect((await renameSection(db(), { runId, id }, "C")).kind).toBe("done");
  const { userId } = await someone({ runId, role: "student" });
  await db().enrolment.updateMany({ where: { userId }, data: { sectionId: id } });
  const drop = (key = { runId, id }) => transaction((tx) => deleteSection(tx, key, NOW));
  expect(await drop()).toEqual({ kind: "in-use", people: 1, rules: 0, links: 0 });
  await db().enrolment.updateMany({ where: { userId }, data: { sectionId: null } });
  expect(await drop({ runId: "another", id })).toEqual({ kind: "gone" });
  // Whoever came by the link would be in no section, and so without its dates.
  const expiresAt = new Date(NOW.getTime() + 60_000);
  const terms = { role: "student", sectionId: id, expiresAt, maxUses: null } as const;
  const invitation = await makeInvitation(db(), runId, terms);
  const invitationId = invitation.kind === "made" ? invitation.id : "";
  expect(await drop()).toEqual({ kind: "in-use", people: 0, rules: 0, links: 1 });
  await revokeInvitation(db(), { runId, id: invitationId }, NOW);
  expect((await drop()).kind).toBe("done");
  // Nor is it opened again.
  await revokeInvitation(db(), { runId, id: invitationId }, null);
  const closed = await db().invitation.findUniqueOrThrow({ where: { id: invitationId } });
  expect(closed.expiresAt).toEqual(NOW);
});
