/** Lists of objects that programs allocate. @linux kernel/bpf/helpers.c `__bpf_list_add`, `__bpf_list_del` (6.18) */
import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { BpfMemory } from "../memory.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct list_head`, and behind it in a node the list that it is in. */
const NEXT = 0;
const PREV = 8;
const OWNER = 16;

/** In the place of the list of a node: it is in none, but can go into none either. */
const POISON = 1;

/** Empties a list whose value goes, and answers the nodes that were in it. */
export function takeList({ view }: BpfMemory, head: number): number[] {
  const nodes: number[] = [];
  let node = view.getInt32(head + NEXT, true);
  while (node !== 0 && node !== head) {
    nodes.push(node);
    // What others hold, too, goes into no other list.
    view.setInt32(node + OWNER, POISON, true);
    node = view.getInt32(node + NEXT, true);
  }
  view.setInt32(head + NEXT, head, true);
  view.setInt32(head + PREV, head, true);
  return nodes;
}

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
    programObjects.drop(programObjects.ofListNode(node));
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
