import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyDatabase, freshDatabase, type TestDatabase } from "../../../tests/database.ts";
import { migrate, migrationOf, migrations } from "../migrate.ts";
import { backup } from "./backup.ts";
import { restore } from "./restore.ts";

const opened: TestDatabase[] = [];
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kernelbook-backup-"));
});

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  rmSync(folder, { recursive: true });
});

/** What text formats get wrong: separators, escapes, the end mark itself, and an empty value. */
const AWKWARD = ["tab\there", "two\nlines", "\\.", "\\N", "", "é漢🙂", "a\r\nb"];

test("a backup fills an empty database with the same rows", async () => {
  const source = await aFilledDatabase();
  const target = await aDatabase(emptyDatabase);
  const written = await backup(source, file());
  expect(written["User"]).toBe(AWKWARD.length);
  expect(await restore(target, file())).toEqual(written);
  expect(await users(target)).toEqual(await users(source));
  expect(await judges(target)).toEqual(await judges(source));
});

test("a backup goes through the later migrations when restored into a newer version", async () => {
  const source = await aFilledDatabase();
  const target = await aDatabase(emptyDatabase);
  await backup(source, file());
  const newer = [
    ...migrations(),
    migrationOf(
      "9_greeting",
      `ALTER TABLE "User" ADD COLUMN greeting text;
       UPDATE "User" SET greeting = 'Hello ' || id;
       ALTER TABLE "User" ALTER COLUMN greeting SET NOT NULL;`,
    ),
  ];
  await migrate(target, newer);
  await restore(target, file(), { wanted: newer });
  const greetings = await rows(target, `SELECT greeting FROM "User" ORDER BY id`);
  expect(greetings[0]).toEqual({ greeting: "Hello user-0" });
  expect(greetings).toHaveLength(AWKWARD.length);
});

test("a backup of a newer version is refused and nothing is touched", async () => {
  const source = await aFilledDatabase();
  await migrate(source, [...migrations(), migrationOf("9_later", "CREATE TABLE later (id int);")]);
  await backup(source, file());
  const target = await aFilledDatabase();
  await expect(restore(target, file(), { replace: true })).rejects.toThrow("does not know");
  expect(await users(target)).toHaveLength(AWKWARD.length);
});

test("a database with rows is replaced only when asked to", async () => {
  const source = await aFilledDatabase();
  await backup(source, file());
  const target = await aFilledDatabase();
  await rows(target, `UPDATE "User" SET name = 'changed'`);
  await expect(restore(target, file())).rejects.toThrow("not empty");
  expect((await users(target))[0]).toMatchObject({ name: "changed" });
  await restore(target, file(), { replace: true });
  expect(await users(target)).toEqual(await users(source));
});

test("a file that is cut short is refused before anything is touched", async () => {
  const source = await aFilledDatabase();
  await backup(source, file());
  const whole = readFileSync(file());
  writeFileSync(file(), whole.subarray(0, whole.length - 30));
  const target = await aFilledDatabase();
  await expect(restore(target, file(), { replace: true })).rejects.toThrow("cannot be read");
  expect(await users(target)).toHaveLength(AWKWARD.length);
});

function file(): string {
  return join(folder, "site.backup");
}

async function aDatabase(make: () => Promise<TestDatabase>): Promise<string> {
  const database = await make();
  opened.push(database);
  return database.url;
}

async function aFilledDatabase(): Promise<string> {
  const url = await aDatabase(freshDatabase);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const [index, name] of AWKWARD.entries()) {
    await client.query(
      `INSERT INTO "User" (id, name, email, "updatedAt") VALUES ($1, $2, $3, now())`,
      [`user-${index}`, name, `user-${index}@example.org`],
    );
  }
  await client.query(`INSERT INTO "Course" (id, slug, title) VALUES ('c', 'c', 'C')`);
  await client.query(
    `INSERT INTO "CourseRun" (id, "courseId", slug, title) VALUES ('r', 'c', 'r', 'R')`,
  );
  await client.query(
    `INSERT INTO "Exercise" (id, "runId", slug, number, title, "lectureSlug", points, position)
     VALUES ('e', 'r', 'e', 'E1.1', 'E', 'l', 4, 1)`,
  );
  await client.query(
    `INSERT INTO "ExerciseVersion" (id, "exerciseId", hash, manifest, judge)
     VALUES ('v', 'e', 'h', $1, $2)`,
    [JSON.stringify({ "a\\b": ["\t", null] }), Buffer.from([0, 10, 92, 46, 255])],
  );
  await client.end();
  return url;
}

function users(url: string): Promise<unknown[]> {
  return rows(url, `SELECT * FROM "User" ORDER BY id`);
}

function judges(url: string): Promise<unknown[]> {
  return rows(url, `SELECT manifest, encode(judge, 'hex') AS judge FROM "ExerciseVersion"`);
}

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const answer = await client.query(sql);
  await client.end();
  return answer.rows;
}
