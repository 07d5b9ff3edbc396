import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { serveFolder } from "../content/served.ts";
import { readExercises } from "../course/index.ts";
import { db } from "../db/index.ts";
import { seed } from "./seed.ts";

ownDatabase();

const ADD_UP = join(
  import.meta.dirname,
  "../../tests/fixtures/course/lectures/01-sums/exercises/add-up",
);

test("a fresh database gets one run with every exercise, and a second start adds nothing", async () => {
  await seed();
  await seed();
  const runs = await db().courseRun.findMany({ include: { exercises: true } });
  expect(runs).toHaveLength(1);
  const slugs = runs[0]?.exercises.sort((a, b) => a.position - b.position).map(({ slug }) => slug);
  expect(slugs).toEqual(readExercises().map(({ manifest }) => manifest.id));
  expect(await db().exerciseVersion.count()).toBe(slugs?.length);
});

test("web processes that start at once seed once", async () => {
  await Promise.all([seed(), seed(), seed()]);
  expect(await db().courseRun.count()).toBe(1);
  expect(await db().exercise.count()).toBe(readExercises().length);
});

test("demo accounts exist in demo mode alone, and keep nobody's session when it ends", async () => {
  const open = () =>
    db().user.count({ where: { banned: false, email: { endsWith: "@demo.invalid" } } });
  await seed();
  expect(await open()).toBe(0);
  vi.stubEnv("KERNELBOOK_DEMO", "1");
  await seed();
  const accounts = await open();
  expect(accounts).toBeGreaterThan(12);
  const { id: userId } = await db().user.findFirstOrThrow();
  const session = { id: "s", token: "t", expiresAt: new Date("2100-01-01") };
  await db().session.create({ data: { userId, ...session } });
  vi.stubEnv("KERNELBOOK_DEMO", "0");
  await seed();
  expect([await open(), await db().session.count()]).toEqual([0, 0]);
  vi.stubEnv("KERNELBOOK_DEMO", "1");
  await seed();
  expect(await open()).toBe(accounts);
  vi.unstubAllEnvs();
});

test("a mended title arrives, and what is graded keeps its version", async () => {
  await seed();
  const before = await db().exerciseVersion.count();
  await db().exercise.updateMany({ data: { title: "An old title" } });
  await seed();
  expect(await db().exercise.count({ where: { title: "An old title" } })).toBe(0);
  expect(await db().exerciseVersion.count()).toBe(before);
});

test("under development a broken exercise keeps nothing else from starting, sound ones come, and what is stored stays", async () => {
  await seed();
  const course = mkdtempSync(join(tmpdir(), "kernelbook-course-"));
  const folder = join(course, "lectures/01-broken/exercises/broken");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "exercise.yaml"), "number: [\n");
  cpSync(ADD_UP, join(folder, "../add-up"), { recursive: true });
  const before = await db().exercise.count();
  vi.stubEnv("COURSE_DIR", course);
  serveFolder(true);
  await seed();
  serveFolder(false);
  vi.unstubAllEnvs();
  rmSync(course, { recursive: true });
  expect(await db().exercise.count()).toBe(before + 1);
  const { count } = await db().exercise.deleteMany({ where: { slug: "add-up" } });
  expect(count).toBe(1);
});
