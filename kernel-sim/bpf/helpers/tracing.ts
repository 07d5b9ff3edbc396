/** Helpers for programs that hang on the kernel's functions and events. @linux kernel/trace/bpf_trace.c (6.18) */
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { holdCurrent } from "../kfuncs/task.ts";

type Vm = BpfCpu<BpfKernel>;

/** Where `struct pt_regs` has the instruction pointer, in bytes. */
const REGS_IP = 128;
const UPPER = 0x1_0000_0000;

/** @linux kernel/trace/bpf_trace.c `bpf_get_func_ip_kprobe` (6.18) */
export function getFuncIp(vm: Vm): number {
  const { view } = vm.memory;
  const at = vm.context + REGS_IP;
  return view.getInt32(at + 4, true) * UPPER + view.getUint32(at, true);
}

/** What was said when the program was attached. @linux kernel/trace/bpf_trace.c `bpf_get_attach_cookie_trace` (6.18) */
export function getAttachCookie(vm: Vm): number {
  return vm.machine.attachCookie;
}

/** The address of the task. @linux kernel/trace/bpf_trace.c `bpf_get_current_task`, `bpf_get_current_task_btf` (6.18) */
export function getCurrentTask(vm: Vm): number {
  return holdCurrent(vm);
}
