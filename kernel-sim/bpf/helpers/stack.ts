/**
 * Call stacks of tasks.
 *
 * @linux kernel/bpf/stackmap.c, kernel/events/callchain.c, arch/x86/events/core.c (6.18)
 * @simplified of the kernel's stack there is the function behind the system call that the task is in. No program has a
 * build id: where one is asked for, the address stands.
 */
import { EFAULT, EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import { addressOf, functionOfEntry } from "../../trace/kernel-functions.ts";
import { entryName } from "../../trace/syscall-names.ts";
import type { CurrentTask } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { taskAt } from "../kfuncs/task.ts";
import { BPF_F_STACK_BUILD_ID } from "../maps/flags.ts";
import { jhash } from "../maps/jhash.ts";
import { BUILD_ID_BYTES, MAX_STACK, type StackTraceMap } from "../maps/stackmap.ts";

type Vm = BpfCpu<BpfKernel>;

const SKIP_MASK = 0xff;
const BPF_F_USER_STACK = 1 << 8;
const BPF_F_FAST_STACK_CMP = 1 << 9;
const BPF_F_REUSE_STACKID = 1 << 10;
const BPF_F_USER_BUILD_ID = 1 << 11;
const ADDRESS_BYTES = 8;

export function kernelStack({ syscall }: CurrentTask): number[] {
  const entry = syscall === undefined ? undefined : entryName(syscall);
  return entry === undefined ? [] : [addressOf(functionOfEntry(entry))];
}

/** Two words: where the caller's frame is, and where it goes on. */
const FRAME_BYTES = 16;

/** @linux arch/x86/events/core.c `perf_callchain_user` (6.18) */
function userStack({ mm, userRegs }: CurrentTask, depth: number): number[] {
  if (mm === undefined || userRegs === undefined) return [];
  const found = [userRegs.ip];
  const frame = new Uint8Array(FRAME_BYTES);
  const view = new DataView(frame.buffer);
  for (let at = userRegs.bp; found.length < depth; at = Number(view.getBigUint64(0, true))) {
    if (at === 0 || mm.copyFromUser(at, frame) !== FRAME_BYTES) break;
    found.push(Number(view.getBigUint64(ADDRESS_BYTES, true)));
  }
  return found.slice(0, depth);
}

/** How many addresses are looked at, those that are skipped included. @linux `stack_map_calculate_max_depth` (6.18) */
function depthFor(entries: number, skip: number): number {
  return Math.min(entries + skip, MAX_STACK);
}

function stackOf(task: CurrentTask, isUser: boolean, depth: number): number[] {
  return isUser ? userStack(task, depth) : kernelStack(task).slice(0, depth);
}

const BPF_STACK_BUILD_ID_IP = 2;
/** `struct bpf_stack_build_id`: status, 20 bytes, and the address. */
const BUILD_ID_IP = 24;

/** As programs and maps hold it. */
function bytesOf(stack: readonly number[], hasBuildIds: boolean): Uint8Array {
  const stride = hasBuildIds ? BUILD_ID_BYTES : ADDRESS_BYTES;
  const view = new DataView(new ArrayBuffer(stack.length * stride));
  stack.forEach((address, i) => {
    if (hasBuildIds) view.setInt32(i * stride, BPF_STACK_BUILD_ID_IP, true);
    view.setBigInt64(i * stride + (hasBuildIds ? BUILD_ID_IP : 0), BigInt(address), true);
  });
  return new Uint8Array(view.buffer);
}

interface StackRequest {
  readonly task: CurrentTask;
  /** Whether it was named, and is not just whoever runs. */
  readonly isNamed: boolean;
  readonly to: number;
  readonly size: number;
  readonly flags: number;
  readonly flagsHigh: number;
}

/** @linux kernel/bpf/stackmap.c `__bpf_get_stack` (6.18) */
function getStackOf(vm: Vm, request: StackRequest): number {
  const { to, size } = request;
  const copied = copyStack(vm, request);
  vm.memory.bytes.fill(0, to + Math.max(copied, 0), to + size);
  return copied;
}

function copyStack(vm: Vm, { task, isNamed, to, size, flags, flagsHigh }: StackRequest): number {
  const isUser = (flags & BPF_F_USER_STACK) !== 0;
  const hasBuildIds = (flags & BPF_F_USER_BUILD_ID) !== 0;
  const known = SKIP_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID;
  if ((flags & ~known) !== 0 || flagsHigh !== 0 || (hasBuildIds && !isUser)) return -EINVAL;
  const entryBytes = hasBuildIds ? BUILD_ID_BYTES : ADDRESS_BYTES;
  if (size % entryBytes !== 0) return -EINVAL;
  if (isNamed && isUser && task.userRegs === undefined) return -EFAULT;
  if (isNamed && isUser && task.pid !== vm.machine.current.pid) return -EOPNOTSUPP;
  const skip = flags & SKIP_MASK;
  const entries = size / entryBytes;
  const stack = stackOf(task, isUser, depthFor(entries, skip));
  if (stack.length < skip) return -EFAULT;
  const bytes = bytesOf(stack.slice(skip, skip + entries), hasBuildIds);
  vm.memory.bytes.set(bytes, to);
  return bytes.length;
}

/** @linux kernel/bpf/stackmap.c `bpf_get_stack` (6.18) */
export function getStack(vm: Vm): number {
  const { r, machine } = vm;
  return getStackOf(vm, {
    task: machine.current,
    isNamed: false,
    to: r[4]!,
    size: r[6]! >>> 0,
    flags: r[8]!,
    flagsHigh: r[9]!,
  });
}

/** @linux kernel/bpf/stackmap.c `bpf_get_task_stack` (6.18) */
export function getTaskStack(vm: Vm): number {
  const { r } = vm;
  const task = taskAt(vm, r[2]!);
  const [to, size] = [r[4]!, r[6]! >>> 0];
  if (task === undefined) return -EFAULT;
  return getStackOf(vm, { task, isNamed: true, to, size, flags: r[8]!, flagsHigh: r[9]! });
}

/** @linux kernel/bpf/stackmap.c `bpf_get_stackid`, `__bpf_get_stackid` (6.18) */
export function getStackid(vm: Vm): number {
  const { r, machine } = vm;
  const map = machine.mapAt(r[4]!) as StackTraceMap;
  const flags = r[6]!;
  const known = SKIP_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID;
  if ((flags & ~known) !== 0 || r[7] !== 0) return -EINVAL;
  const isUser = (flags & BPF_F_USER_STACK) !== 0;
  const hasBuildIds = (map.attr.mapFlags & BPF_F_STACK_BUILD_ID) !== 0;
  const entries = map.attr.valueSize / (hasBuildIds ? BUILD_ID_BYTES : ADDRESS_BYTES);
  const skip = flags & SKIP_MASK;
  const stack = stackOf(machine.current, isUser, depthFor(entries, skip)).slice(skip);
  if (stack.length === 0) return -EFAULT;
  return map.put(hashOf(bytesOf(stack, false)), bytesOf(stack, hasBuildIds), {
    isHashEnough: (flags & BPF_F_FAST_STACK_CMP) !== 0,
    mayReplace: (flags & BPF_F_REUSE_STACKID) !== 0,
  });
}

function hashOf(bytes: Uint8Array): number {
  return jhash(new DataView(bytes.buffer), 0, bytes.length, 0);
}
