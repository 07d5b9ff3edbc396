import { benchPrograms } from "./bpf/bench-program.ts";
import { prepare } from "./bpf/engines.ts";

export const name = "bpf-interpreter";

const ROUNDS = 7;
/** Long enough for a clock that counts microseconds. */
const ROUND_MS = 20;

/** The best of several rounds, in ns an instruction. */
export async function bench(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  let product = 1;
  const programs = benchPrograms();
  for (const program of programs) {
    const run = prepare(program, "interp");
    const best = bestNsPerInsn(run, program.expect.executedSteady);
    figures[`interp_${program.id}_ns_per_insn`] = Math.round(best * 100) / 100;
    product *= best;
  }
  figures["interp_geomean_ns_per_insn"] = Math.round(product ** (1 / programs.length) * 100) / 100;
  return figures;
}

function bestNsPerInsn(run: (repeat: number) => number, insnsPerRun: number): number {
  let repeat = 1;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; ) {
    const ns = run(repeat);
    if (ns < ROUND_MS * 1e6 && repeat * insnsPerRun < 1e9) {
      repeat *= 2;
      continue;
    }
    best = Math.min(best, ns / (repeat * insnsPerRun));
    round++;
  }
  return best;
}
