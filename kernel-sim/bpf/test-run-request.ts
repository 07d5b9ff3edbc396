import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";

/** What BPF_PROG_TEST_RUN is asked. */
export interface TestRunRequest {
  readonly dataIn: Uint8Array;
  readonly ctxIn: Uint8Array | undefined;
  readonly repeat: number;
}

/** What it answers; `errno` is negative when the run was refused. */
export interface TestRunOutcome {
  readonly errno: number;
  readonly retval: number;
  readonly dataOut: Uint8Array | undefined;
  readonly executed: number;
}

/** `struct skb_shared_info`, which closes every buffer. */
export const SHARED_INFO_BYTES = 320;
export const PAGE_BYTES = 4096;
/** Packets of a test run come in through the loopback device. */
export const LOOPBACK_IFINDEX = 1;

export function refusedRun(errno: number): TestRunOutcome {
  return { errno, retval: 0, dataOut: undefined, executed: 0 };
}

/** Runs `prog` on CPU 0 as often as asked and moves the machine's time on. */
export function repeated(
  kernel: BpfKernel,
  prog: LoadedProgram,
  context: number,
  repeat: number,
): { retval: number; executed: number } {
  kernel.runTimers();
  const cpu = kernel.cpu(0);
  const retval = kernel.jit.run(prog, cpu, context, repeat);
  kernel.clock.advance(cpu.executed);
  return { retval, executed: cpu.executed };
}
