/**
 * `npm run -s migration -- NAME` writes the next migration: what leads from the schema of the last
 * one (`prisma/migrated-schema.prisma`) to `prisma/schema.prisma`. With `--initial` it writes the
 * first and only migration anew, which is right only while no database with real data exists.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diffSchemas } from "./schema-diff.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "prisma/migrations");
const snapshot = join(root, "prisma/migrated-schema.prisma");
const INITIAL = "20261124000000_initial";

const name = process.argv[2];
if (!name || !/^(--initial|[a-z0-9_]+)$/.test(name)) {
  console.error("usage: npm run -s migration -- NAME (a-z, 0-9, _), or -- --initial");
  process.exit(2);
}

const schema = readFileSync(join(root, "prisma/schema.prisma"), "utf8");
const isInitial = name === "--initial";
if (
  isInitial &&
  readdirSync(folder, { withFileTypes: true })
    .filter((e) => e.isDirectory())
    .some((e) => e.name !== INITIAL)
) {
  console.error("there are later migrations: write the next one with a NAME");
  process.exit(2);
}
const before = isInitial || !existsSync(snapshot) ? undefined : readFileSync(snapshot, "utf8");
const sql = await diffSchemas(before, schema);
if (sql === "") {
  console.log("the schema has not changed: no migration is needed");
} else {
  const target = join(folder, isInitial ? INITIAL : `${timestamp(new Date())}_${name}`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "migration.sql"), sql);
  writeFileSync(snapshot, schema);
  console.log(`${target}/migration.sql: read it through, then run npm run dev`);
}

function timestamp(now: Date): string {
  return now.toISOString().replace(/\D/g, "").slice(0, 14);
}
