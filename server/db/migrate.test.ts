import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { emptyDatabase, type TestDatabase } from "../../tests/database.ts";
import { type Migration, migrate, migrationOf, migrations } from "./migrate.ts";

const opened: TestDatabase[] = [];

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

test("an empty database gets every migration, in order, and a second run changes nothing", async () => {
  const url = await anEmptyDatabase();
  expect(await migrate(url)).toEqual(migrations().map(({ name }) => name));
  expect(await migrate(url)).toEqual([]);
});

test("each later migration applies to a database of the version before it", async () => {
  const all = migrations();
  for (let known = 0; known < all.length; known++) {
    const url = await anEmptyDatabase();
    await migrate(url, all.slice(0, known));
    expect(await migrate(url, all)).toEqual(all.slice(known).map(({ name }) => name));
  }
});

test("two processes that migrate at once apply each migration once", async () => {
  const url = await anEmptyDatabase();
  const [first = [], second = []] = await Promise.all([migrate(url), migrate(url)]);
  expect([...first, ...second].sort()).toEqual(migrations().map(({ name }) => name));
});

test("a failing migration leaves nothing of itself behind and stops the next start", async () => {
  const url = await anEmptyDatabase();
  const broken = migrationOf(
    "1_broken",
    "CREATE TABLE left_over (id int); SELECT 1 / 0 AS impossible;",
  );
  await expect(migrate(url, [broken])).rejects.toThrow("migration 1_broken: division by zero");
  expect(await rows(url, "SELECT to_regclass('left_over') AS found")).toEqual([{ found: null }]);
  await expect(migrate(url, [broken])).rejects.toThrow("failed earlier (division by zero)");
});

test("a function body with semicolons is one statement", async () => {
  const url = await anEmptyDatabase();
  const body = "CREATE FUNCTION one() RETURNS int AS $$ BEGIN RETURN 1; END; $$ LANGUAGE plpgsql;";
  await migrate(url, [migrationOf("1_function", body)]);
  expect(await rows(url, "SELECT one()")).toEqual([{ one: 1 }]);
});

test.each([
  {
    name: "a database of a newer version is left alone",
    later: [] as Migration[],
    message: "which this version does not know",
  },
  {
    name: "a migration that was changed after it had been applied is refused",
    later: [migrationOf("1_table", "CREATE TABLE other (id int);")],
    message: "was changed after it had been applied",
  },
])("$name", async ({ later, message }) => {
  const url = await anEmptyDatabase();
  await migrate(url, [migrationOf("1_table", "CREATE TABLE one (id int);")]);
  await expect(migrate(url, later)).rejects.toThrow(message);
});

async function anEmptyDatabase(): Promise<string> {
  const database = await emptyDatabase();
  opened.push(database);
  return database.url;
}

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const answer = await client.query(sql);
  await client.end();
  return answer.rows;
}
