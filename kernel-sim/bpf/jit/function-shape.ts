/** What has to be known of the functions of a program before their code is written. */
import { isArenaOperation, isElsewhere, OP, SLOT_WORDS } from "../predecode.ts";
import { CallPlans, type JitEnvironment } from "./call-plans.ts";
import { Counting } from "./counting.ts";
import { type DominatorTree, dominatorTree } from "./dominators.ts";
import {
  buildFlowGraph,
  exceptionCallback,
  type FlowNode,
  functionStarts,
  nextSlot,
} from "./flow-graph.ts";
import { registersRead, registersWritten } from "./operands.ts";
import { madeReducible } from "./reducible.ts";

const HELPER_CALL = 0x85;

export interface FunctionShape {
  readonly start: number;
  readonly nodes: readonly FlowNode[];
  readonly tree: DominatorTree;
  /** How many of R1 to R5 it takes. */
  readonly args: number;
  /** All registers that it names, as bits. */
  readonly registers: number;
  readonly counting: Counting;
  /** Instructions of every way through it, those of what it calls included; -1: ways differ. */
  readonly everyWay: number;
  /** Whether it, or what it calls, asks the machine for something: then time has to be right. */
  readonly asksMachine: boolean;
  /** Whether it, or what it calls, may go on with another program. */
  readonly mayTailCall: boolean;
}

export interface ProgramShape {
  readonly code: Int32Array;
  readonly functions: readonly FunctionShape[];
  /** By first slot: the index among `functions`. */
  readonly indexAt: ReadonlyMap<number, number>;
  readonly plans: CallPlans;
  /** First slots of functions that helpers call. */
  readonly callbacks: ReadonlySet<number>;
  /** Something may go wrong in it of which it is told with where it happened. */
  readonly isTraced: boolean;
  /** Where exceptions go on, a first slot; -1: nowhere; undefined: it throws none. */
  readonly catcher: number | undefined;
}

function isTraced(code: Int32Array, { isReporting }: JitEnvironment): boolean {
  for (let slot = 0; slot * SLOT_WORDS < code.length; slot = nextSlot(code, slot)) {
    const op = code[slot * SLOT_WORDS]!;
    if (op === OP.MAY_GOTO || isArenaOperation(op)) return true;
    if (op === HELPER_CALL && isReporting(code[slot * SLOT_WORDS + 3]!)) return true;
  }
  return false;
}

/**
 * undefined: the program has something that is not compiled, or would take too long.
 *
 * @param functions first slots of those whose address the program has
 */
export function programShape(
  code: Int32Array,
  functions: readonly number[],
  environment: JitEnvironment,
): ProgramShape | undefined {
  const catcher = exceptionCallback(code);
  const callbacks = new Set(functions);
  if (catcher !== undefined && catcher >= 0) callbacks.add(catcher);
  const starts = functionStarts(code, callbacks);
  const plans = new CallPlans(environment);
  const graphs = new Map<number, readonly FlowNode[]>();
  for (const [i, start] of starts.entries()) {
    const nodes = buildFlowGraph(code, start, starts[i + 1] ?? code.length / SLOT_WORDS);
    if (nodes === undefined) return undefined;
    if (!nodes.every((node) => isCompiled(code, node) && plans.planNode(code, node))) {
      return undefined;
    }
    const reducible = madeReducible(nodes);
    if (reducible === undefined) return undefined;
    graphs.set(start, reducible);
  }
  const shapes = new Map<number, FunctionShape>();
  // Who is called comes before who calls; a circle cannot be compiled.
  for (const start of calleesFirst(code, graphs) ?? []) {
    shapes.set(start, functionShape(code, graphs.get(start)!, plans, shapes, callbacks.has(start)));
  }
  if (shapes.size !== starts.length) return undefined;
  return {
    ...{ code, plans, callbacks, catcher, functions: starts.map((start) => shapes.get(start)!) },
    isTraced: isTraced(code, environment),
    indexAt: new Map(starts.map((start, i) => [start, i])),
  };
}

/** Operations of the interpreter from here on are of other modules' making. */
const LAST_OPERATION = OP.CAST_USER;

function isCompiled(code: Int32Array, { start, end }: FlowNode): boolean {
  for (let slot = start; slot < end; slot = nextSlot(code, slot)) {
    const op = code[slot * SLOT_WORDS]!;
    if (isElsewhere(op)) continue;
    if (op > LAST_OPERATION || op === OP.INVALID || op === OP.CALL_UNKNOWN) return false;
  }
  return true;
}

/** Slots at which the functions begin that a function calls. */
function calleesOf(code: Int32Array, nodes: readonly FlowNode[]): number[] {
  const callees: number[] = [];
  for (const { start, end } of nodes) {
    for (let slot = start; slot < end; slot = nextSlot(code, slot)) {
      if (code[slot * SLOT_WORDS] !== OP.CALL_SUBPROGRAM) continue;
      callees.push(code[slot * SLOT_WORDS + 3]! / SLOT_WORDS);
    }
  }
  return callees;
}

