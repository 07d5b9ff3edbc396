/**
 * `struct bpf_dynptr_kern`: what lies in the 16 bytes of a dynptr on the stack of a program.
 *
 * @linux include/linux/bpf.h, kernel/bpf/helpers.c (6.18)
 */
import { E2BIG } from "../include/errno.ts";

/** @linux include/linux/bpf.h `enum bpf_dynptr_type` (6.18) */
export const BPF_DYNPTR_TYPE_INVALID = 0;
export const BPF_DYNPTR_TYPE_LOCAL = 1;
export const BPF_DYNPTR_TYPE_RINGBUF = 2;
export const BPF_DYNPTR_TYPE_SKB = 3;
export const BPF_DYNPTR_TYPE_XDP = 4;
export const BPF_DYNPTR_TYPE_SKB_META = 5;

const DATA = 0;
const SIZE = 8;
const OFFSET = 12;
const DYNPTR_BYTES = 16;

export const DYNPTR_MAX_SIZE = 0xff_ffff;
const TYPE_SHIFT = 28;
const TYPE_MASK = 0x7;
const RDONLY_BIT = 1 << 31;

interface DynptrMemory {
  readonly view: DataView;
}

/** A dynptr at an address in the memory of the machine. */
export class BpfDynptr {
  readonly #view: DataView;
  readonly #at: number;

  constructor({ view }: DynptrMemory, address: number) {
    this.#view = view;
    this.#at = address;
  }

  /** Where the memory lies; of a packet anything but 0, which says that the dynptr is null. */
  get data(): number {
    return this.#view.getInt32(this.#at + DATA, true);
  }

  /** Where in the memory or packet it begins. */
  get offset(): number {
    return this.#view.getUint32(this.#at + OFFSET, true);
  }

  get size(): number {
    return this.#word & DYNPTR_MAX_SIZE;
  }

  get type(): number {
    return (this.#word >>> TYPE_SHIFT) & TYPE_MASK;
  }

  get isReadOnly(): boolean {
    return (this.#word & RDONLY_BIT) !== 0;
  }

  get #word(): number {
    return this.#view.getInt32(this.#at + SIZE, true);
  }

  set #word(word: number) {
    this.#view.setInt32(this.#at + SIZE, word, true);
  }

  init(data: number, type: number, offset: number, size: number): void {
    this.setNull();
    this.#view.setInt32(this.#at + DATA, data, true);
    this.#view.setUint32(this.#at + OFFSET, offset, true);
    this.#word = size | (type << TYPE_SHIFT);
  }

  setNull(): void {
    for (let i = 0; i < DYNPTR_BYTES; i += 4) this.#view.setInt32(this.#at + i, 0, true);
  }

  setReadOnly(): void {
    this.#word |= RDONLY_BIT;
  }

  setSize(size: number): void {
    this.#word = (this.#word & ~DYNPTR_MAX_SIZE) | size;
  }

  advance(distance: number): void {
    this.#view.setUint32(this.#at + OFFSET, this.offset + distance, true);
  }

  copyTo({ view }: DynptrMemory, address: number): void {
    for (let i = 0; i < DYNPTR_BYTES; i += 4) {
      view.setInt32(address + i, this.#view.getInt32(this.#at + i, true), true);
    }
  }

  /** @linux kernel/bpf/helpers.c `bpf_dynptr_check_off_len` (6.18) */
  checkOffLen(offset: number, len: number): 0 | number {
    return len > this.size || offset > this.size - len ? -E2BIG : 0;
  }
}

/** @linux kernel/bpf/helpers.c `bpf_dynptr_check_size` (6.18) */
export function dynptrCheckSize(size: number): 0 | number {
  return size > DYNPTR_MAX_SIZE ? -E2BIG : 0;
}
