/**
 * `npm test`: runs every check and every test there is, names what was skipped and why, and ends
 * with the line `N passed, N failed`. `npm test -- unit` runs one part: gates, unit, system or e2e.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkGates, seconds } from "./test/gates.ts";
import { joinOutcomes, type Outcome, oneFailed } from "./test/outcome.ts";
import { node24 } from "./test/run.ts";
import { endTestCluster } from "./test/test-cluster.ts";

const PARTS: Record<string, () => Promise<Outcome[]>> = {
  gates: () => checkGates(),
  unit: async () => [await vitest(["unit", "kernel"], 20)],
  system: async () => [await vitest(["system"], 25)],
  e2e: async () => [await playwright(20)],
};

const began = performance.now();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((part) => !(part in PARTS));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}

process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

const outcomes: Outcome[] = [];
for (const [name, work] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n--- ${name}`);
  outcomes.push(...(await work()));
}
await endTestCluster();

const { passed, failed, skipped } = joinOutcomes(outcomes);
console.log(`\n--- after ${seconds(began)}`);
for (const name of skipped) console.log(`skipped  ${name}`);
for (const name of failed) console.log(`FAILED   ${name}`);
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
console.log(`${passed} passed, ${failed.length} failed`);

async function vitest(projects: readonly string[], minutesMax: number): Promise<Outcome> {
  return counted(`vitest ${projects.join(" ")}`, minutesMax, [
    ...["node_modules/vitest/vitest.mjs", "run"],
    ...projects.flatMap((project) => ["--project", project]),
    ...["--reporter=default", "--reporter=./scripts/test/vitest-reporter.ts"],
  ]);
}

async function playwright(minutesMax: number): Promise<Outcome> {
  return counted("playwright", minutesMax, [
    ...["node_modules/playwright/cli.js", "test"],
    "--reporter=list,./scripts/test/playwright-reporter.ts",
  ]);
}

/** Runs a test runner whose reporter writes an `Outcome`; without one the run itself has failed. */
async function counted(
  name: string,
  minutesMax: number,
  args: readonly string[],
): Promise<Outcome> {
  const file = join(tmpdir(), `kernelbook-outcome-${process.pid}.json`);
  rmSync(file, { force: true });
  const { ok } = await node24(args, {
    minutesMax,
    live: true,
    env: { KERNELBOOK_OUTCOME: file },
  });
  if (!existsSync(file)) return oneFailed(`${name} did not come to its end`);
  const outcome: Outcome = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file, { force: true });
  // An exit code that no counted failure explains must not be lost.
  return ok || outcome.failed.length > 0
    ? outcome
    : joinOutcomes([outcome, oneFailed(`${name} ended with an error`)]);
}
