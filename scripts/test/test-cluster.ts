import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { runningPid, stopCluster } from "../../server/db/embedded/cluster.ts";
import { clusterPlace, clusterUrl } from "../../server/db/embedded/place.ts";
import { isAlive } from "../../server/operation/file-lock.ts";

/**
 * Stops the tests' cluster and removes it, unless another run still uses it. A cluster of root lies
 * outside the checkout: with neither site nor tests nothing of it is to stay.
 */
export async function endTestCluster(): Promise<void> {
  const place = clusterPlace("test");
  if (runningPid(place) === undefined) return;
  const client = new pg.Client({ connectionString: clusterUrl(place, "postgres") });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE datname LIKE 't\\_%'`,
  );
  await client.end();
  // A test database is named after the process that made it.
  const isUsed = rows.some(({ datname }) => isAlive(Number(datname.split("_")[1])));
  if (isUsed) return;
  await stopCluster("test");
  rmSync(dirname(place.data), { recursive: true, force: true });
  const isForeign = place.base.startsWith("/var/lib/kernelbook/");
  if (isForeign && !existsSync(join(place.base, "site"))) rmSync(place.base, { recursive: true });
}
