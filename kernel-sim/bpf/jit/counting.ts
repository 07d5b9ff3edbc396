/**
 * How a compiled function counts the instructions that it runs, with as few additions as it takes.
 *
 * One counter does for a function. Each node has a share that the counter lacks on arrival there; on
 * the way over an edge only the difference of shares is added, and shares are chosen so that it is 0
 * on a tree of edges. What is left is about one addition in a round of a loop.
 *
 * @spec Ball, Larus: Optimally Profiling and Tracing Programs (1994)
 */
import { type DominatorTree, predecessorsOf } from "./dominators.ts";
import type { FlowNode } from "./flow-graph.ts";

export class Counting {
  /** What the counter lacks at the start of a node. */
  readonly shares: Int32Array;
  readonly #lengths: Int32Array;
  readonly #nodes: readonly FlowNode[];
  readonly #order: Int32Array;

  /** @param lengths instructions in each node */
  constructor(nodes: readonly FlowNode[], tree: DominatorTree, lengths: Int32Array) {
    this.#nodes = nodes;
    this.#order = tree.order;
    this.#lengths = lengths;
    this.shares = new Int32Array(nodes.length);
    // A table of places to go to has no room for additions.
    if (nodes.some(({ kind }) => kind === "dispatch")) return;
    const { order, placeOf } = tree;
    const predecessors = predecessorsOf(nodes, order);
    for (let i = 1; i < order.length; i++) {
      const node = order[i]!;
      // The way that comes last in order is the one that falls through.
      let from = -1;
      for (const one of predecessors[node]!) {
        const place = placeOf[one]!;
        if (place < i && (from === -1 || place > placeOf[from]!)) from = one;
      }
      this.shares[node] = this.atEnd(from);
    }
  }

  /** What the counter lacks at the end of a node. */
  atEnd(node: number): number {
    return this.shares[node]! + this.#lengths[node]!;
  }

  /** What is added on the way over an edge. */
  onEdge(node: number, edge: number): number {
    return this.atEnd(node) - this.shares[this.#nodes[node]!.successors[edge]!]!;
  }

  /** How many instructions every way through the function has; -1 when they differ. */
  get everyWay(): number {
    let total = -1;
    for (const node of this.#order) {
      const { kind, successors } = this.#nodes[node]!;
      if (successors.some((_, edge) => this.onEdge(node, edge) !== 0)) return -1;
      if (kind !== "exit") continue;
      if (total !== -1 && total !== this.atEnd(node)) return -1;
      total = this.atEnd(node);
    }
    return total;
  }
}
