/**
 * The way into the kernel: what the processor does for an interrupt, an exception or INT n.
 *
 * @spec Intel SDM vol. 3, 6.10 to 6.15
 * @simplified no task gates and no 16-bit gates.
 */
import { SHIFT32 } from "./alu.ts";
import { type Cpu, ST_EIP } from "./cpu.ts";
import { F_EFLAGS, materialize } from "./flags.ts";
import { push } from "./instructions/data-movement.ts";
import {
  CS,
  ESP,
  SEG_BASE,
  SS,
  X86_EFLAGS_IF,
  X86_EFLAGS_NT,
  X86_EFLAGS_RF,
  X86_EFLAGS_TF,
  X86_EFLAGS_VM,
  X86_TRAP_DF,
  X86_TRAP_GP,
  X86_TRAP_NP,
  X86_TRAP_PF,
  X86_TRAP_SS,
  X86_TRAP_TS,
} from "./registers.ts";
import {
  DESC_CONFORMING,
  DESC_RW,
  DESC_S,
  type Descriptor,
  dplOf,
  isCode,
  isPresent,
  TYPE_INTERRUPT_GATE,
  TYPE_TRAP_GATE,
} from "./segment.ts";
import { findDescriptor, isNull, markAccessed, selectorError } from "./segment-load.ts";

/** What is to be delivered. */
export interface Interruption {
  readonly vector: number;
  readonly errorCode: number;
  readonly hasErrorCode: boolean;
  readonly cause: "software" | "exception" | "external";
}

const ERROR_EXT = 1;
const ERROR_IDT = 2;
const TSS_ESP0 = 4;

/**
 * Enters the handler of an interruption, or of the fault that its delivery leads to. Answers false
 * when even the double fault cannot be delivered: the processor shuts down.
 */
export function deliver(cpu: Cpu, first: Interruption): boolean {
  let next = first;
  for (;;) {
    try {
      enter(cpu, next);
      return true;
    } catch (thrown) {
      if (thrown !== cpu.exception) throw thrown;
    }
    const { vector, errorCode, hasErrorCode } = cpu.exception;
    if (next.vector === X86_TRAP_DF && next.cause === "exception") return false;
    next = isDouble(next, vector)
      ? { vector: X86_TRAP_DF, errorCode: 0, hasErrorCode: true, cause: "exception" }
      : { vector, errorCode, hasErrorCode, cause: "exception" };
  }
}

/** Whether a second fault makes a double fault of the first. */
function isDouble(first: Interruption, second: number): boolean {
  if (first.cause !== "exception") return false;
  const isSecond = isContributory(second) || second === X86_TRAP_PF;
  if (first.vector === X86_TRAP_PF) return isSecond;
  return isContributory(first.vector) && isContributory(second);
}

function isContributory(vector: number): boolean {
  return vector === 0 || (vector >= X86_TRAP_TS && vector <= X86_TRAP_GP);
}

