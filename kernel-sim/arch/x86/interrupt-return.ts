/**
 * IRET: back to where an interrupt came from, in the same ring or an outer one.
 *
 * @spec Intel SDM vol. 2, IRET
 * @simplified no return to virtual-8086 mode or to another task.
 */
import { SHIFT16 } from "./alu.ts";
import { type Cpu, ST_EIP } from "./cpu.ts";
import { returnToOuterRing } from "./far-transfer.ts";
import { F_EFLAGS, materialize } from "./flags.ts";
import { changeableFlags, peek } from "./instructions/data-movement.ts";
import {
  CS,
  ESP,
  SEG_BASE,
  SS,
  X86_EFLAGS_FIXED,
  X86_EFLAGS_NT,
  X86_EFLAGS_RF,
  X86_TRAP_GP,
  X86_TRAP_NP,
} from "./registers.ts";
import { DESC_CONFORMING, dplOf, isCode, isPresent } from "./segment.ts";
import { isNull, markAccessed, readDescriptor, selectorError } from "./segment-load.ts";

export function interruptReturn(cpu: Cpu, shift: number): void {
  const { exception } = cpu;
  if ((materialize(cpu.f) & X86_EFLAGS_NT) !== 0) exception.fault(X86_TRAP_GP, 0);
  const bytes = (32 - shift) >> 3;
  const eip = peek(cpu, 0, shift);
  const selector = peek(cpu, bytes, shift) & 0xffff;
  const flags = peek(cpu, 2 * bytes, shift);
  const rpl = selector & 3;
  const mask = changeableFlags(cpu, shift === SHIFT16) | X86_EFLAGS_RF;
  const before = cpu.f[F_EFLAGS]!;
  const popped = [
    ["eip", eip],
    ["cs", selector],
    ["eflags", flags],
  ] as [string, number][];
  const from = (cpu.r[ESP]! + cpu.r[SEG_BASE + SS]!) | 0;
  if (rpl > cpu.cpl) {
    const esp = peek(cpu, 3 * bytes, shift);
    const ss = peek(cpu, 4 * bytes, shift) & 0xffff;
    popped.push(["esp", esp], ["ss", ss]);
    returnToOuterRing(cpu, selector, eip, ss, esp);
  } else {
    if (isNull(selector)) exception.fault(X86_TRAP_GP, 0);
    const error = selectorError(selector);
    if (rpl < cpu.cpl) exception.fault(X86_TRAP_GP, error);
    const descriptor = readDescriptor(cpu, selector);
    const isConforming = (descriptor.access & DESC_CONFORMING) !== 0;
    const dpl = dplOf(descriptor.access);
    const isRight = isConforming ? dpl <= rpl : dpl === rpl;
    if (!isCode(descriptor.access) || !isRight) exception.fault(X86_TRAP_GP, error);
    if (!isPresent(descriptor.access)) exception.fault(X86_TRAP_NP, error);
    markAccessed(cpu, selector, descriptor);
    cpu.segments[CS]!.set(selector, descriptor);
    cpu.st[ST_EIP] = eip;
    cpu.r[ESP] = cpu.r[ESP]! + 3 * bytes;
  }
  cpu.f[F_EFLAGS] = (before & ~mask) | (flags & mask) | X86_EFLAGS_FIXED;
  cpu.segmentsChanged();
  const { observer } = cpu;
  if (observer === undefined) return;
  popped.forEach(([what, value], i) => {
    observer({ kind: "pop", what, address: (from + i * bytes) >>> 0, value: value >>> 0 });
  });
  observer({ kind: "flags", before: before >>> 0, after: cpu.f[F_EFLAGS]! >>> 0 });
  observer({ kind: "jump", cs: selector, eip: eip >>> 0, cpl: cpu.cpl });
}
