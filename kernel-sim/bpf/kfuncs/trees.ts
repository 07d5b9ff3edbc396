/** Trees of objects that programs allocate. @linux kernel/bpf/helpers.c `__bpf_rbtree_add`, `bpf_rbtree_remove` (6.18) */
import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu, Callbacks } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { RbTree } from "./rbtree.ts";

type Vm = BpfCpu<BpfKernel>;

/** Behind the links of a node, the tree that it is in. */
const OWNER = 24;

function treeOf({ memory, r }: Vm): RbTree {
  return new RbTree(memory, r[2]!);
}

export function rbtreeFirst(vm: Vm): number {
  return treeOf(vm).leftmost;
}

export function rbtreeRoot(vm: Vm): number {
  return treeOf(vm).root;
}

/** 0 for a node that is in no tree, or in another one. */
function nodeIn({ memory: { view }, r }: Vm): number {
  return view.getInt32(r[4]! + OWNER, true) === r[2]! ? r[4]! : 0;
}

export function rbtreeLeft(vm: Vm): number {
  const node = nodeIn(vm);
  return node === 0 ? 0 : treeOf(vm).left(node);
}

export function rbtreeRight(vm: Vm): number {
  const node = nodeIn(vm);
  return node === 0 ? 0 : treeOf(vm).right(node);
}

export function rbtreeRemove(vm: Vm): number {
  const node = nodeIn(vm);
  if (node === 0) return 0;
  treeOf(vm).erase(node);
  vm.memory.view.setInt32(node + OWNER, 0, true);
  return node;
}

/** Goes down the tree: the program says at each node on which side the new one belongs. */
class Descent implements Callbacks<BpfKernel> {
  readonly entry: number;
  readonly result = 0;
  readonly #root: number;
  readonly #node: number;
  #parent: number;
  #isLeftmost = true;

  constructor(vm: Vm) {
    const { r } = vm;
    this.entry = vm.machine.functionAt(r[6]!);
    this.#root = r[2]!;
    this.#node = r[4]!;
    this.#parent = treeOf(vm).root;
  }

  /** The function is asked about the node and the one in the tree. */
  start({ r }: Vm): void {
    r[2] = this.#node;
    r[3] = 0;
    r[4] = this.#parent;
    r[5] = 0;
  }

  next(vm: Vm): boolean {
    const isLeft = vm.r[0] !== 0 || vm.r[1] !== 0;
    if (!isLeft) this.#isLeftmost = false;
    const tree = new RbTree(vm.memory, this.#root);
    const child = isLeft ? tree.left(this.#parent) : tree.right(this.#parent);
    if (child === 0) {
      this.link(vm, isLeft);
      return false;
    }
    this.#parent = child;
    this.start(vm);
    return true;
  }

  get isEmpty(): boolean {
    return this.#parent === 0;
  }

  link({ memory }: Vm, isLeft: boolean): void {
    new RbTree(memory, this.#root).insert(this.#node, this.#parent, isLeft, this.#isLeftmost);
    memory.view.setInt32(this.#node + OWNER, this.#root, true);
  }
}

export function rbtreeAdd(vm: Vm): Callbacks<BpfKernel> | number {
  const node = vm.r[4]!;
  if (vm.memory.view.getInt32(node + OWNER, true) !== 0) {
    const { programObjects } = vm.machine;
    programObjects.drop(programObjects.ofTreeNode(node));
    return -EINVAL >>> 0;
  }
  const descent = new Descent(vm);
  if (descent.isEmpty) {
    descent.link(vm, true);
    return 0;
  }
  descent.start(vm);
  return descent;
}
