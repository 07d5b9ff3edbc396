/**
 * Running a processor: with a kernel in the simulated memory (`run`), or user code alone with the
 * kernel outside (`runUntilTrap`).
 */
import { type Cpu, ST_EIP } from "./cpu.ts";
import { F_EFLAGS } from "./flags.ts";
import { interpret, STOP_EXCEPTION } from "./interpreter.ts";
import { deliver } from "./interrupt.ts";
import {
  SYSENTER_EVENT,
  X86_EFLAGS_RF,
  X86_EFLAGS_TF,
  X86_TRAP_BP,
  X86_TRAP_DB,
  X86_TRAP_GP,
  X86_TRAP_OF,
} from "./registers.ts";

/** How user code came to stop. EIP is where the program is to go on, unless the kernel says else. */
export type Trap = (
  | { readonly kind: "int"; readonly vector: number }
  | { readonly kind: "sysenter" }
  | {
      readonly kind: "exception";
      readonly vector: number;
      readonly errorCode: number;
      /** The address of a page fault, unsigned. */
      readonly cr2: number;
    }
  | { readonly kind: "interrupt"; readonly vector: number }
  | { readonly kind: "budget" }
) & {
  /** Instructions that have run. */
  readonly instructions: number;
};

/** How a run of the whole machine came to stop. */
export interface Stop {
  /** A shutdown is what a fault in the delivery of a double fault leads to. */
  readonly kind: "budget" | "halt" | "shutdown";
  readonly instructions: number;
}

/** Vectors whose gates Linux opens to programs. */
const USER_VECTORS = [X86_TRAP_BP, X86_TRAP_OF, 0x80];

const DR6_BS = 1 << 14;

/**
 * Runs user code until it leaves user mode, or until `budget` instructions have run. The host plays
 * the kernel: no gate is read, no stack is switched.
 */
export function runUntilTrap(cpu: Cpu, budget: number): Trap {
  cpu.memory.revalidate();
  cpu.isHosted = true;
  let left = budget;
  for (;;) {
    if (cpu.pendingInterrupt >= 0) {
      const vector = cpu.pendingInterrupt;
      cpu.pendingInterrupt = -1;
      return { kind: "interrupt", vector, instructions: budget - left };
    }
    if (left <= 0) return { kind: "budget", instructions: budget };
    const { used, isStopped } = pass(cpu, left);
    left -= used;
    if (!isStopped) continue;
    const instructions = budget - left;
    const { vector, errorCode, isSoftware } = cpu.exception;
    const { cr2 } = cpu.mmu;
    if (vector === SYSENTER_EVENT) return { kind: "sysenter", instructions };
    if (!isSoftware) return { kind: "exception", vector, errorCode, cr2, instructions };
    if (USER_VECTORS.includes(vector)) return { kind: "int", vector, instructions };
    // A closed gate: the fault is reported at INT n, which has two bytes.
    cpu.st[ST_EIP] = cpu.st[ST_EIP]! - 2;
    cpu.retired--;
    return {
      ...{ kind: "exception", vector: X86_TRAP_GP, errorCode: vector * 8 + 2, cr2 },
      instructions: instructions - 1,
    };
  }
}

/** Runs the machine with the kernel that lies in its memory. */
export function run(cpu: Cpu, budget: number): Stop {
  cpu.memory.revalidate();
  cpu.isHosted = false;
  let left = budget;
  for (;;) {
    const instructions = (): number => budget - left;
    if (left <= 0) return { kind: "budget", instructions: instructions() };
    if (cpu.pendingInterrupt >= 0 && cpu.mayBeInterrupted && !cpu.inShadow) {
      const vector = cpu.pendingInterrupt;
      cpu.pendingInterrupt = -1;
      cpu.isHalted = false;
      const delivered = deliver(cpu, {
        ...{ vector, errorCode: 0, hasErrorCode: false, cause: "external" },
      });
      if (!delivered) return { kind: "shutdown", instructions: instructions() };
    }
    if (cpu.isHalted) return { kind: "halt", instructions: instructions() };
    const { used, isStopped } = pass(cpu, left);
    left -= used;
    if (!isStopped) continue;
    const { vector, errorCode, hasErrorCode, isSoftware, isTrap } = cpu.exception;
    const at = cpu.st[ST_EIP]!;
    const cause = isSoftware ? "software" : "exception";
    // A fault's frame tells the debugger not to stop at the same instruction again.
    if (!isTrap) cpu.f[F_EFLAGS] = cpu.f[F_EFLAGS]! | X86_EFLAGS_RF;
    if (isSoftware && !mayEnter(cpu, vector)) {
      // INT n through a closed gate is a fault, not a trap.
      cpu.st[ST_EIP] = at - softwareLength(vector);
      cpu.retired--;
      left++;
    }
    if (!deliver(cpu, { vector, errorCode, hasErrorCode, cause })) {
      return { kind: "shutdown", instructions: instructions() };
    }
  }
}

