import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { checkout } from "../config.ts";

/** One folder of `prisma/migrations`. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** The database cannot be brought to this version; the message says what to do. */
export class MigrationError extends Error {}

/** The lock that Prisma itself takes: two deploys never run at once. */
const PRISMA_LOCK = 72_707_369;

const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id varchar(36) PRIMARY KEY,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
)`;

/** All migrations of this version, oldest first. */
export function migrations(folder = join(checkout(), "prisma/migrations")): Migration[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "migration.sql")))
    .sort()
    .map((name) => migrationOf(name, readFileSync(join(folder, name, "migration.sql"), "utf8")));
}

/** A migration with the checksum that Prisma gives it. */
export function migrationOf(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
}

/**
 * Applies what is missing and answers its names, as `prisma migrate deploy` does and in its format.
 * Each migration is sent as one simple query, so that it applies as a whole or not at all and may
 * hold function bodies and triggers.
 */
export async function migrate(url: string, wanted = migrations()): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [PRISMA_LOCK]);
    await client.query(HISTORY_TABLE);
    const applied = await appliedMigrations(client);
    refuseOtherHistory(applied, wanted);
    const missing = wanted.filter(({ name }) => !applied.has(name));
    for (const migration of missing) await apply(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** The newest migration in a database; undefined for one without any. */
export async function databaseVersion(
  client: Pick<pg.ClientBase, "query">,
): Promise<string | undefined> {
  const { rows } = await client.query<{ migration_name: string }>(
    `SELECT migration_name FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
     ORDER BY migration_name DESC LIMIT 1`,
  );
  return rows[0]?.migration_name;
}

interface AppliedRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
  readonly logs: string | null;
}

async function appliedMigrations(client: pg.Client): Promise<Map<string, AppliedRow>> {
  const { rows } = await client.query<AppliedRow>(
    `SELECT migration_name, checksum, finished_at, logs FROM _prisma_migrations
     WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return new Map(rows.map((row) => [row.migration_name, row]));
}

function refuseOtherHistory(applied: Map<string, AppliedRow>, wanted: Migration[]): void {
  const known = new Map(wanted.map((migration) => [migration.name, migration]));
  for (const row of applied.values()) {
    const migration = known.get(row.migration_name);
    if (row.finished_at === null) {
      throw new MigrationError(
        `migration ${row.migration_name} failed earlier (${row.logs ?? "interrupted"}): nothing of it is left; mend it, delete its row from _prisma_migrations and start again`,
      );
    }
    if (migration === undefined) {
      throw new MigrationError(
        `the database has migration ${row.migration_name}, which this version does not know: use the newer version, or restore a backup made by this one`,
      );
    }
    if (migration.checksum !== row.checksum) {
      throw new MigrationError(
        `migration ${row.migration_name} was changed after it had been applied: put its file back and write a new migration`,
      );
    }
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID();
  await client.query(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)",
    [id, checksum, name],
  );
  try {
    await client.query(sql);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await client.query("UPDATE _prisma_migrations SET logs = $2 WHERE id = $1", [id, reason]);
    throw new MigrationError(`migration ${name}: ${reason}`);
  }
  await client.query(
    "UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1",
    [id],
  );
}
