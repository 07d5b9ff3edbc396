/**
 * A busy evening, on this machine with everything that makes it: lecture pages and submissions for
 * a while, then a class that hands in at the last moment. With `--kill` every process dies once by
 * `kill -9` meanwhile and is started again. The last line is one JSON object; exit 1 when a
 * visitor was not served, or a submission not graded exactly once.
 *
 *   npm run -s load -- [--kill] [--seconds N]
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { remember } from "../server/config.ts";
import { disconnect } from "../server/db/client.ts";
import { clusterPlace, clusterUrl } from "../server/db/embedded/place.ts";
import { arrivals, failuresOf, type Outcome, quantile } from "../tests/load/arrivals.ts";
import { Crowd } from "../tests/load/crowd.ts";
import { Front } from "../tests/load/front.ts";
import { gradings } from "../tests/load/gradings.ts";
import { killEach } from "../tests/load/kills.ts";
import { startServers } from "../tests/load/servers.ts";
import { TEST_SECRET } from "../tests/site.ts";

const { values } = parseArgs({
  options: { kill: { type: "boolean", default: false }, seconds: { type: "string" } },
});
const seconds = Number(values.seconds ?? 120);
const PAGES_PER_S = 40;
const SUBMISSIONS_PER_S = 3;
const BURST = 200;
const BURST_S = 5;
const STUDENTS = 300;
const LOOK_MS = 200;

const dataDir = mkdtempSync(join(tmpdir(), "kernelbook-load-"));
// PostgreSQL runs as another user when this is root.
chmodSync(dataDir, 0o755);
process.env["KERNELBOOK_DATA"] = dataDir;
const servers = await startServers(dataDir);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(1));
try {
  const databaseUrl = clusterUrl(clusterPlace("site"), "kernelbook");
  remember({ databaseUrl, secret: TEST_SECRET });
  const front = new Front(servers.urls);
  const crowd = await Crowd.gather(front, STUDENTS);
  const read = (index: number) => crowd.read(index);
  const submit = () => crowd.submit();
  await arrivals({ rate: 5, seconds: 3, visit: read });

  const evening = Promise.all([
    arrivals({ rate: PAGES_PER_S, seconds, visit: read }),
    arrivals({ rate: SUBMISSIONS_PER_S, seconds, visit: submit }),
  ]);
  if (values.kill) await killEach(servers, seconds);
  const [pages, submissions] = await evening;
  const burstBegan = performance.now();
  const burst = await arrivals({ rate: BURST / BURST_S, seconds: BURST_S, visit: submit });
  while (!(await gradings()).isDone) await delay(LOOK_MS);
  const burstDone = performance.now() - burstBegan;

  const acknowledged = [...submissions, ...burst];
  const { once, others } = await gradings();
  for (const [what, outcomes] of Object.entries({ pages, acknowledged })) tell(what, outcomes);
  for (const [what, count] of others) console.error(`${count} submissions ${what}`);
  const failed = [...pages, ...acknowledged].filter(({ failure }) => failure !== undefined).length;
  if (failed > 0 || others.size > 0) process.exitCode = 1;
  console.log(
    JSON.stringify({
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
    }),
  );
} finally {
  await end(process.exitCode ?? 0);
}

/** Nothing of it is left running, or lying about. */
async function end(code: number | string): Promise<void> {
  await disconnect();
  await servers.stop();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(code);
}

function tell(what: string, outcomes: readonly Outcome[]): void {
  for (const [failure, count] of failuresOf(outcomes)) {
    console.error(`${what}: ${count} failed: ${failure}`);
  }
}
