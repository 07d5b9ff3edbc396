import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { runningPid, stopCluster } from "../../server/db/embedded/cluster.ts";
import { clusterPlace, clusterUrl } from "../../server/db/embedded/place.ts";

/**
 * Stops the tests' cluster and removes it, unless another run still uses it. A cluster of root lies
 * outside the checkout: with neither site nor tests nothing of it is to stay.
 */
export async function endTestCluster(): Promise<void> {
  const place = clusterPlace("test");
  if (runningPid(place) === undefined) return;
  const client = new pg.Client({ connectionString: clusterUrl(place, "postgres") });
  await client.connect();
  const { rows } = await client.query<{ datname: string; users: number }>(
    `SELECT datname, (SELECT count(*)::int FROM pg_stat_activity a WHERE a.datname = d.datname) AS users
     FROM pg_database d WHERE datname LIKE 't\\_%'`,
  );
  const isUsed = rows.some(({ users }) => users > 0);
  for (const { datname } of rows.filter(({ users }) => users === 0)) {
    await client.query(`DROP DATABASE IF EXISTS "${datname}"`);
  }
  await client.end();
  if (isUsed) return;
  await stopCluster("test");
  rmSync(dirname(place.data), { recursive: true, force: true });
  const isForeign = place.base.startsWith("/var/lib/kernelbook/");
  if (isForeign && !existsSync(join(place.base, "site"))) rmSync(place.base, { recursive: true });
}
