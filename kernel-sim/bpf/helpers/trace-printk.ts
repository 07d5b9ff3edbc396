import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { type PrintArgument, printed } from "./bprintf.ts";
import { argumentsAt, printMemory } from "./print-memory.ts";
import { textAt } from "./strings.ts";

type Vm = BpfCpu<BpfKernel>;

/** Longest line that the kernel prints. @linux include/linux/bpf.h `BPF_MAX_PRINTF_BUF` (6.18) */
const LINE_BYTES_MAX = 1024;
const ARGUMENTS_MAX = 12;

/**
 * Writes a line to the trace, as event `bpf_trace:bpf_trace_printk`, and answers its length.
 *
 * @linux kernel/trace/bpf_trace.c `bpf_trace_printk` (6.18)
 */
export function tracePrintk(vm: Vm): number {
  const { r } = vm;
  return print(vm, [
    [r[6]!, r[7]!],
    [r[8]!, r[9]!],
    [r[10]!, r[11]!],
  ]);
}

/** The same, with its arguments in an array. @linux kernel/trace/bpf_trace.c `bpf_trace_vprintk` (6.18) */
export function traceVprintk(vm: Vm): number {
  const { r } = vm;
  const bytes = r[8]! >>> 0;
  if ((bytes & 7) !== 0 || bytes > ARGUMENTS_MAX * 8 || (bytes !== 0 && r[6] === 0)) return -EINVAL;
  return print(vm, argumentsAt(vm, r[6]!, bytes));
}

function print(vm: Vm, args: readonly PrintArgument[]): number {
  const { r, machine } = vm;
  const format = textAt(vm.memory.bytes, r[2]!, r[2]! + (r[4]! >>> 0));
  if (format === undefined) return -EINVAL;
  const line = printed(format, args, printMemory(vm));
  if (typeof line === "number") return line;
  const name = machine.trace.nameNumber("bpf_trace:bpf_trace_printk");
  const fields = Object.freeze({ bpf_string: line.slice(0, LINE_BYTES_MAX - 1) });
  machine.trace.record(name, machine.clock.now() + vm.executed, vm.cpu, fields);
  return line.length;
}
