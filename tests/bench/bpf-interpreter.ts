import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type BpfMap, boot, type MapTypeName } from "../../kernel-sim/index.ts";

export const name = "bpf-interpreter";

/** A program of the benchmark set. */
interface BenchProgram {
  readonly id: string;
  readonly insns: string;
  readonly maps: readonly {
    readonly type: MapTypeName;
    readonly key: number;
    readonly value: number;
    readonly max: number;
  }[];
  readonly input: { readonly packet: string };
  readonly expect: {
    readonly retval: number;
    readonly executed: number;
    readonly executedSteady: number;
  };
}

const PROGRAMS = join(import.meta.dirname, "../fixtures/bpf/bench-programs.jsonl.gz");
const ROUNDS = 7;
/** Long enough for a clock that counts microseconds. */
const ROUND_MS = 20;

export function benchPrograms(): BenchProgram[] {
  const text = gunzipSync(readFileSync(PROGRAMS)).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as BenchProgram);
}

/** A function that runs the program as often as asked and answers how many instructions ran. */
export function prepare(program: BenchProgram): (repeat: number) => number {
  const machine = boot();
  const maps: BpfMap[] = program.maps.map(({ type, key, value, max }) =>
    machine.bpf.createMap({ type, keySize: key, valueSize: value, maxEntries: max }),
  );
  const bytes = Uint8Array.from(Buffer.from(program.insns, "hex"));
  const prog = machine.bpf.mustLoad({ type: "xdp", program: bytes, maps });
  const dataIn = Uint8Array.from(Buffer.from(program.input.packet, "hex"));
  const { retval, executed } = program.expect;
  const first = prog.run({ dataIn });
  if (first.retval !== retval || first.insnsExecuted !== executed) {
    throw new Error(`${program.id} answers ${first.retval} after ${first.insnsExecuted}`);
  }
  return (repeat) => prog.run({ dataIn, repeat }).insnsExecuted;
}

/** The best of several rounds, in ns an instruction. */
export async function bench(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  let product = 1;
  const programs = benchPrograms();
  for (const program of programs) {
    const run = prepare(program);
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
    const start = performance.now();
    const executed = run(repeat);
    const ms = performance.now() - start;
    if (ms < ROUND_MS && repeat * insnsPerRun < 1e9) {
      repeat *= 2;
      continue;
    }
    best = Math.min(best, (ms * 1e6) / executed);
    round++;
  }
  return best;
}
