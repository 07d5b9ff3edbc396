/**
 * Segment registers and the descriptors they are loaded from.
 *
 * @spec Intel SDM vol. 3, 3.4 and 3.5
 */

/** A segment register with its hidden part, or LDTR or TR. */
export class SegmentRegister {
  selector = 0;
  base = 0;
  /** The last offset that is part of the segment; the first, if it expands down. */
  limit = 0xffffffff;
  /** The descriptor's bits 8 to 23: type, S, DPL, P, and AVL, L, D/B, G. */
  access = 0;
  /** Whether a data access needs no look at limit and rights. */
  isFlat = false;

  set(selector: number, descriptor: Descriptor): void {
    this.selector = selector;
    this.base = descriptor.base;
    this.limit = descriptor.limit;
    this.access = descriptor.access;
    const isWritableData = (descriptor.access & (DESC_S | 0xe)) === (DESC_S | 2);
    this.isFlat = isWritableData && descriptor.limit === 0xffffffff && isPresent(descriptor.access);
  }

  /** A null selector: nothing can be reached through it. */
  setNull(selector: number): void {
    this.selector = selector;
    this.base = 0;
    this.limit = 0;
    this.access = 0;
    this.isFlat = false;
  }
}

export interface Descriptor {
  readonly base: number;
  /** In bytes: pages have been counted out. */
  readonly limit: number;
  readonly access: number;
  readonly low: number;
  readonly high: number;
}

/** Code or data, not a gate or a system segment. */
export const DESC_S = 1 << 4;
export const DESC_PRESENT = 1 << 7;
export const DESC_CODE = 1 << 3;
/** Of code: conforming. Of data: it expands down. */
export const DESC_CONFORMING = 1 << 2;
/** Of code: it can be read. Of data: it can be written. */
export const DESC_RW = 1 << 1;
export const DESC_ACCESSED = 1 << 0;
export const DESC_BIG = 1 << 14;

/** Types of system descriptors. */
export const TYPE_LDT = 2;
export const TYPE_TSS = 9;
export const TYPE_INTERRUPT_GATE = 0xe;
export const TYPE_TRAP_GATE = 0xf;

export function dplOf(access: number): number {
  return (access >> 5) & 3;
}

export function isPresent(access: number): boolean {
  return (access & DESC_PRESENT) !== 0;
}

export function isCode(access: number): boolean {
  return (access & (DESC_S | DESC_CODE)) === (DESC_S | DESC_CODE);
}

/** The two words of a descriptor in the form in which they are used. */
export function parseDescriptor(low: number, high: number): Descriptor {
  const base = (low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000) | 0;
  const raw = (low & 0xffff) | (high & 0xf0000);
  const limit = (high & 0x800000) !== 0 ? ((raw << 12) | 0xfff) >>> 0 : raw;
  return { base, limit, access: (high >>> 8) & 0xffff, low, high };
}

/** What a descriptor is made of, for whoever writes a GDT. */
export interface SegmentSpec {
  readonly base: number;
  /** In bytes; a multiple of 4096 less one when it is above 1 MiB. */
  readonly limit: number;
  /** Type, S, DPL and P: the low byte of `access`. */
  readonly type: number;
  /** 32 bits (D/B). */
  readonly is32?: boolean;
}

/** The two words of a segment descriptor. */
export function encodeDescriptor(spec: SegmentSpec): readonly [number, number] {
  const inPages = spec.limit > 0xfffff;
  const limit = inPages ? spec.limit >>> 12 : spec.limit;
  const low = (limit & 0xffff) | (spec.base << 16);
  const high =
    ((spec.base >>> 16) & 0xff) |
    (spec.type << 8) |
    (limit & 0xf0000) |
    ((spec.is32 ?? true) ? 1 << 22 : 0) |
    (inPages ? 1 << 23 : 0) |
    (spec.base & 0xff000000);
  return [low | 0, high | 0];
}

/** The two words of an interrupt gate (IF is cleared) or a trap gate. */
export function encodeGate(
  selector: number,
  offset: number,
  dpl: number,
  isTrapGate = false,
): readonly [number, number] {
  const type = (isTrapGate ? TYPE_TRAP_GATE : TYPE_INTERRUPT_GATE) | DESC_PRESENT | (dpl << 5);
  return [(selector << 16) | (offset & 0xffff) | 0, (offset & 0xffff0000) | (type << 8) | 0];
}
