import { expect, test } from "vitest";
import { db } from "#server/db";
import type { Viewer } from "#server/policies";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass, showCourseOf } from "../../tests/grading.ts";
import { readsAsStaff } from "./opens-later.ts";

ownDatabase();

const viewer: Viewer = {
  ...{ userId: "a", name: "A", username: "a" },
  ...{ isAdmin: false, roles: [], courses: [] },
};

test("who writes in another course reads the shown one as everybody does", async () => {
  const [shown, other] = [
    await makeClass(fixtureFolder("add-up"), 0),
    await makeClass(fixtureFolder("add-up"), 0),
  ];
  await showCourseOf(shown.runId);
  const courseOf = async (id: string) =>
    (await db().courseRun.findUniqueOrThrow({ where: { id } })).courseId;
  const writingIn = async (runId: string) => ({ ...viewer, courses: [await courseOf(runId)] });
  expect(await readsAsStaff(await writingIn(other.runId))).toBe(false);
  expect(await readsAsStaff(await writingIn(shown.runId))).toBe(true);
  expect(await readsAsStaff({ ...viewer, isAdmin: true })).toBe(true);
  expect(await readsAsStaff(undefined)).toBe(false);
});
