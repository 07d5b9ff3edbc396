import { expect, test, vi } from "vitest";
import { db, transaction } from "#server/db";
import type { Viewer } from "#server/policies";
import { changeDates, lockSchedule, scheduleTable } from "#server/queries";
import { ownDatabase } from "../../../../tests/database.ts";
import { fixtureFolder, makeClass } from "../../../../tests/grading.ts";
import { waitsForLock } from "../../../../tests/lock-wait.ts";
import { extendDates, shiftDates } from "./actions.ts";

const { signedIn } = vi.hoisted(() => ({ signedIn: { viewer: undefined as Viewer | undefined } }));
vi.mock("#server/auth", () => ({ currentViewer: async () => signedIn.viewer }));
vi.mock("next/cache", () => ({ revalidatePath: () => undefined }));

ownDatabase();

const DAY = 24 * 60 * 60_000;
const NOON = Date.parse("2030-01-01T12:00:00Z");

test.each([
  ["all dates move", (run: string) => shiftDates({ run, days: 7 })],
  ["somebody gets more time", (run: string) => extendDates({ run, target: {}, days: 7 })],
])("a date that is set while %s is the one that it is counted from", async (_, work) => {
  const { runId, students } = await makeClass(fixtureFolder("add-up"), 1);
  const { slug } = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  const person = { userId: students[0] ?? "", isAdmin: false, courses: [] };
  const roles = [{ runId, role: "instructor" }] as const;
  signedIn.viewer = { ...person, roles, name: "H", username: "h" };
  const due = (value: number) => [{ target: {}, field: "dueAt", value } as const];
  await transaction((tx) => changeDates(tx, runId, due(NOON)));
  const { working } = await transaction(async (tx) => {
    await lockSchedule(tx, runId);
    const working = work(slug);
    await waitsForLock();
    await changeDates(tx, runId, due(NOON + DAY));
    return { working };
  });
  expect(await working).toMatchObject({ kind: "changed" });
  const { rules } = await scheduleTable(db(), runId);
  expect(rules.map(({ fields }) => fields)).toEqual([{ dueAt: NOON + 8 * DAY }]);
});
