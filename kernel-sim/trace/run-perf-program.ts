import type { CurrentTask } from "../bpf/current-task.ts";
import { PT_REGS } from "../bpf/helpers/tracing.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { PerfTarget } from "../bpf/perf-target.ts";
import { PT_REGS_BYTES, writeWord } from "./kernel-functions.ts";
import { runPrograms } from "./run-programs.ts";

/** `struct bpf_perf_event_data`: registers, the period, an address. */
const SAMPLE_PERIOD = PT_REGS_BYTES;
const CONTEXT_BYTES = PT_REGS_BYTES + 16;

/**
 * Runs the program of an event that has counted up to its period; answers the instructions that it took.
 *
 * @linux kernel/events/core.c `bpf_overflow_handler` (6.18)
 * @simplified the registers are those that the task has in user mode
 */
export function runPerfProgram(
  kernel: BpfKernel,
  event: PerfTarget,
  where: { readonly cpu: number; readonly task: CurrentTask },
  period: number,
): number {
  const { memory, perfEvent } = kernel;
  const { program } = event;
  const context = program === undefined ? 0 : memory.alloc(CONTEXT_BYTES);
  // Without memory it does not run.
  if (program === undefined || context === 0) return 0;
  memory.bytes.fill(0, context, context + CONTEXT_BYTES);
  const regs = where.task.userRegs;
  if (regs !== undefined) {
    PT_REGS.forEach((name, i) => {
      writeWord(memory, context + i * 8, regs[name]);
    });
  }
  writeWord(memory, context + SAMPLE_PERIOD, period);
  kernel.perfEvent = event;
  const { executed } = runPrograms(kernel, where, (run) => run(program.attachment, context));
  kernel.perfEvent = perfEvent;
  memory.free(context, CONTEXT_BYTES);
  return executed;
}
