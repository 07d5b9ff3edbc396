import type { AbstractValue, Insn } from "#kernel-sim";
import type { Reach } from "#notebook/document";

const CLASS = 0x07;
const LDX = 0x01;
const ST = 0x02;
const STX = 0x03;
const SIZE = 0x18;
const BYTES: Readonly<Record<number, number>> = { 0: 4, 8: 2, 16: 1, 24: 8 };

/**
 * Which bytes of a map's value a step may touch, or, at an instruction that touches none, where a
 * pointer into a value may point.
 */
export function reachOf(
  before: Readonly<Record<string, AbstractValue>>,
  insn: Insn | undefined,
): Reach | undefined {
  const accessed = insn === undefined ? undefined : accessBy(before, insn);
  if (accessed !== undefined) return { ...accessed, isAccess: true };
  for (const [register, value] of Object.entries(before)) {
    const pointed = reachBy(register, value, 0, 1);
    if (pointed !== undefined) return { ...pointed, isAccess: false };
  }
  return undefined;
}

function accessBy(before: Readonly<Record<string, AbstractValue>>, insn: Insn) {
  const base = baseOf(insn);
  if (base === undefined) return undefined;
  return reachBy(base, before[base], insn.off, BYTES[insn.code & SIZE] ?? 1);
}

/** The register through which an instruction reads or writes memory. */
function baseOf({ code, dstReg, srcReg }: Insn): string | undefined {
  if ((code & CLASS) === LDX) return `R${srcReg}`;
  if ((code & CLASS) === ST || (code & CLASS) === STX) return `R${dstReg}`;
  return undefined;
}

function reachBy(
  register: string,
  value: AbstractValue | undefined,
  offset: number,
  bytes: number,
): Omit<Reach, "isAccess"> | undefined {
  const valueSize = Number(/\bvs=(\d+)/.exec(value?.text ?? "")?.[1]);
  if (value === undefined || value.type !== "map_value" || Number.isNaN(valueSize))
    return undefined;
  const fixed = Number(/\boff=(-?\d+)/.exec(value.text)?.[1] ?? 0) + offset;
  return {
    register,
    valueSize,
    from: Number(value.umin) + fixed,
    last: Number(value.umax) + fixed + bytes - 1,
  };
}
