import { log } from "../../operation/log.ts";
import { metrics } from "../../operation/metrics.ts";
import { runningPid, startCluster } from "./cluster.ts";
import { type ClusterName, clusterPlace } from "./place.ts";

const INTERVAL_MS = 100;

export interface Watch {
  /** Whether PostgreSQL runs, as far as one can see without asking it. */
  readonly isUp: () => boolean;
  readonly end: () => Promise<void>;
}

/** Starts the embedded PostgreSQL again whenever it has died. */
export function watchCluster(name: ClusterName): Watch {
  const place = clusterPlace(name);
  let restart: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (restart !== undefined || runningPid(place) !== undefined) return;
    restart = startAgain(name).finally(() => {
      restart = undefined;
    });
  }, INTERVAL_MS);
  return {
    isUp: () => restart === undefined && runningPid(place) !== undefined,
    end: async () => {
      clearInterval(timer);
      await restart;
    },
  };
}

async function startAgain(name: ClusterName): Promise<void> {
  log.error({ cluster: name }, "PostgreSQL has died: starting it again");
  try {
    await startCluster(name);
    metrics().databaseRestarts.inc();
    log.info({ cluster: name }, "PostgreSQL runs again");
  } catch (error) {
    log.error({ err: error, cluster: name }, "PostgreSQL could not be started");
  }
}
