import { expect, test, vi } from "vitest";
import { db, transaction } from "#server/db";
import type { Viewer } from "#server/policies";
import { changeDates } from "#server/queries";
import { ownDatabase } from "../../../../tests/database.ts";
import { type Class, fixtureFolder, makeClass } from "../../../../tests/grading.ts";
import { presentCode } from "./quote.ts";

const { signedIn } = vi.hoisted(() => ({ signedIn: { viewer: undefined as Viewer | undefined } }));
vi.mock("#server/auth", () => ({ currentViewer: async () => signedIn.viewer }));
vi.mock("#server/course", async (original) => ({
  ...(await original<typeof import("#server/course")>()),
  readExerciseSheet: async () => ({ sheet: { starter: "// What is given." }, lectureSlug: "" }),
}));

ownDatabase();

test("what an exercise begins with is quoted once it is open to who asks, and to staff before", async () => {
  const group = await makeClass(fixtureFolder("add-up"), 2);
  const [student = "", ta = ""] = group.students;
  await db().enrolment.updateMany({ where: { userId: ta }, data: { role: "ta" } });
  const quoted = (userId: string, role: "student" | "ta" = "student") => {
    signedIn.viewer = viewerOf(group, userId, role);
    return presentCode(userId, { exerciseSlug: "add-up" }, group.exerciseId);
  };
  expect(await quoted(student)).toBe("// What is given.");
  await opens(group, Date.now() + 60_000);
  expect(await quoted(student)).toBeUndefined();
  expect(await quoted(ta, "ta")).toBe("// What is given.");
  await opens(group, Date.now() - 60_000);
  await db().exerciseDraft.create({
    data: { userId: student, exerciseId: group.exerciseId, source: "// Mine." },
  });
  expect(await quoted(student)).toBe("// Mine.");
});

function opens({ runId }: Class, value: number) {
  return transaction((tx) => changeDates(tx, runId, [{ target: {}, field: "opensAt", value }]));
}

function viewerOf({ runId }: Class, userId: string, role: "student" | "ta"): Viewer {
  const person = { userId, isAdmin: false, roles: [{ runId, role }], courses: [] };
  return { ...person, name: "A", username: "a" };
}
