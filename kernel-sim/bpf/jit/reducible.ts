/**
 * Loops with several entries, which WebAssembly cannot say: each gets one more node in front, which
 * all ways to its entries lead through, with a label that says to which one.
 *
 * Compilers do not write such loops, and the verifier lets them pass.
 */
import { type DominatorTree, dominates, dominatorTree } from "./dominators.ts";
import type { FlowNode } from "./flow-graph.ts";

/**
 * Nodes that may be looked at, once for every loop, until all loops have one entry. Thousands of loops that are entered
 * everywhere and lie in each other take longer to compile than such programs run, and engines more memory than there is.
 */
const LOOKS_MAX = 1 << 18;

/** The same control flow, in which every loop has one entry; undefined: that would take too long. */
export function madeReducible(nodes: readonly FlowNode[]): readonly FlowNode[] | undefined {
  const tree = dominatorTree(nodes);
  if (isReducible(nodes, tree)) return nodes;
  const graph = withPlainStart(nodes);
  const regions: number[][] = [graph.map((_, node) => node)];
  let looks = 0;
  for (let region = regions.pop(); region !== undefined; region = regions.pop()) {
    looks += graph.length;
    if (looks > LOOKS_MAX) return undefined;
    for (const loop of loopsIn(graph, region)) {
      const entries = entriesOf(graph, loop);
      const header = entries.length === 1 ? entries[0]! : addDispatcher(graph, entries);
      // Without its entry what is left are the loops inside.
      regions.push(loop.filter((node) => node !== header));
    }
  }
  return graph;
}

/** Whether every edge that leads back leads to a node that it cannot have avoided. */
function isReducible(nodes: readonly FlowNode[], tree: DominatorTree): boolean {
  const { order, placeOf } = tree;
  for (const node of order) {
    for (const next of nodes[node]!.successors) {
      if (placeOf[next]! <= placeOf[node]! && !dominates(tree, next, node)) return false;
    }
  }
  return true;
}

/** A copy in which nothing leads to the first node. */
function withPlainStart(nodes: readonly FlowNode[]): FlowNode[] {
  const moved = nodes.length;
  const graph: FlowNode[] = [...nodes, nodes[0]!].map((node) => ({
    ...node,
    successors: node.successors.map((next) => (next === 0 ? moved : next)),
    labels: [...node.labels],
  }));
  graph[0] = { start: 0, end: 0, kind: "goto", successors: [moved], labels: [-1] };
  return graph;
}

/** Where a loop can be entered from outside. */
function entriesOf(graph: readonly FlowNode[], loop: readonly number[]): number[] {
  const inside = new Set(loop);
  const entries = new Set<number>();
  for (const [from, { successors }] of graph.entries()) {
    if (inside.has(from)) continue;
    for (const next of successors) if (inside.has(next)) entries.add(next);
  }
  return [...entries];
}

function addDispatcher(graph: FlowNode[], entries: readonly number[]): number {
  const dispatcher = graph.length;
  const labelOf = new Map(entries.map((entry, label) => [entry, label]));
  const between: FlowNode[] = [];
  for (const { kind, successors, labels } of graph) {
    for (const [edge, next] of successors.entries()) {
      const label = labelOf.get(next);
      if (label === undefined) continue;
      // A dispatcher goes by its label: whatever it leads to can only then set another one.
      const isDirect = kind !== "dispatch";
      successors.splice(edge, 1, isDirect ? dispatcher : dispatcher + 1 + between.length);
      if (isDirect) labels.splice(edge, 1, label);
      else between.push(leadingTo(dispatcher, label));
    }
  }
  const successors = [...entries];
  const labels = entries.map(() => -1);
  graph.push({ start: 0, end: 0, kind: "dispatch", successors, labels }, ...between);
  return dispatcher;
}

function leadingTo(next: number, label: number): FlowNode {
  return { start: 0, end: 0, kind: "goto", successors: [next], labels: [label] };
}

/** Sets of nodes of a region that all lead to each other. @spec Tarjan (1972) */
function loopsIn(graph: readonly FlowNode[], region: readonly number[]): number[][] {
  const inRegion = new Set(region);
  const loops: number[][] = [];
  const number = new Int32Array(graph.length);
  const low = new Int32Array(graph.length);
  const isOpen = new Uint8Array(graph.length);
  const nextEdge = new Int32Array(graph.length);
  const open: number[] = [];
  let last = 0;
  for (const root of region) {
    if (number[root] !== 0) continue;
    const walk = [root];
    begin(root);
    while (walk.length > 0) {
      const node = walk[walk.length - 1]!;
      const next = graph[node]!.successors[nextEdge[node]!];
      nextEdge[node] = nextEdge[node]! + 1;
      if (next === undefined) {
        walk.pop();
        const above = walk[walk.length - 1];
        if (above !== undefined) low[above] = Math.min(low[above]!, low[node]!);
        if (low[node] === number[node]) close(node);
      } else if (inRegion.has(next) && number[next] === 0) {
        begin(next);
        walk.push(next);
      } else if (inRegion.has(next) && isOpen[next] !== 0) {
        low[node] = Math.min(low[node]!, number[next]!);
      }
    }
  }
  return loops;

  function begin(node: number): void {
    number[node] = ++last;
    low[node] = last;
    isOpen[node] = 1;
    open.push(node);
  }

  function close(root: number): void {
    const members: number[] = [];
    for (let node = -1; node !== root; ) {
      node = open.pop()!;
      isOpen[node] = 0;
      members.push(node);
    }
    const isLoop = members.length > 1 || graph[root]!.successors.includes(root);
    if (isLoop) loops.push(members);
  }
}
