import { E2BIG, EFAULT } from "../../include/errno.ts";
import type { UserMemory } from "./caller.ts";

/** `union bpf_attr`, in bytes. @linux include/uapi/linux/bpf.h (6.18) */
export const ATTR_BYTES = 168;
const PAGE_BYTES = 4096;

/** The attribute block of one call of bpf(2): fields by their offset. What the caller left out is 0. */
export class BpfAttr {
  /** Where it lies in the caller's memory. */
  readonly address: number;
  readonly #view: DataView;

  constructor(address: number, view: DataView) {
    this.address = address;
    this.#view = view;
  }

  u32(off: number): number {
    return this.#view.getUint32(off, true);
  }

  s32(off: number): number {
    return this.#view.getInt32(off, true);
  }

  /** A pointer, or another number below 2^53. */
  u64(off: number): number {
    return this.u32(off + 4) * 2 ** 32 + this.u32(off);
  }

  /** A number of 64 bits that is no pointer. */
  wide(off: number): bigint {
    return this.#view.getBigUint64(off, true);
  }

  /** Text of at most `size` bytes, up to its first 0; undefined: it has no end. */
  text(off: number, size: number): string | undefined {
    const bytes = new Uint8Array(this.#view.buffer, off, size);
    const end = bytes.indexOf(0);
    return end < 0 ? undefined : String.fromCharCode(...bytes.subarray(0, end));
  }

  /** Whether nothing stands behind the last field of a command. @linux kernel/bpf/syscall.c `CHECK_ATTR` (6.18) */
  isZeroFrom(off: number): boolean {
    return !new Uint8Array(this.#view.buffer, off).some((byte) => byte !== 0);
  }
}

/** Reads the block. Who knows more fields than this kernel must have left them 0. */
export function readAttr(memory: UserMemory, address: number, size: number): BpfAttr | number {
  const err = checkTailZero(memory, address, ATTR_BYTES, size);
  if (err !== 0) return err;
  const known = memory.read(address, Math.min(size, ATTR_BYTES));
  if (known === undefined) return -EFAULT;
  const bytes = new Uint8Array(ATTR_BYTES);
  bytes.set(known);
  return new BpfAttr(address, new DataView(bytes.buffer));
}

/** @linux kernel/bpf/syscall.c `bpf_check_uarg_tail_zero` (6.18) */
export function checkTailZero(
  memory: UserMemory,
  address: number,
  expected: number,
  actual: number,
): 0 | number {
  if (actual > PAGE_BYTES) return -E2BIG;
  if (actual <= expected) return 0;
  const tail = memory.read(address + expected, actual - expected);
  if (tail === undefined) return -EFAULT;
  return tail.some((byte) => byte !== 0) ? -E2BIG : 0;
}
