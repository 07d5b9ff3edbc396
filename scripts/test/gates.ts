import { join } from "node:path";
import { type Outcome, oneFailed, onePassed } from "./outcome.ts";
import { node24, ROOT, type Run, run } from "./run.ts";

/** A check of the whole source that passes or fails as one. */
interface Gate {
  readonly name: string;
  readonly check: () => Promise<Run>;
}

const BIN = join(ROOT, "node_modules/.bin");
const minutesMax = 5;
/** Hundreds of submissions are graded, one after the other. */
const COURSE_MINUTES_MAX = 20;

export const GATES: readonly Gate[] = [
  {
    name: "lint",
    check: () => run(`${BIN}/biome`, ["check", "--error-on-warnings", "."], { minutesMax }),
  },
  {
    name: "types",
    check: () => run(`${BIN}/tsc`, ["-p", "tsconfig.check.json"], { minutesMax }),
  },
  {
    name: "types of kernel-sim",
    check: () => run(`${BIN}/tsc`, ["-p", "kernel-sim/tsconfig.json"], { minutesMax }),
  },
  {
    name: "dead code",
    check: () => node24(["node_modules/knip/bin/knip.js", "--no-progress"], { minutesMax }),
  },
  {
    // Every cell, every exercise, as `npm run content:check`.
    name: "course",
    check: () => node24(["scripts/content-check.ts"], { minutesMax: COURSE_MINUTES_MAX }),
  },
  {
    name: "walls",
    check: () => run("bash", ["scripts/prove-walls.sh"], { minutesMax }),
  },
];

/** One after the other: each of them already uses all cores. */
export async function checkGates(names?: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, check } of GATES) {
    if (names !== undefined && !names.includes(name)) continue;
    const began = performance.now();
    const { ok, output } = await check();
    console.log(`${ok ? "passed" : "FAILED"}  ${name} (${seconds(began)})`);
    if (!ok) console.log(output.trim().split("\n").slice(-120).join("\n"));
    outcomes.push(ok ? onePassed() : oneFailed(name));
  }
  return outcomes;
}

export function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}
