import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { diffSchemas } from "../scripts/schema-diff.ts";
import { migrate, migrationOf } from "../server/db/migrate.ts";
import { emptyDatabase } from "./database.ts";

/** What makes up a database, as sentences that can be compared. */
const SHAPE = {
  columns: `SELECT table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable || ' ' ||
      coalesce(column_default, '-') AS line
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> '_prisma_migrations' ORDER BY 1`,
  indexes: `SELECT indexdef AS line FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY 1`,
  constraints: `SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS line FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
      AND conrelid <> '_prisma_migrations'::regclass ORDER BY 1`,
  enums: `SELECT typname || ' ' || enumlabel AS line
    FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid ORDER BY typname, enumsortorder`,
};

test("the migrations lead to exactly what prisma/schema.prisma says", async () => {
  const schema = readFileSync(join(import.meta.dirname, "../prisma/schema.prisma"), "utf8");
  const migrated = await emptyDatabase();
  const described = await emptyDatabase();
  try {
    await migrate(migrated.url);
    const sql = await diffSchemas(undefined, schema);
    await migrate(described.url, [migrationOf("schema", sql)]);
    const remedy = "run `npm run -s migration -- NAME`";
    expect(await shapeOf(migrated.url), remedy).toEqual(await shapeOf(described.url));
  } finally {
    await migrated.close();
    await described.close();
  }
}, 30_000);

async function shapeOf(url: string): Promise<Record<string, string[]>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const shape: Record<string, string[]> = {};
  for (const [part, sql] of Object.entries(SHAPE)) {
    const { rows } = await client.query<{ line: string }>(sql);
    shape[part] = rows.map(({ line }) => line);
  }
  await client.end();
  return shape;
}
