import { createHash, randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { remember } from "../server/config.ts";
import { disconnect } from "../server/db/client.ts";
import { startCluster } from "../server/db/embedded/cluster.ts";
import { type ClusterPlace, clusterUrl } from "../server/db/embedded/place.ts";
import { migrate, migrations } from "../server/db/migrate.ts";
import { withFileLock } from "../server/operation/file-lock.ts";

/** A migrated database that belongs to one test alone. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, whoever is still connected. */
  readonly close: () => Promise<void>;
}

/** A new database with all tables, copied from one that is migrated once: about 50 ms. */
export async function freshDatabase(): Promise<TestDatabase> {
  const { place } = await startCluster("test");
  return createDatabase(place, await migratedTemplate(place));
}

/** A new database with nothing in it. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const { place } = await startCluster("test");
  return createDatabase(place, "template0");
}

/** Gives all tests of a file a database of their own, which `db()` then means. */
export function ownDatabase(): void {
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await freshDatabase();
    remember({ databaseUrl: database.url });
  }, 60_000);
  afterAll(async () => {
    await disconnect();
    await database?.close();
  });
}

async function createDatabase(place: ClusterPlace, template: string): Promise<TestDatabase> {
  const name = `t_${process.pid}_${randomBytes(4).toString("hex")}`;
  await command(place, `CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY file_copy`);
  return {
    url: clusterUrl(place, name),
    close: () => command(place, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  };
}

/** Named after its migrations, so that a changed one makes a new template. */
async function migratedTemplate(place: ClusterPlace): Promise<string> {
  const wanted = migrations();
  const hash = createHash("sha256").update(wanted.map(({ checksum }) => checksum).join());
  const name = `migrated_${hash.digest("hex").slice(0, 12)}`;
  if (await exists(place, name)) return name;
  await withFileLock(join(dirname(place.data), "template.lock"), async () => {
    if (await exists(place, name)) return;
    await command(place, `DROP DATABASE IF EXISTS "${name}_draft"`);
    await command(place, `CREATE DATABASE "${name}_draft"`);
    await migrate(clusterUrl(place, `${name}_draft`), wanted);
    await command(place, `ALTER DATABASE "${name}_draft" RENAME TO "${name}"`);
  });
  return name;
}

async function exists(place: ClusterPlace, name: string): Promise<boolean> {
  return withClient(place, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    return rowCount === 1;
  });
}

async function command(place: ClusterPlace, sql: string): Promise<void> {
  await withClient(place, (client) => client.query(sql));
}

async function withClient<T>(
  place: ClusterPlace,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: clusterUrl(place, "postgres") });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