/** undefined: a function calls itself, over others perhaps. */
function calleesFirst(
  code: Int32Array,
  graphs: ReadonlyMap<number, readonly FlowNode[]>,
): number[] | undefined {
  const waiting = new Map([...graphs].map(([start, nodes]) => [start, calleesOf(code, nodes)]));
  const done = new Set<number>();
  for (let before = -1; before !== done.size; ) {
    before = done.size;
    for (const [start, callees] of waiting) {
      if (!callees.every((callee) => done.has(callee))) continue;
      done.add(start);
      waiting.delete(start);
    }
  }
  return waiting.size === 0 ? [...done] : undefined;
}

function functionShape(
  code: Int32Array,
  nodes: readonly FlowNode[],
  plans: CallPlans,
  known: ReadonlyMap<number, FunctionShape>,
  isCallback: boolean,
): FunctionShape {
  const tree = dominatorTree(nodes);
  const start = nodes[0]!.start;
  const lengths = new Int32Array(nodes.length);
  let registers = 0;
  let asksMachine = false;
  let mayTailCall = false;
  let isEverywayKnown = true;
  const argsAt = (slot: number) => argsOfCall(code, slot, plans, known);
  for (const node of tree.order) {
    const { start: first, end } = nodes[node]!;
    for (let slot = first; slot < end; slot = nextSlot(code, slot)) {
      const op = code[slot * SLOT_WORDS]!;
      registers |= registersRead(code, slot, argsAt) | registersWritten(code, slot);
      lengths[node] = lengths[node]! + 1;
      if (op === OP.TAIL_CALL) mayTailCall = true;
      if (op === OP.CALL_CALLBACK || op === OP.THROW) asksMachine = true;
      if (op === 0x85) asksMachine ||= plans.at(slot).kind === "helper";
      // A load from outside of the packet ends the function where it stands.
      if (isPacketLoad(op)) isEverywayKnown = false;
      if (op !== OP.CALL_SUBPROGRAM) continue;
      const callee = known.get(code[slot * SLOT_WORDS + 3]! / SLOT_WORDS)!;
      asksMachine ||= callee.asksMachine;
      mayTailCall ||= callee.mayTailCall;
      lengths[node] = lengths[node]! + Math.max(0, callee.everyWay);
    }
  }
  asksMachine ||= mayTailCall;
  const counting = new Counting(nodes, tree, lengths);
  const isCalleesKnown = calleesOf(code, nodes).every((at) => known.get(at)!.everyWay >= 0);
  // Whoever calls back does not count, so the function does it itself.
  const isOneWay = isEverywayKnown && isCalleesKnown && !asksMachine && !isCallback;
  return {
    ...{ start, nodes, tree, registers, counting, asksMachine, mayTailCall },
    everyWay: isOneWay ? counting.everyWay : -1,
    args: isCallback ? 5 : highestArg(liveAtStart(code, nodes, tree, argsAt)),
  };
}

/** LD_ABS and LD_IND. */
export function isPacketLoad(op: number): boolean {
  return op <= 0xff && (op & 0x07) === 0 && op !== 0x18 && op !== 0;
}

function argsOfCall(
  code: Int32Array,
  slot: number,
  plans: CallPlans,
  known: ReadonlyMap<number, FunctionShape>,
): number {
  const op = code[slot * SLOT_WORDS]!;
  if (op === OP.TAIL_CALL) return 3;
  if (op === OP.CALL_CALLBACK) return 5;
  if (op !== OP.CALL_SUBPROGRAM) return plans.argsAt(slot);
  return known.get(code[slot * SLOT_WORDS + 3]! / SLOT_WORDS)!.args;
}

function highestArg(live: number): number {
  for (let arg = 5; arg > 0; arg--) if (((live >> arg) & 1) !== 0) return arg;
  return 0;
}

/** The registers whose values at the start of a function count, as bits. */
function liveAtStart(
  code: Int32Array,
  nodes: readonly FlowNode[],
  { order }: DominatorTree,
  argsAt: (slot: number) => number,
): number {
  const reads = new Int32Array(nodes.length);
  const writes = new Int32Array(nodes.length);
  for (const node of order) {
    const { start, end } = nodes[node]!;
    for (let slot = start; slot < end; slot = nextSlot(code, slot)) {
      reads[node] = reads[node]! | (registersRead(code, slot, argsAt) & ~writes[node]!);
      writes[node] = writes[node]! | registersWritten(code, slot);
    }
  }
  const live = new Int32Array(nodes.length);
  for (let isChanging = true; isChanging; ) {
    isChanging = false;
    for (let i = order.length - 1; i >= 0; i--) {
      const node = order[i]!;
      let behind = 0;
      for (const next of nodes[node]!.successors) behind |= live[next]!;
      const before = reads[node]! | (behind & ~writes[node]!);
      if (before === live[node]) continue;
      live[node] = before;
      isChanging = true;
    }
  }
  return live[0]!;
}
