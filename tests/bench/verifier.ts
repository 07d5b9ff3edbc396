import { boot, bpf } from "#kernel-sim";

export const name = "verifier";

const ROUNDS = 5;

/** A loop of which every turn is another state, so that none can be pruned. */
function counting(turns: number): Parameters<typeof bpf.asm>[0] {
  return `
    r0 = 0
    r6 = 0
  again:
    r7 = r6
    r7 += 3
    r7 *= 5
    r0 ^= r7
    r6 += 1
    if r6 != ${turns} goto again
    exit`;
}

/** Instructions a second that the verifier follows, and how long the largest program it may takes. */
export async function bench(): Promise<Record<string, number>> {
  const usual = Math.max(...times(ROUNDS, () => rate(20_000).perSecond));
  const limit = rate(1_000_000);
  // 1,000,000 instructions are the most that Linux follows.
  if (limit.processed <= 1_000_000) throw new Error("the limit was not reached");
  return {
    verifier_insns_per_s: Math.round(usual),
    verifier_limit_case_ms: Math.round(limit.ms),
  };
}

function rate(turns: number): { perSecond: number; processed: number; ms: number } {
  const machine = boot();
  const program = bpf.asm(counting(turns));
  const began = performance.now();
  const { insnsProcessed } = machine.bpf.verify({
    type: "socket_filter",
    program,
    // As programs are loaded; the log of a million instructions costs half as much again.
    logLevel: 0,
  });
  const ms = performance.now() - began;
  return { perSecond: (1000 * insnsProcessed) / ms, processed: insnsProcessed, ms };
}

function times<T>(count: number, work: () => T): T[] {
  return Array.from({ length: count }, work);
}
