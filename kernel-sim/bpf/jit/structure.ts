/**
 * WebAssembly has no jumps, only blocks that can be left and loops that can be begun again. They are
 * recovered from the dominator tree: what a node dominates lies inside of it; where several ways
 * meet, a block ends; where one leads back, a loop begins.
 *
 * @spec Ramsey: Beyond Relooper (2022)
 */
import type { DominatorTree } from "./dominators.ts";
import type { FlowNode } from "./flow-graph.ts";

/** What is told of the structure, in the order of the code. */
export interface StructureSink {
  /** In front of a node, as is a loop. */
  beginBlock(node: number): void;
  beginLoop(node: number): void;
  end(): void;
  /** The instructions of a node, without the jump at its end. */
  body(node: number): void;
  /** Returns. */
  exit(node: number): void;
  /** What has to be done on the way over an edge. */
  edge(node: number, edge: number): void;
  hasWork(node: number, edge: number): boolean;
  /** Leaves whether the branch at the end of a node is taken, or is not. */
  condition(node: number, isNegated: boolean): void;
  branch(depth: number): void;
  branchIf(depth: number): void;
  beginIf(): void;
  dispatch(depths: readonly number[]): void;
}

/** What is still to be done: the kind of work and a node, the last first. */
const TREE = 0;
const END = 1;
/** What belongs to an edge: the first or the second one of the node. */
const EDGE = 2;

/**
 * Tells the structure of a function.
 *
 * @param nodes without loops of several entries
 */
export function writeStructure(
  nodes: readonly FlowNode[],
  tree: DominatorTree,
  sink: StructureSink,
): void {
  const { placeOf, enter, leave } = tree;
  const { isLoop, isMerge } = meetingPlaces(nodes, tree);
  const merges = mergesByParent(nodes, tree, isMerge);
  /** How many blocks and loops were open when the one of a node began. */
  const depthOf = new Int32Array(nodes.length);
  let depth = 0;
  // An own stack: programs have as many nodes as they like, and the engine's stack has an end.
  const work: number[] = [TREE, 0];
  while (work.length > 0) {
    const node = work.pop()!;
    const kind = work.pop()!;
    if (kind === TREE) begin(node);
    else if (kind === END) close();
    else sink.edge(node, kind - EDGE);
  }

  function close(): void {
    sink.end();
    depth--;
  }

  /** A node with all that it dominates. */
  function begin(node: number): void {
    if (isLoop[node] !== 0) {
      sink.beginLoop(node);
      depthOf[node] = depth++;
      work.push(END, node);
    }
    for (const merge of merges[node] ?? []) {
      sink.beginBlock(node);
      depthOf[merge] = depth++;
      // First the block ends, then comes what all ways out of it lead to.
      work.push(TREE, merge, END, merge);
    }
    sink.body(node);
    finish(node);
  }

  function finish(node: number): void {
    const { kind, successors } = nodes[node]!;
    if (kind === "exit") sink.exit(node);
    else if (kind === "goto") go(node, 0);
    else if (kind === "branch") decide(node);
    else sink.dispatch(successors.map(distance));
  }

  /** How many blocks lie around, up to the one that leads to a node. */
  function distance(next: number): number {
    return depth - 1 - depthOf[next]!;
  }

  function isLeadingBack(from: number, next: number): boolean {
    return placeOf[next]! <= placeOf[from]!;
  }

  function hasLabel(from: number, next: number): boolean {
    return isMerge[next] !== 0 || isLeadingBack(from, next);
  }

  /** Follows an edge, at the end of what is written so far. */
  function go(node: number, edge: number): void {
    const next = nodes[node]!.successors[edge]!;
    sink.edge(node, edge);
    if (!hasLabel(node, next)) {
      work.push(TREE, next);
      return;
    }
    const isEndHere = work[work.length - 2] === END && work[work.length - 1] === next;
    if (!isEndHere || isLeadingBack(node, next)) sink.branch(distance(next));
  }

  function decide(node: number): void {
    const [taken, other] = nodes[node]!.successors as [number, number];
    if (hasLabel(node, taken)) {
      leaveIf(node, 0);
      go(node, 1);
    } else if (hasLabel(node, other)) {
      leaveIf(node, 1);
      go(node, 0);
    } else {
      // The smaller part goes inside, so that chains of conditions do not lie in each other.
      const inside = leave[taken]! - enter[taken]! <= leave[other]! - enter[other]! ? 0 : 1;
      const outside = 1 - inside;
      sink.condition(node, inside === 1);
      sink.beginIf();
      depth++;
      work.push(TREE, nodes[node]!.successors[outside]!, EDGE + outside, node, END, node);
      go(node, inside);
    }
  }

  function leaveIf(node: number, edge: number): void {
    const next = nodes[node]!.successors[edge]!;
    sink.condition(node, edge === 1);
    if (!sink.hasWork(node, edge)) {
      sink.branchIf(distance(next));
      return;
    }
    sink.beginIf();
    sink.edge(node, edge);
    sink.branch(distance(next) + 1);
    sink.end();
  }
}

/** Where loops begin, and where several ways forward meet. */
function meetingPlaces(nodes: readonly FlowNode[], { order, placeOf }: DominatorTree) {
  const isLoop = new Uint8Array(nodes.length);
  const ways = new Uint8Array(nodes.length);
  for (const node of order) {
    const { kind, successors } = nodes[node]!;
    for (const next of successors) {
      if (placeOf[next]! <= placeOf[node]!) isLoop[next] = 1;
      // A table of places to go to has only labels in it.
      else ways[next] = kind === "dispatch" ? 2 : Math.min(2, ways[next]! + 1);
    }
  }
  return { isLoop, isMerge: ways.map((count) => (count > 1 ? 1 : 0)) };
}

/** The meeting places that a node dominates directly, the last in order first. */
function mergesByParent(
  nodes: readonly FlowNode[],
  { order, parent }: DominatorTree,
  isMerge: Uint8Array,
): readonly (number[] | undefined)[] {
  const merges: (number[] | undefined)[] = nodes.map(() => undefined);
  for (let i = order.length - 1; i > 0; i--) {
    const node = order[i]!;
    if (isMerge[node] === 0) continue;
    const above = parent[node]!;
    const list = merges[above];
    if (list === undefined) merges.splice(above, 1, [node]);
    else list.push(node);
  }
  return merges;
}
