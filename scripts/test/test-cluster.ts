import pg from "pg";
import { runningPid, stopCluster } from "../../server/db/embedded/cluster.ts";
import { clusterPlace, clusterUrl } from "../../server/db/embedded/place.ts";

/** Removes what killed tests left in the tests' cluster, and stops it unless others still use it. */
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
  if (!isUsed) await stopCluster("test");
}
