/**
 * Far jumps, calls and returns.
 *
 * @spec Intel SDM vol. 2, JMP, CALL, RET
 * @simplified no call gates and no task switches: a far jump or call stays in its ring. RETF may
 *   return to an outer one.
 */
import { SHIFT16, SHIFT32 } from "./alu.ts";
import { type Cpu, ST_EIP } from "./cpu.ts";
import { peek, push } from "./instructions/data-movement.ts";
import { CS, DS, ES, ESP, FS, GS, SS, X86_TRAP_GP, X86_TRAP_NP, X86_TRAP_SS } from "./registers.ts";
import {
  DESC_CONFORMING,
  DESC_RW,
  DESC_S,
  type Descriptor,
  dplOf,
  isCode,
  isPresent,
} from "./segment.ts";
import { isNull, markAccessed, readDescriptor, selectorError } from "./segment-load.ts";

/** The code segment that a transfer within the ring may use. */
function codeSegment(cpu: Cpu, selector: number): Descriptor {
  const { exception } = cpu;
  if (isNull(selector)) exception.fault(X86_TRAP_GP, 0);
  const descriptor = readDescriptor(cpu, selector);
  const { access } = descriptor;
  const error = selectorError(selector);
  if (!isCode(access)) exception.fault(X86_TRAP_GP, error);
  const dpl = dplOf(access);
  const isConforming = (access & DESC_CONFORMING) !== 0;
  const isAllowed = isConforming ? dpl <= cpu.cpl : (selector & 3) <= cpu.cpl && dpl === cpu.cpl;
  if (!isAllowed) exception.fault(X86_TRAP_GP, error);
  if (!isPresent(access)) exception.fault(X86_TRAP_NP, error);
  return descriptor;
}

function enterSegment(cpu: Cpu, selector: number, descriptor: Descriptor, eip: number): void {
  markAccessed(cpu, selector, descriptor);
  cpu.segments[CS]!.set((selector & ~3) | cpu.cpl, descriptor);
  cpu.st[ST_EIP] = eip;
  cpu.segmentsChanged();
}

export function farJump(cpu: Cpu, selector: number, offset: number): void {
  enterSegment(cpu, selector, codeSegment(cpu, selector), offset);
}

export function farCall(
  cpu: Cpu,
  selector: number,
  offset: number,
  back: number,
  isNarrow: boolean,
): void {
  const descriptor = codeSegment(cpu, selector);
  const shift = isNarrow ? SHIFT16 : SHIFT32;
  const bytes = isNarrow ? 2 : 4;
  cpu.memory.checkWrite((cpu.r[ESP]! - 2 * bytes) | 0, 2 * bytes);
  push(cpu, cpu.segments[CS]!.selector, shift);
  push(cpu, back, shift);
  enterSegment(cpu, selector, descriptor, offset);
}

/** RETF, with so many bytes of arguments released. */
export function farReturn(cpu: Cpu, released: number, isNarrow: boolean): void {
  const shift = isNarrow ? SHIFT16 : SHIFT32;
  const bytes = isNarrow ? 2 : 4;
  const eip = peek(cpu, 0, shift);
  const selector = peek(cpu, bytes, shift) & 0xffff;
  const esp = (cpu.r[ESP]! + 2 * bytes + released) | 0;
  if ((selector & 3) === cpu.cpl) {
    enterSegment(cpu, selector, codeSegment(cpu, selector), eip);
    cpu.r[ESP] = esp;
    return;
  }
  const outerEsp = peek(cpu, 2 * bytes + released, shift);
  const outerSs = peek(cpu, 3 * bytes + released, shift) & 0xffff;
  returnToOuterRing(cpu, selector, eip, outerSs, (outerEsp + released) | 0);
}

/** Leaves for a less privileged ring: code and stack segment are checked, then loaded. */
export function returnToOuterRing(
  cpu: Cpu,
  selector: number,
  eip: number,
  ss: number,
  esp: number,
): void {
  const { exception } = cpu;
  const error = selectorError(selector);
  const rpl = selector & 3;
  if (isNull(selector)) exception.fault(X86_TRAP_GP, 0);
  if (rpl < cpu.cpl) exception.fault(X86_TRAP_GP, error);
  const code = readDescriptor(cpu, selector);
  if (!isCode(code.access)) exception.fault(X86_TRAP_GP, error);
  const isConforming = (code.access & DESC_CONFORMING) !== 0;
  const dpl = dplOf(code.access);
  if (isConforming ? dpl > rpl : dpl !== rpl) exception.fault(X86_TRAP_GP, error);
  if (!isPresent(code.access)) exception.fault(X86_TRAP_NP, error);
  if (isNull(ss)) exception.fault(X86_TRAP_GP, 0);
  const stack = readDescriptor(cpu, ss);
  const isStack =
    (stack.access & DESC_S) !== 0 && !isCode(stack.access) && (stack.access & DESC_RW) !== 0;
  if (!isStack || (ss & 3) !== rpl || dplOf(stack.access) !== rpl) {
    exception.fault(X86_TRAP_GP, selectorError(ss));
  }
  if (!isPresent(stack.access)) exception.fault(X86_TRAP_SS, selectorError(ss));
  markAccessed(cpu, selector, code);
  markAccessed(cpu, ss, stack);
  cpu.cpl = rpl;
  cpu.segments[CS]!.set(selector, code);
  cpu.segments[SS]!.set(ss, stack);
  cpu.st[ST_EIP] = eip;
  cpu.r[ESP] = esp;
  for (const segment of [ES, DS, FS, GS]) {
    const register = cpu.segments[segment]!;
    const { access, selector: held } = register;
    const stays = (isCode(access) && (access & DESC_CONFORMING) !== 0) || dplOf(access) >= rpl;
    if (!isNull(held) && !stays) register.setNull(0);
  }
  cpu.segmentsChanged();
}
