/**
 * Loading segment registers from the descriptor tables, with the checks that this takes.
 *
 * @spec Intel SDM vol. 2, MOV; vol. 3, 5.6
 */
import type { Cpu } from "./cpu.ts";
import { SS, X86_TRAP_GP, X86_TRAP_NP, X86_TRAP_SS } from "./registers.ts";
import {
  DESC_ACCESSED,
  DESC_CONFORMING,
  DESC_RW,
  DESC_S,
  type Descriptor,
  dplOf,
  isCode,
  isPresent,
  parseDescriptor,
} from "./segment.ts";

const TABLE_LDT = 4;

export function isNull(selector: number): boolean {
  return (selector & ~3) === 0;
}

/** The error code that names a selector. */
export function selectorError(selector: number): number {
  return selector & 0xfffc;
}

/** The descriptor of a selector that is not null, or undefined beyond the table's end. */
export function findDescriptor(cpu: Cpu, selector: number): Descriptor | undefined {
  const inLdt = (selector & TABLE_LDT) !== 0;
  if (!inLdt && cpu.hostDescriptors !== undefined) return cpu.hostDescriptors.get(selector >> 3);
  const table = inLdt ? cpu.ldtr : cpu.gdtr;
  const offset = selector & ~7;
  if (offset + 7 > table.limit || (inLdt && isNull(cpu.ldtr.selector))) return undefined;
  const address = (table.base + offset) | 0;
  return parseDescriptor(
    cpu.memory.readSystem32(address),
    cpu.memory.readSystem32((address + 4) | 0),
  );
}

/** The same, or #GP(selector). */
export function readDescriptor(cpu: Cpu, selector: number): Descriptor {
  const descriptor = findDescriptor(cpu, selector);
  return descriptor ?? cpu.exception.fault(X86_TRAP_GP, selectorError(selector));
}

/** Notes in its table that a code or data segment was loaded. */
export function markAccessed(cpu: Cpu, selector: number, descriptor: Descriptor): void {
  if ((descriptor.access & DESC_ACCESSED) !== 0 || cpu.hostDescriptors !== undefined) return;
  const table = (selector & TABLE_LDT) !== 0 ? cpu.ldtr : cpu.gdtr;
  const address = (table.base + (selector & ~7) + 5) | 0;
  cpu.memory.writeSystem8(address, (descriptor.access & 0xff) | DESC_ACCESSED);
}

/** What MOV, POP and LDS do with a data segment register. */
export function loadSegment(cpu: Cpu, segment: number, selector: number): void {
  const { exception } = cpu;
  const error = selectorError(selector);
  const register = cpu.segments[segment]!;
  if (isNull(selector)) {
    if (segment === SS) exception.fault(X86_TRAP_GP, 0);
    register.setNull(selector);
    cpu.segmentsChanged();
    return;
  }
  const descriptor = readDescriptor(cpu, selector);
  const { access } = descriptor;
  const dpl = dplOf(access);
  const rpl = selector & 3;
  if ((access & DESC_S) === 0) exception.fault(X86_TRAP_GP, error);
  if (segment === SS) {
    const isWritableData = !isCode(access) && (access & DESC_RW) !== 0;
    if (rpl !== cpu.cpl || dpl !== cpu.cpl || !isWritableData) exception.fault(X86_TRAP_GP, error);
    if (!isPresent(access)) exception.fault(X86_TRAP_SS, error);
  } else {
    if (isCode(access) && (access & DESC_RW) === 0) exception.fault(X86_TRAP_GP, error);
    const isConforming = isCode(access) && (access & DESC_CONFORMING) !== 0;
    if (!isConforming && (rpl > dpl || cpu.cpl > dpl)) exception.fault(X86_TRAP_GP, error);
    if (!isPresent(access)) exception.fault(X86_TRAP_NP, error);
  }
  markAccessed(cpu, selector, descriptor);
  register.set(selector, descriptor);
  cpu.segmentsChanged();
}
