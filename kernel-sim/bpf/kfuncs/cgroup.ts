/**
 * Control groups, as programs hold them.
 *
 * @linux kernel/bpf/helpers.c `bpf_cgroup_acquire` and following, kernel/bpf/cgroup_iter.c (6.18)
 * @simplified all tasks are in the root group, whose number is 1: there is no other, and none of an older hierarchy.
 */
import { EINVAL, ENODATA, EPERM } from "../../include/errno.ts";
import { writeWord } from "../../trace/kernel-functions.ts";
import { BpfDynptr } from "../dynptr.ts";
import { textAt } from "../helpers/strings.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { KEPT_IN_MEMORY } from "../structs/kept-in-memory.ts";
import { sliceOf } from "./dynptr.ts";
import { kernelStruct } from "./kernel-struct.ts";

type Vm = BpfCpu<BpfKernel>;

export const ROOT_ID = 1;
const POINTER_BYTES = 8;

const cgroupStruct = kernelStruct("cgroup", KEPT_IN_MEMORY.cgroup);
const cssStruct = kernelStruct("cgroup_subsys_state", KEPT_IN_MEMORY.cgroup_subsys_state);
const nodeStruct = kernelStruct("kernfs_node", KEPT_IN_MEMORY.kernfs_node);
const cssSetStruct = kernelStruct("css_set", KEPT_IN_MEMORY.css_set);

/** The set of groups that every task is in, made when a program first sees a task or a group; 0: there is no room. */
export function rootCssSet({ machine, memory }: Pick<Vm, "machine" | "memory">): number {
  if (machine.rootCssSet !== 0) return machine.rootCssSet;
  const [set, group, node] = [cssSetStruct(), cgroupStruct(), nodeStruct()];
  // Behind the group are its ancestors, of which it is the only one, and behind them the name of the root: "".
  const ancestors = group.offsets.ancestors + POINTER_BYTES;
  const groupBytes = Math.max(group.bytes, ancestors);
  const at = memory.alloc(set.bytes + groupBytes + node.bytes + POINTER_BYTES);
  if (at === 0) return 0;
  const cgroup = at + set.bytes;
  const kn = cgroup + groupBytes;
  const self = cgroup + group.offsets.self;
  writeWord(memory, at + set.offsets.dfl_cgrp, cgroup);
  writeWord(memory, self + cssStruct().offsets.cgroup, cgroup);
  memory.view.setInt32(self + cssStruct().offsets.id, ROOT_ID, true);
  writeWord(memory, cgroup + group.offsets.kn, kn);
  writeWord(memory, cgroup + group.offsets.ancestors, cgroup);
  writeWord(memory, kn + node.offsets.id, ROOT_ID);
  writeWord(memory, kn + node.offsets.name, kn + node.bytes);
  machine.rootCssSet = at;
  return at;
}

function rootCgroup(vm: Vm): number {
  const set = rootCssSet(vm);
  return set === 0 ? 0 : set + cssSetStruct().bytes;
}

/** @linux kernel/bpf/helpers.c `bpf_cgroup_from_id` (6.18) */
export function cgroupFromId(vm: Vm): number {
  return vm.r[2] === ROOT_ID && vm.r[3] === 0 ? rootCgroup(vm) : 0;
}

/** The root stays, however many hold it. @linux kernel/bpf/helpers.c `bpf_cgroup_acquire` (6.18) */
export function cgroupAcquire({ r }: Vm): number {
  return r[2]!;
}

/** The root has no attributes. @linux fs/bpf_fs_kfuncs.c `bpf_cgroup_read_xattr` (6.18) */
export function cgroupReadXattr(vm: Vm): number {
  const { r, memory } = vm;
  const name = textAt(memory.bytes, r[4]!, memory.bytes.length) ?? "";
  if (!name.startsWith("user.")) return -EPERM;
  const value = new BpfDynptr(memory, r[6]!);
  return value.isReadOnly || sliceOf(vm, value, 0, value.size) === 0 ? -EINVAL : -ENODATA;
}

/** @linux kernel/bpf/helpers.c `bpf_cgroup_ancestor` (6.18) */
export function cgroupAncestor({ r }: Vm): number {
  return r[4] === 0 ? r[2]! : 0;
}

/** @linux kernel/bpf/helpers.c `bpf_task_under_cgroup` (6.18) */
export function taskUnderCgroup(_vm: Vm): number {
  return 1;
}

/** @linux kernel/bpf/helpers.c `bpf_task_get_cgroup1` (6.18) */
export function taskGetCgroup1(_vm: Vm): number {
  return 0;
}

/** `struct bpf_iter_css_kern`: where it starts, where it is, and the order. */
const START = 0;
const POS = 8;
const FLAGS = 16;
const ITER_BYTES = 24;
/** BPF_CGROUP_ITER_DESCENDANTS_PRE to BPF_CGROUP_ITER_ANCESTORS_UP. */
const FIRST_ORDER = 2;
const LAST_ORDER = 4;

/** @linux kernel/bpf/cgroup_iter.c `bpf_iter_css_new` (6.18) */
export function iterCssNew({ r, memory }: Vm): number {
  const it = r[2]!;
  memory.bytes.fill(0, it, it + ITER_BYTES);
  const order = r[6]! >>> 0;
  if (order < FIRST_ORDER || order > LAST_ORDER) return -EINVAL;
  memory.view.setInt32(it + START, r[4]!, true);
  memory.view.setInt32(it + FLAGS, order, true);
  return 0;
}

/** Up and down from the root there is the root alone. @linux kernel/bpf/cgroup_iter.c `bpf_iter_css_next` (6.18) */
export function iterCssNext({ r, memory: { view } }: Vm): number {
  const it = r[2]!;
  const next = view.getInt32(it + POS, true) === 0 ? view.getInt32(it + START, true) : 0;
  view.setInt32(it + POS, next, true);
  return next;
}
