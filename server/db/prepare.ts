import { config, remember } from "../config.ts";
import { startCluster } from "./embedded/cluster.ts";
import type { ClusterName } from "./embedded/place.ts";
import { migrate } from "./migrate.ts";

/** A database that is there and has this version's tables. */
export interface ReadyDatabase {
  /** True when it is our own PostgreSQL, which we watch and stop. */
  readonly isEmbedded: boolean;
  /** The migrations that were missing. */
  readonly applied: readonly string[];
}

/** Starts the embedded PostgreSQL unless the operator names one, and migrates it. */
export async function prepareDatabase(name: ClusterName = "site"): Promise<ReadyDatabase> {
  const { databaseUrl, isDemo } = config();
  const isEmbedded = databaseUrl === undefined;
  // Decided before DATABASE_URL is set: demo mode is on by default for the embedded one only.
  remember({ isDemo });
  const url = databaseUrl ?? (await startCluster(name)).url;
  remember({ databaseUrl: url });
  return { isEmbedded, applied: await migrate(url) };
}
