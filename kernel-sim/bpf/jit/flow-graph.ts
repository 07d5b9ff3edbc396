/**
 * The control flow of one function of a program: stretches of instructions that run from their first
 * to their last, and where each goes on.
 */
import { OP, SLOT_WORDS } from "../predecode.ts";

/** How a stretch ends. */
export type EdgeKind =
  /** It returns, or throws an exception. */
  | "exit"
  /** It goes on at `successors[0]`. */
  | "goto"
  /** At `successors[0]` when the condition of its last instruction holds, else at `successors[1]`. */
  | "branch"
  /** At the successor that the label says; only irreducible loops have such a place. */
  | "dispatch";

export interface FlowNode {
  /** First slot, and the one behind the last. Equal in nodes that were put in between. */
  readonly start: number;
  readonly end: number;
  readonly kind: EdgeKind;
  readonly successors: number[];
  /** What the label is set to on the way to each successor, -1: nothing. */
  readonly labels: number[];
}

const EXIT = 0x95;
const WIDE_LOAD = 0x18;

/** Whether an operation ends a stretch; helper and function calls do not. */
function isJump(op: number): boolean {
  if (op === OP.MAY_GOTO || op === EXIT) return true;
  if (op === OP.THROW) return true;
  if (op > 0xff || (op & 0x07) < 0x05 || (op & 0x07) > 0x06) return false;
  return op !== 0x85;
}

/** Where the instruction behind the one at `slot` stands. */
export function nextSlot(code: Int32Array, slot: number): number {
  return slot + (code[slot * SLOT_WORDS] === WIDE_LOAD ? 2 : 1);
}

function targetOf(code: Int32Array, slot: number): number {
  return code[slot * SLOT_WORDS + 3]! / SLOT_WORDS;
}

/** Whether some instructions may run several times. */
export function leadsBack(code: Int32Array): boolean {
  const end = code.length / SLOT_WORDS;
  for (let slot = 0; slot < end; slot = nextSlot(code, slot)) {
    const op = code[slot * SLOT_WORDS]!;
    if (op === OP.CALL_CALLBACK) return true;
    if (isJump(op) && op !== EXIT && op !== OP.THROW && targetOf(code, slot) <= slot) return true;
  }
  return false;
}

/** Where exceptions of a program go on: a first slot, -1 nowhere; undefined: it throws none. */
export function exceptionCallback(code: Int32Array): number | undefined {
  const end = code.length / SLOT_WORDS;
  for (let slot = 0; slot < end; slot = nextSlot(code, slot)) {
    if (code[slot * SLOT_WORDS] !== OP.THROW) continue;
    return code[slot * SLOT_WORDS + 3]! < 0 ? -1 : targetOf(code, slot);
  }
  return undefined;
}

/**
 * First slots of the functions of a program, in their order.
 *
 * @param callbacks those of functions that are not only called by number
 */
export function functionStarts(code: Int32Array, callbacks: Iterable<number>): number[] {
  const starts = new Set([0, ...callbacks]);
  const end = code.length / SLOT_WORDS;
  for (let slot = 0; slot < end; slot = nextSlot(code, slot)) {
    if (code[slot * SLOT_WORDS] === OP.CALL_SUBPROGRAM) starts.add(targetOf(code, slot));
  }
  return [...starts].sort((a, b) => a - b);
}

/**
 * The stretches between `start` and `end` in their order; the first one is where the function begins.
 * undefined: a jump leads out of the function, or it runs out of instructions.
 */
export function buildFlowGraph(
  code: Int32Array,
  start: number,
  end: number,
): FlowNode[] | undefined {
  const isLeader = new Uint8Array(end - start + 1);
  isLeader[0] = 1;
  for (let slot = start; slot < end; slot = nextSlot(code, slot)) {
    const op = code[slot * SLOT_WORDS]!;
    if (!isJump(op)) continue;
    isLeader[slot + 1 - start] = 1;
    if (op === EXIT || op === OP.THROW) continue;
    const target = targetOf(code, slot);
    if (target < start || target >= end) return undefined;
    isLeader[target - start] = 1;
  }
  return nodesBetween(code, start, end, isLeader);
}

function nodesBetween(
  code: Int32Array,
  start: number,
  end: number,
  isLeader: Uint8Array,
): FlowNode[] | undefined {
  const nodeAt = new Int32Array(end - start + 1).fill(-1);
  const nodes: FlowNode[] = [];
  const lasts: number[] = [];
  for (let first = start; first < end; ) {
    nodeAt[first - start] = nodes.length;
    let last = first;
    let next = nextSlot(code, first);
    while (next < end && isLeader[next - start] === 0) {
      last = next;
      next = nextSlot(code, next);
    }
    lasts.push(last);
    nodes.push({
      ...{ start: first, end: next, kind: edgeKind(code[last * SLOT_WORDS]!) },
      ...{ successors: [], labels: [] },
    });
    first = next;
  }
  for (const [i, { kind, end: behind, successors, labels }] of nodes.entries()) {
    if (kind === "exit") continue;
    const last = lasts[i]!;
    if (isJump(code[last * SLOT_WORDS]!)) successors.push(nodeAt[targetOf(code, last) - start]!);
    if (successors.length === 0 || kind === "branch") successors.push(nodeAt[behind - start]!);
    labels.push(...successors.map(() => -1));
    if (behind > end || successors.includes(-1)) return undefined;
  }
  return nodes;
}

function edgeKind(op: number): EdgeKind {
  if (op === EXIT || op === OP.THROW) return "exit";
  const isPlain = op === 0x05 || !isJump(op);
  return isPlain ? "goto" : "branch";
}