function enter(cpu: Cpu, { vector, errorCode, hasErrorCode, cause }: Interruption): void {
  const { exception, observer } = cpu;
  observer?.({ kind: "interrupt", vector, cause });
  const ext = cause === "software" ? 0 : ERROR_EXT;
  const idtError = vector * 8 + ERROR_IDT + ext;
  if (vector * 8 + 7 > cpu.idtr.limit) exception.fault(X86_TRAP_GP, idtError);
  const address = (cpu.idtr.base + vector * 8) | 0;
  const low = cpu.memory.readSystem32(address);
  const high = cpu.memory.readSystem32((address + 4) | 0);
  const access = (high >>> 8) & 0xff;
  const type = access & 0x1f;
  const selector = low >>> 16;
  const offset = (low & 0xffff) | (high & 0xffff0000);
  const gateDpl = dplOf(access);
  const isTrap = type === TYPE_TRAP_GATE;
  observer?.({
    ...{ kind: "gate-read", address: address >>> 0, selector, offset: offset >>> 0, dpl: gateDpl },
    type: isTrap ? "trap" : "interrupt",
  });
  if (!isTrap && type !== TYPE_INTERRUPT_GATE) exception.fault(X86_TRAP_GP, idtError);
  const isChecked = cause === "software";
  const passes = !isChecked || cpu.cpl <= gateDpl;
  observer?.({ kind: "privilege-check", cpl: cpu.cpl, gateDpl, isChecked, passes });
  if (!passes) exception.fault(X86_TRAP_GP, idtError);
  if (!isPresent(access)) exception.fault(X86_TRAP_NP, idtError);

  const code = handlerSegment(cpu, selector, ext);
  const dpl = dplOf(code.access);
  const isConforming = (code.access & DESC_CONFORMING) !== 0;
  const changesRing = !isConforming && dpl < cpu.cpl;
  observer?.({ kind: "code-segment", selector, dpl, changesRing });

  const before = {
    cpl: cpu.cpl,
    esp: cpu.r[ESP]!,
    ss: cpu.segments[SS]!.selector,
    flags: materialize(cpu.f),
  };
  const stack = changesRing ? readStack(cpu, dpl, ext) : undefined;
  const oldStack = { ...cpu.segments[SS]! };
  try {
    if (stack !== undefined) {
      cpu.cpl = dpl;
      cpu.segments[SS]!.set(stack.ss, stack.descriptor);
      cpu.r[ESP] = stack.esp;
      cpu.segmentsChanged();
      observer?.({ kind: "stack-switch", ss: stack.ss, esp: stack.esp >>> 0 });
      pushWord(cpu, "ss", before.ss);
      pushWord(cpu, "esp", before.esp);
    }
    pushWord(cpu, "eflags", before.flags);
    pushWord(cpu, "cs", cpu.segments[CS]!.selector);
    pushWord(cpu, "eip", cpu.st[ST_EIP]!);
    if (hasErrorCode) pushWord(cpu, "error code", errorCode);
  } catch (thrown) {
    // The stack could not take the frame: the next fault finds the processor as it was.
    cpu.cpl = before.cpl;
    cpu.r[ESP] = before.esp;
    Object.assign(cpu.segments[SS]!, oldStack);
    cpu.segmentsChanged();
    throw thrown;
  }
  markAccessed(cpu, selector, code);
  cpu.segments[CS]!.set((selector & ~3) | cpu.cpl, code);
  cpu.st[ST_EIP] = offset;
  const cleared =
    X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM | (isTrap ? 0 : X86_EFLAGS_IF);
  cpu.f[F_EFLAGS] = before.flags & ~cleared;
  cpu.segmentsChanged();
  observer?.({ kind: "flags", before: before.flags >>> 0, after: cpu.f[F_EFLAGS]! >>> 0 });
  observer?.({
    ...{ kind: "jump", cs: cpu.segments[CS]!.selector, eip: offset >>> 0, cpl: cpu.cpl },
  });
}

function handlerSegment(cpu: Cpu, selector: number, ext: number): Descriptor {
  const { exception } = cpu;
  if (isNull(selector)) exception.fault(X86_TRAP_GP, ext);
  const error = selectorError(selector) + ext;
  const descriptor = findDescriptor(cpu, selector);
  if (descriptor === undefined) return exception.fault(X86_TRAP_GP, error);
  const { access } = descriptor;
  if (!isCode(access) || dplOf(access) > cpu.cpl) exception.fault(X86_TRAP_GP, error);
  if (!isPresent(access)) exception.fault(X86_TRAP_NP, error);
  return descriptor;
}

interface NewStack {
  readonly ss: number;
  readonly esp: number;
  readonly descriptor: Descriptor;
}

/** The stack of an inner ring, from the task state segment. */
function readStack(cpu: Cpu, ring: number, ext: number): NewStack {
  const { exception } = cpu;
  const place = TSS_ESP0 + ring * 8;
  const trError = selectorError(cpu.tr.selector) + ext;
  if (place + 5 > cpu.tr.limit || isNull(cpu.tr.selector)) exception.fault(X86_TRAP_TS, trError);
  const address = (cpu.tr.base + place) | 0;
  const esp = cpu.memory.readSystem32(address);
  const ss = cpu.memory.readSystem32((address + 4) | 0) & 0xffff;
  cpu.observer?.({ kind: "tss-read", address: address >>> 0, ss, esp: esp >>> 0 });
  if (isNull(ss)) exception.fault(X86_TRAP_TS, ext);
  const error = selectorError(ss) + ext;
  const descriptor = findDescriptor(cpu, ss);
  if (descriptor === undefined) return exception.fault(X86_TRAP_TS, error);
  const { access } = descriptor;
  const isStack = (access & DESC_S) !== 0 && !isCode(access) && (access & DESC_RW) !== 0;
  if (!isStack || (ss & 3) !== ring || dplOf(access) !== ring) {
    exception.fault(X86_TRAP_TS, error);
  }
  if (!isPresent(access)) exception.fault(X86_TRAP_SS, error);
  return { ss, esp, descriptor };
}

function pushWord(cpu: Cpu, what: string, value: number): void {
  push(cpu, value, SHIFT32);
  const address = (cpu.r[ESP]! + cpu.r[SEG_BASE + SS]!) >>> 0;
  cpu.observer?.({ kind: "push", what, address, value: value >>> 0 });
}
