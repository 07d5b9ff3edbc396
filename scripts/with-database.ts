import { config } from "../server/config.ts";
import { runningPid, startCluster, stopCluster } from "../server/db/embedded/cluster.ts";
import { clusterPlace } from "../server/db/embedded/place.ts";

/** Works with the site's database; an embedded one that does not run is started for the time. */
export async function withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { databaseUrl } = config();
  if (databaseUrl !== undefined) return work(databaseUrl);
  const wasRunning = runningPid(clusterPlace("site")) !== undefined;
  const { url } = await startCluster("site");
  try {
    return await work(url);
  } finally {
    if (!wasRunning) await stopCluster("site");
  }
}
