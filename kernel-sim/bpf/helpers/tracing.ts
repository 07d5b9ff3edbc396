/** Helpers for programs that hang on the kernel's functions and events. @linux kernel/trace/bpf_trace.c (6.18) */
import { EINVAL, ENOENT, EOPNOTSUPP } from "../../include/errno.ts";
import { PT_REGS_BYTES, writeWord } from "../../trace/kernel-functions.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { holdCurrent, pidOfTask, taskAt } from "../kfuncs/task.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux kernel/trace/bpf_trace.c `bpf_get_func_ip_kprobe`, `bpf_get_func_ip_tracing` (6.18) */
export function getFuncIp(vm: Vm): number {
  return vm.machine.funcIp;
}

const WORD_BYTES = 8;

/** How many arguments the function has: that stands in front of them. */
function argCount({ r, memory: { view } }: Vm): number {
  return view.getUint32(r[2]! - WORD_BYTES, true);
}

/** @linux kernel/trace/bpf_trace.c `get_func_arg_cnt` (6.18) */
export function getFuncArgCnt(vm: Vm): number {
  return argCount(vm);
}

/** @linux kernel/trace/bpf_trace.c `get_func_arg` (6.18) */
export function getFuncArg(vm: Vm): number {
  const { r, memory } = vm;
  const n = r[4]! >>> 0;
  if (n >= argCount(vm)) return -EINVAL;
  const at = r[2]! + n * WORD_BYTES;
  memory.bytes.copyWithin(r[6]!, at, at + WORD_BYTES);
  return 0;
}

/** What the function has answered stands behind its arguments. @linux kernel/trace/bpf_trace.c `get_func_ret` (6.18) */
export function getFuncRet(vm: Vm): number {
  const { r, memory, machine } = vm;
  if (!machine.seesAnswer) return -EOPNOTSUPP;
  const at = r[2]! + argCount(vm) * WORD_BYTES;
  memory.bytes.copyWithin(r[4]!, at, at + WORD_BYTES);
  return 0;
}

/** What was said when the program was attached. @linux kernel/trace/bpf_trace.c `bpf_get_attach_cookie_trace` (6.18) */
export function getAttachCookie(vm: Vm): number {
  return vm.machine.attachCookie;
}

/** The address of the task. @linux kernel/trace/bpf_trace.c `bpf_get_current_task`, `bpf_get_current_task_btf` (6.18) */
export function getCurrentTask(vm: Vm): number {
  return holdCurrent(vm);
}

/** In the order of `struct pt_regs`. */
export const PT_REGS = [
  ...(["r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8"] as const),
  ...(["ax", "cx", "dx", "si", "di", "origAx", "ip", "cs", "flags", "sp", "ss"] as const),
] as const;

/**
 * The address of the registers that the task has in user mode: one place for each task, which stays where it is.
 *
 * @linux kernel/trace/bpf_trace.c `bpf_task_pt_regs` (6.18)
 */
export function taskPtRegs(vm: Vm): number {
  const { machine, memory } = vm;
  const pid = pidOfTask(vm, vm.r[2]!);
  const at = machine.taskRegs.get(pid) ?? memory.alloc(PT_REGS_BYTES);
  if (at === 0) return 0;
  machine.taskRegs.set(pid, at);
  memory.bytes.fill(0, at, at + PT_REGS_BYTES);
  const regs = taskAt(vm, vm.r[2]!)?.userRegs;
  if (regs === undefined) return at;
  PT_REGS.forEach((name, i) => {
    writeWord(memory, at + i * 8, regs[name]);
  });
  return at;
}

/** The processor keeps no branches. @linux kernel/trace/bpf_trace.c `bpf_get_branch_snapshot` (6.18) */
export function getBranchSnapshot({ r }: Vm): number {
  return (r[6]! | r[7]!) !== 0 ? -EINVAL : -ENOENT;
}
