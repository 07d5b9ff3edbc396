import { bpf } from "../../kernel-sim/index.ts";
import { benchPrograms } from "./bpf/bench-program.ts";
import { compareEngines, toLinux } from "./bpf/compare.ts";
import { compileLongUs, prepare } from "./bpf/engines.ts";

export const name = "bpf-jit";

/** The JIT and the interpreter beside Linux's own JIT, which takes root on a Linux with bpf(2). */
export async function bench(): Promise<Record<string, number>> {
  const programs = benchPrograms();
  const figures = await compareEngines(programs, true);
  const jit = toLinux(figures, "jit_ns_per_insn");
  const interp = toLinux(figures, "interp_ns_per_insn");
  const chromium = toLinux(figures, "chromium_jit_ns_per_insn");
  const compile = programs.map(({ id, insns }) => {
    const promised = COMPILE_US + insns.length / HEX_DIGITS;
    return (figures[id]?.jit_compile_us ?? Number.NaN) / promised;
  });
  return {
    jit_over_linux_geomean_ratio: jit?.geomean ?? Number.NaN,
    jit_over_linux_worst_ratio: jit?.worst ?? Number.NaN,
    interp_over_linux_geomean_ratio: interp?.geomean ?? Number.NaN,
    jit_chromium_over_linux_geomean_ratio: chromium?.geomean ?? Number.NaN,
    jit_chromium_over_linux_worst_ratio: chromium?.worst ?? Number.NaN,
    jit_hash_lookup_ns: await hashLookupNs(),
    // Of 0.7 ms and 1 us an instruction.
    jit_compile_worst_ratio: Math.round(Math.max(...compile) * 100) / 100,
    jit_compile_100k_insns_ms: Math.round(compileLongUs(100_000) / 10) / 100,
  };
}

const COMPILE_US = 700;
/** Of an instruction in the fixture. */
const HEX_DIGITS = 16;

const LOOKUPS = 1000;
const ROUNDS = 30;

/** One turn of a loop that looks a key of four bytes up: the best of several rounds. */
async function hashLookupNs(): Promise<number> {
  const program = bpf.asm`
      r6 = ${LOOKUPS}
      *(u32 *)(r10 -4) = 7
      *(u64 *)(r10 -16) = 1
      r1 = map[counts]
      r2 = r10
      r2 += -4
      r3 = r10
      r3 += -16
      r4 = 0
      call bpf_map_update_elem
    again:
      r1 = map[counts]
      r2 = r10
      r2 += -4
      call bpf_map_lookup_elem
      if r0 == 0 goto out
      r6 += -1
      if r6 != 0 goto again
    out:
      r0 = r6
      exit
  `;
  const run = prepare(
    {
      ...{ id: "hash_lookup", insns: Buffer.from(program.bytes()).toString("hex") },
      maps: [{ type: "hash", key: 4, value: 8, max: 64 }],
      input: { packet: "00".repeat(64) },
      expect: { retval: 0, executed: 12 + LOOKUPS * 7, executedSteady: 12 + LOOKUPS * 7 },
    },
    "jit",
  );
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    best = Math.min(best, run(50) / 50 / LOOKUPS);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return Math.round(best * 10) / 10;
}
