import type { FlowNode } from "./flow-graph.ts";

/** Which node every way to a node leads through, and in which order nodes come. */
export interface DominatorTree {
  /** Nodes that can be reached, each behind its predecessors except over edges that lead back. */
  readonly order: Int32Array;
  /** Place of a node in `order`; -1: it cannot be reached. */
  readonly placeOf: Int32Array;
  /** The closest dominator; the first node is its own. */
  readonly parent: Int32Array;
  /** When a walk down the tree comes to a node and leaves it. */
  readonly enter: Int32Array;
  readonly leave: Int32Array;
}

/** @spec Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm (2001) */
export function dominatorTree(nodes: readonly FlowNode[]): DominatorTree {
  const order = reversePostorder(nodes);
  const placeOf = new Int32Array(nodes.length).fill(-1);
  for (let i = 0; i < order.length; i++) placeOf[order[i]!] = i;
  const parent = closestDominators(nodes, order, placeOf);
  return { order, placeOf, parent, ...walkTimes(order, parent) };
}

export function dominates({ enter, leave }: DominatorTree, a: number, b: number): boolean {
  return enter[a]! <= enter[b]! && leave[b]! <= leave[a]!;
}

function reversePostorder(nodes: readonly FlowNode[]): Int32Array {
  const seen = new Uint8Array(nodes.length);
  const nextEdge = new Int32Array(nodes.length);
  const postorder = new Int32Array(nodes.length);
  let done = 0;
  const stack = [0];
  seen[0] = 1;
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!;
    const { successors } = nodes[node]!;
    const edge = nextEdge[node]!;
    if (edge === successors.length) {
      postorder[done++] = node;
      stack.pop();
      continue;
    }
    nextEdge[node] = edge + 1;
    // What a condition jumps to is left first, so it comes behind what follows the condition.
    const next = successors[edge]!;
    if (seen[next] !== 0) continue;
    seen[next] = 1;
    stack.push(next);
  }
  return postorder.slice(0, done).reverse();
}

function closestDominators(
  nodes: readonly FlowNode[],
  order: Int32Array,
  placeOf: Int32Array,
): Int32Array {
  const predecessors = predecessorsOf(nodes, order);
  const parent = new Int32Array(nodes.length).fill(-1);
  parent[0] = 0;
  let isChanging = true;
  while (isChanging) {
    isChanging = false;
    for (let i = 1; i < order.length; i++) {
      const node = order[i]!;
      let closest = -1;
      const ways = predecessors[node]!;
      // The last first: where a whole chain leads to one node, each step up is then made once.
      for (let way = ways.length - 1; way >= 0; way--) {
        const from = ways[way]!;
        if (parent[from] === -1) continue;
        closest = closest === -1 ? from : meet(from, closest);
      }
      if (parent[node] === closest) continue;
      parent[node] = closest;
      isChanging = true;
    }
  }
  return parent;

  function meet(one: number, other: number): number {
    let a = one;
    let b = other;
    while (a !== b) {
      while (placeOf[a]! > placeOf[b]!) a = parent[a]!;
      while (placeOf[b]! > placeOf[a]!) b = parent[b]!;
    }
    return a;
  }
}

/** By node; those that cannot be reached count for nothing. */
export function predecessorsOf(nodes: readonly FlowNode[], order: Int32Array): number[][] {
  const predecessors: number[][] = nodes.map(() => []);
  for (const node of order) {
    for (const next of nodes[node]!.successors) predecessors[next]!.push(node);
  }
  return predecessors;
}

/** Numbers nodes so that a subtree is a range, without walking: parents come first in `order`. */
function walkTimes(order: Int32Array, parent: Int32Array) {
  const size = new Int32Array(parent.length).fill(1);
  for (let i = order.length - 1; i > 0; i--) {
    const node = order[i]!;
    size[parent[node]!] = size[parent[node]!]! + size[node]!;
  }
  const enter = new Int32Array(parent.length).fill(-1);
  const leave = new Int32Array(parent.length).fill(-1);
  const nextChild = new Int32Array(parent.length);
  for (const node of order) {
    const above = parent[node]!;
    enter[node] = node === above ? 0 : nextChild[above]!;
    nextChild[above] = enter[node]! + size[node]!;
    nextChild[node] = enter[node]! + 1;
    leave[node] = enter[node]! + size[node]! - 1;
  }
  return { enter, leave };
}
