/**
 * A busy evening, on this machine with everything that makes it: lecture pages and submissions for
 * a while, then a class that hands in at the last moment. With `--kill` every process dies once by
 * `kill -9` meanwhile and is started again. How it goes is told on stderr; the last line is one JSON object.
 * Exit 1 when a visitor was not served, a submission not graded exactly once, or a figure misses its
 * limit (`bench-limits.ts`). Its figures are of this machine: nothing else should run on it.
 *
 *   npm run -s load -- [--kill] [--seconds N]
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { remember } from "../server/config.ts";
import { disconnect } from "../server/db/client.ts";
import { clusterPlace, clusterUrl } from "../server/db/embedded/place.ts";
import { arrivals, failuresOf, type Outcome, quantile, Tally } from "../tests/load/arrivals.ts";
import { Crowd } from "../tests/load/crowd.ts";
import { Front } from "../tests/load/front.ts";
import { gradings } from "../tests/load/gradings.ts";
import { killEach } from "../tests/load/kills.ts";
import { allGraded, Progress } from "../tests/load/progress.ts";
import { type Servers, startServers } from "../tests/load/servers.ts";
import { TEST_SECRET } from "../tests/site.ts";
import { LOAD_LIMITS, reaches, verdictOn } from "./bench-limits.ts";

const { values } = parseArgs({
  options: { kill: { type: "boolean", default: false }, seconds: { type: "string" } },
});
const seconds = Number(values.seconds ?? 120);
const PAGES_PER_S = 40;
const SUBMISSIONS_PER_S = 3;
const BURST = 200;
const BURST_S = 5;
const STUDENTS = 300;
/** Each lecture, signed in and not. */
const FIRST_PAGES = 10;
const FIRST_TRIES_MAX = 6;
const PAGE_MS = 500;
const ACKNOWLEDGED_MS = 1000;
/** When not all is graded by then, something is broken, or this machine is far too slow. */
const GRADED_MS_MAX = 180_000;

const dataDir = mkdtempSync(join(tmpdir(), "kernelbook-load-"));
// PostgreSQL runs as another user when this is root.
chmodSync(dataDir, 0o755);
process.env["KERNELBOOK_DATA"] = dataDir;
const tallies = { pages: new Tally(PAGE_MS), submissions: new Tally(ACKNOWLEDGED_MS) };
const progress = new Progress(tallies);
let servers: Servers | undefined;
let ending: Promise<void> | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(1));
try {
  await busyEvening();
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
}
await end(process.exitCode ?? 0);

async function busyEvening(): Promise<void> {
  servers = await startServers(dataDir);
  const databaseUrl = clusterUrl(clusterPlace("site"), "kernelbook");
  remember({ databaseUrl, secret: TEST_SECRET });
  const front = new Front(servers.urls);
  const crowd = await Crowd.gather(front, STUDENTS);
  const toRead = { tally: tallies.pages, visit: (index: number) => crowd.read(index) };
  const toSubmit = { tally: tallies.submissions, visit: () => crowd.submit() };
  progress.enter("first pages");
  // Nobody's evening begins with the first page that a process draws: each has drawn each once.
  for (let index = 0; index < FIRST_PAGES; index++) {
    for (const _ of servers.urls) await patiently(() => crowd.read(index));
  }

  progress.enter("evening");
  const evening = Promise.all([
    arrivals({ ...toRead, rate: PAGES_PER_S, seconds }),
    arrivals({ ...toSubmit, rate: SUBMISSIONS_PER_S, seconds }),
  ]);
  if (values.kill) await killEach(servers, seconds);
  const [pages, submissions] = await evening;
  progress.enter("last moment");
  const burstBegan = performance.now();
  const burst = await arrivals({ ...toSubmit, rate: BURST / BURST_S, seconds: BURST_S });
  progress.enter("last gradings");
  const waiting = await allGraded(GRADED_MS_MAX);
  const burstDone = performance.now() - burstBegan;
  if (waiting.length > 0) console.error(`never graded: ${waiting.join(", ")}`);

  const acknowledged = [...submissions, ...burst];
  const { once, others } = await gradings();
  for (const [what, outcomes] of Object.entries({ pages, acknowledged })) {
    tell(what, outcomes);
  }
  for (const [what, count] of others) console.error(`${count} submissions ${what}`);
  const failed = [...pages, ...acknowledged].filter(({ failure }) => failure !== undefined).length;
  if (failed > 0 || others.size > 0) process.exitCode = 1;
  const figures: Record<string, number> = {
    pages: pages.length,
    page_ms_p95: quantile(pages, 0.95),
    page_ms_max: quantile(pages, 1),
    submissions: acknowledged.length,
    acknowledged_ms_p95: quantile(acknowledged, 0.95),
    acknowledged_ms_max: quantile(acknowledged, 1),
    failed,
    asked_again: front.again,
    graded_once: once,
    burst_done_s: Math.round(burstDone / 100) / 10,
  };
  for (const [key, limit] of Object.entries(LOAD_LIMITS)) {
    const value = figures[key] ?? Number.NaN;
    console.error(`${key}  ${value}${verdictOn(limit, value)}`);
    if (!reaches(limit, value)) process.exitCode = 1;
  }
  console.log(JSON.stringify(figures));
}

/** The first page of a process takes ten times as long as any other, and longer on a busy machine. */
async function patiently(visit: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await visit();
    } catch (error) {
      if (tries === FIRST_TRIES_MAX) throw error;
      console.error(`a first page: ${error}: asking again`);
    }
  }
}

/** Nothing of it is left running, or lying about. */
function end(code: number | string): Promise<void> {
  ending ??= (async () => {
    await disconnect();
    await servers?.stop();
    rmSync(dataDir, { recursive: true, force: true });
    process.exit(code);
  })();
  return ending;
}

function tell(what: string, outcomes: readonly Outcome[]): void {
  for (const [failure, count] of failuresOf(outcomes)) {
    console.error(`${what}: ${count} failed: ${failure}`);
  }
}
