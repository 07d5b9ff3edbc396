/** Lists of objects that programs allocate. @linux kernel/bpf/helpers.c `__bpf_list_add`, `__bpf_list_del` (6.18) */
import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct list_head`, and behind it in a node the list that it is in. */
const NEXT = 0;
const PREV = 8;
const OWNER = 16;

function link({ memory: { view } }: Vm, before: number, after: number): void {
  view.setInt32(before + NEXT, after, true);
  view.setInt32(after + PREV, before, true);
}

/** The list at r1, which nobody has used yet when it is zero. */
function listHead(vm: Vm): number {
  const head = vm.r[2]!;
  if (vm.memory.view.getInt32(head + NEXT, true) === 0) link(vm, head, head);
  return head;
}

function push(vm: Vm, isFront: boolean): number {
  const { view } = vm.memory;
  const head = listHead(vm);
  const node = vm.r[4]!;
  if (view.getInt32(node + OWNER, true) !== 0) {
    const { programObjects } = vm.machine;
    programObjects.drop(programObjects.startOf(node));
    return -EINVAL;
  }
  const before = isFront ? head : view.getInt32(head + PREV, true);
  const after = isFront ? view.getInt32(head + NEXT, true) : head;
  link(vm, before, node);
  link(vm, node, after);
  view.setInt32(node + OWNER, head, true);
  return 0;
}

export function listPushFront(vm: Vm): number {
  return push(vm, true);
}

export function listPushBack(vm: Vm): number {
  return push(vm, false);
}

/** The first or the last node, or 0. */
function end(vm: Vm, isFront: boolean): number {
  const head = listHead(vm);
  const node = vm.memory.view.getInt32(head + (isFront ? NEXT : PREV), true);
  return node === head ? 0 : node;
}

export function listFront(vm: Vm): number {
  return end(vm, true);
}

export function listBack(vm: Vm): number {
  return end(vm, false);
}

function pop(vm: Vm, isFront: boolean): number {
  const { view } = vm.memory;
  const node = end(vm, isFront);
  if (node === 0) return 0;
  link(vm, view.getInt32(node + PREV, true), view.getInt32(node + NEXT, true));
  link(vm, node, node);
  view.setInt32(node + OWNER, 0, true);
  return node;
}

export function listPopFront(vm: Vm): number {
  return pop(vm, true);
}

export function listPopBack(vm: Vm): number {
  return pop(vm, false);
}