/** Whether an interrupt instruction gets through its gate; if not, it faults and points at itself. */
function mayEnter(cpu: Cpu, vector: number): boolean {
  if (vector * 8 + 7 > cpu.idtr.limit) return false;
  const address = (cpu.idtr.base + vector * 8 + 4) | 0;
  try {
    const access = (cpu.memory.readSystem32(address) >>> 8) & 0xff;
    return (access & 0x80) !== 0 && cpu.cpl <= ((access >> 5) & 3);
  } catch (thrown) {
    if (thrown !== cpu.exception) throw thrown;
    return false;
  }
}

function softwareLength(vector: number): number {
  return vector === X86_TRAP_BP || vector === X86_TRAP_OF ? 1 : 2;
}

interface Pass {
  used: number;
  /** `cpu.exception` is to be taken. */
  isStopped: boolean;
}

/** One go of the interpreter: a single instruction while somebody watches or interrupts wait. */
function pass(cpu: Cpu, budget: number): Pass {
  const isStepping = (cpu.f[F_EFLAGS]! & X86_EFLAGS_TF) !== 0;
  const hasBreakpoints = (cpu.dr[7]! & 0xff) !== 0;
  const isShadowed = cpu.inShadow;
  const hadRf = (cpu.f[F_EFLAGS]! & X86_EFLAGS_RF) !== 0;
  if (hadRf && !hasBreakpoints) cpu.f[F_EFLAGS] = cpu.f[F_EFLAGS]! & ~X86_EFLAGS_RF;
  if (!isStepping && !hasBreakpoints && !isShadowed) {
    const stop = interpret(cpu, budget);
    cpu.memory.settle();
    const used = budget - cpu.left;
    cpu.retired += used;
    return { used, isStopped: stop === STOP_EXCEPTION };
  }
  cpu.inShadow = false;
  if (hasBreakpoints && atBreakpoint(cpu)) return { used: 0, isStopped: true };
  cpu.f[F_EFLAGS] = cpu.f[F_EFLAGS]! & ~X86_EFLAGS_RF;
  const stop = watched(cpu, hasBreakpoints);
  cpu.memory.settle();
  const used = 1 - cpu.left;
  cpu.retired += used;
  if (stop === STOP_EXCEPTION) return { used, isStopped: true };
  if (isStepping && !isShadowed) cpu.dr[6] = cpu.dr[6]! | DR6_BS;
  const isTrapped = (isStepping && !isShadowed) || (hasBreakpoints && (cpu.dr[6]! & 15) !== 0);
  if (isTrapped) cpu.exception.set(X86_TRAP_DB, 0, false, true, false);
  return { used, isStopped: isTrapped };
}

/** Whether DR7 has a breakpoint of a kind for an address, and which. */
function breakpointsAt(cpu: Cpu, address: number, bytes: number, isWrite: boolean | undefined) {
  let hit = 0;
  for (let i = 0; i < 4; i++) {
    const control = cpu.dr[7]!;
    if (((control >> (i * 2)) & 3) === 0) continue;
    const kind = (control >> (16 + i * 4)) & 3;
    const length = [1, 2, 8, 4][(control >> (18 + i * 4)) & 3]!;
    const isKind = isWrite === undefined ? kind === 0 : kind === 3 || (kind === 1 && isWrite);
    const start = cpu.dr[i]! >>> 0;
    const first = address >>> 0;
    if (isKind && first < start + length && start < first + bytes) hit |= 1 << i;
  }
  return hit;
}

/** A breakpoint on the instruction itself is a fault, which RF passes. */
function atBreakpoint(cpu: Cpu): boolean {
  if ((cpu.f[F_EFLAGS]! & X86_EFLAGS_RF) !== 0) return false;
  const hit = breakpointsAt(cpu, cpu.st[ST_EIP]!, 1, undefined);
  if (hit === 0) return false;
  cpu.dr[6] = (cpu.dr[6]! & ~15) | hit;
  cpu.exception.set(X86_TRAP_DB, 0, false, false, false);
  return true;
}

function watched(cpu: Cpu, hasBreakpoints: boolean): number {
  if (!hasBreakpoints) return interpret(cpu, 1);
  cpu.dr[6] = cpu.dr[6]! & ~15;
  cpu.memory.watch = (address, bytes, isWrite) => {
    cpu.dr[6] = cpu.dr[6]! | breakpointsAt(cpu, address, bytes, isWrite);
  };
  const stop = interpret(cpu, 1);
  cpu.memory.watch = undefined;
  return stop;
}
