/** `kill -9` of each kind of process that makes a site, one after the other. */
import { setTimeout as delay } from "node:timers/promises";
import { runningPid } from "../../server/db/embedded/cluster.ts";
import { clusterPlace } from "../../server/db/embedded/place.ts";
import { type Servers, sandboxOf } from "./servers.ts";

/** Spreads them over the time of the load, with some for each to come back. */
export async function killEach({ web, grader }: Servers, seconds: number): Promise<void> {
  const victims: readonly [string, () => void][] = [
    ["a web process", () => web[0]?.kill()],
    ["a player's sandbox", () => kill(sandboxOf(grader, "player.js"))],
    ["the grader", () => grader.kill()],
    ["a judge's sandbox", () => kill(sandboxOf(grader, "judge.js"))],
    ["PostgreSQL", () => kill(runningPid(clusterPlace("site")))],
    ["the other web process", () => web[1]?.kill()],
  ];
  const pause = (seconds * 1000) / (victims.length + 1);
  for (const [what, strike] of victims) {
    await delay(pause);
    console.error(`kill -9 of ${what}`);
    strike();
  }
}

function kill(pid: number | undefined): void {
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}
