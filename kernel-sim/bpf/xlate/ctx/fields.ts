/** How a field of a context lies in the structures of the kernel. */
import type { Insn } from "../../../api.ts";
import * as i from "../insns.ts";

/** A field of the kernel behind pointers that are followed one after the other. */
export interface KernelField {
  /** Where the pointers lie, the first one in what the context is to the kernel. */
  readonly through: readonly number[];
  readonly off: number;
  /** In bytes. */
  readonly size: number;
  /** In programs it is the upper half of the word. */
  readonly isUpperHalf?: boolean;
}

/** By offset in the structure that programs see. */
export type KernelFields = Readonly<Record<number, KernelField>>;

/** What stands for an access, and how many bytes the field has in the kernel. */
export interface Converted {
  readonly insns: readonly Insn[];
  readonly targetSize: number;
}

/** The program that an access belongs to. */
export interface CtxTarget {
  readonly progType: number;
  /** It knows of which clock time stamps are. */
  readonly isTstampTypeAccessed: boolean;
}

/** Accesses to one kind of context. */
export interface CtxConversion {
  /** How many bytes are read where a program reads less; 0: as many as it says. */
  fieldSize?(off: number, size: number): number;
  /** Undefined: it stays as it is. */
  load(insn: Insn, off: number, target: CtxTarget): Converted | undefined;
  store?(insn: Insn, target: CtxTarget): Converted | undefined;
}

/** Sizes in bytes as they stand in codes of loads. */
const LOADS: Readonly<Record<number, number>> = { 1: i.B, 2: i.H, 4: i.W, 8: i.DW };

/** How many bytes an instruction loads or stores, by its code. */
export function accessBytes({ code }: Insn): number {
  return [4, 2, 1, 8][(code & 0x18) >> 3]!;
}

export function field(size: number, off: number, ...through: readonly number[]): KernelField {
  return { through, off, size };
}

/** A load from a structure that a register points to. */
export function loadOf(size: number, dst: number, src: number, off: number): Insn {
  return i.load(LOADS[size]!, dst, src, off);
}

export function converted(targetSize: number, ...insns: readonly Insn[]): Converted {
  return { insns, targetSize };
}

export function loadField(
  { dstReg: dst, srcReg: src }: Insn,
  { through, off, size, isUpperHalf = false }: KernelField,
): Converted {
  const pointers = through.map((at, step) => i.load(i.DW, dst, step === 0 ? src : dst, at));
  const value = loadOf(size, dst, through.length === 0 ? src : dst, off);
  const shift = isUpperHalf ? [i.aluImm(i.LSH, dst, 16, false)] : [];
  return converted(size, ...pointers, value, ...shift);
}

/** The load of a field of a table, if it has that field. */
export function loadFrom(fields: KernelFields, insn: Insn, off: number): Converted | undefined {
  const found = fields[off];
  return found === undefined ? undefined : loadField(insn, found);
}

/** The same store, into a field of `size` bytes. */
export function storeOf(insn: Insn, size: number, dstReg: number, off: number): Insn {
  return { ...insn, code: (LOADS[size]! & 0x18) | (insn.code & ~0x18), dstReg, off };
}

/** A register beside those of an access, and the two of it. */
export function spareReg({ dstReg, srcReg }: Insn): number {
  let reg = 9;
  for (let tries = 0; tries < 2; tries++) if (dstReg === reg || srcReg === reg) reg--;
  return reg;
}

/**
 * A store behind pointers: a register is put aside meanwhile.
 *
 * @param savedAt where the context has room for it
 */
export function storeThrough(
  insn: Insn,
  { through, off, size }: KernelField,
  savedAt: number,
): Converted {
  const ctx = insn.dstReg;
  const reg = spareReg(insn);
  return converted(
    size,
    i.raw(0x7b, ctx, reg, savedAt),
    ...through.map((at, step) => i.load(i.DW, reg, step === 0 ? ctx : reg, at)),
    storeOf(insn, size, reg, off),
    i.load(i.DW, reg, ctx, savedAt),
  );
}

/** Both ends of a connection, in the order in which contexts have them, from `start` on. */
export function endpoints(start: number, socket: number): KernelFields {
  const fields: Record<number, KernelField> = {
    [start]: field(2, 16, socket),
    [start + 4]: field(4, 0, socket),
    [start + 8]: field(4, 4, socket),
    [start + 44]: { ...field(2, 12, socket), isUpperHalf: true },
    [start + 48]: field(2, 14, socket),
  };
  for (let word = 0; word < 32; word += 4) {
    fields[start + 12 + word] = field(4, 56 + word, socket);
  }
  return fields;
}
