import type { Mm } from "../mm/mm.ts";

/**
 * Where a read puts its bytes or a write takes them from: pieces of a process's memory, or one piece of
 * the kernel's own. Copies stop at the first byte that the process may not touch.
 *
 * @linux lib/iov_iter.c (6.18)
 */
export class IovIter {
  readonly #mm: Mm | undefined;
  readonly #segments: readonly { readonly base: number; readonly len: number }[];
  readonly #kernel: Uint8Array | undefined;
  #segment = 0;
  #offset = 0;
  /** Bytes that are left. */
  count: number;

  private constructor(
    mm: Mm | undefined,
    segments: readonly { readonly base: number; readonly len: number }[],
    kernel: Uint8Array | undefined,
  ) {
    this.#mm = mm;
    this.#segments = segments;
    this.#kernel = kernel;
    let count = kernel?.length ?? 0;
    for (const { len } of segments) count += len;
    this.count = count;
  }

  /** The pieces of user memory, whole. */
  get segments(): readonly { readonly base: number; readonly len: number }[] {
    return this.#segments;
  }

  /** One piece of user memory. */
  static user(mm: Mm, base: number, len: number): IovIter {
    return new IovIter(mm, [{ base, len }], undefined);
  }

  /** The pieces of a `struct iovec` array, already read and checked. */
  static iovec(
    mm: Mm,
    segments: readonly { readonly base: number; readonly len: number }[],
  ): IovIter {
    return new IovIter(mm, segments, undefined);
  }

  /** The kernel's own bytes (`ITER_KVEC`). */
  static kernel(bytes: Uint8Array): IovIter {
    return new IovIter(undefined, [], bytes);
  }

  /** Bytes that are left of the present piece (`iov_iter_single_seg_count`). */
  get pieceCount(): number {
    if (this.#kernel !== undefined || this.#segments.length === 0) return this.count;
    return Math.min(this.count, this.#segments[this.#segment]!.len - this.#offset);
  }

  /** Copies from `bytes` to the iterator; answers how many went, fewer at a fault or at the end. */
  copyTo(bytes: Uint8Array): number {
    return this.#walk(bytes, true);
  }

  /** Copies from the iterator into `bytes`. */
  copyFrom(bytes: Uint8Array): number {
    return this.#walk(bytes, false);
  }

  /** Passes over `n` bytes without copying. */
  advance(n: number): void {
    let left = Math.min(n, this.count);
    this.count -= left;
    if (this.#kernel !== undefined) {
      this.#offset += left;
      return;
    }
    while (left > 0) {
      const step = Math.min(left, this.#segments[this.#segment]!.len - this.#offset);
      this.#step(step);
      left -= step;
    }
  }

  /** Goes back to before the last `n` bytes (`iov_iter_revert`). */
  revert(n: number): void {
    this.count += n;
    let left = n;
    if (this.#kernel !== undefined) {
      this.#offset -= left;
      return;
    }
    while (left > this.#offset) {
      left -= this.#offset;
      this.#segment--;
      this.#offset = this.#segments[this.#segment]!.len;
    }
    this.#offset -= left;
  }

  /** Limits what is left to `n` bytes (`iov_iter_truncate`). */
  truncate(n: number): void {
    if (this.count > n) this.count = n;
  }

  #walk(bytes: Uint8Array, isTo: boolean): number {
    const total = Math.min(bytes.length, this.count);
    if (this.#kernel !== undefined) {
      const piece = this.#kernel.subarray(this.#offset, this.#offset + total);
      if (isTo) piece.set(bytes.subarray(0, total));
      else bytes.set(piece);
      this.#offset += total;
      this.count -= total;
      return total;
    }
    let done = 0;
    while (done < total) {
      const segment = this.#segments[this.#segment]!;
      const step = Math.min(total - done, segment.len - this.#offset);
      if (step === 0) {
        this.#step(0);
        continue;
      }
      const at = segment.base + this.#offset;
      const piece = step === bytes.length ? bytes : bytes.subarray(done, done + step);
      const copied = isTo ? this.#mm!.copyToUser(at, piece) : this.#mm!.copyFromUser(at, piece);
      done += copied;
      this.count -= copied;
      this.#step(copied);
      if (copied < step) break;
    }
    return done;
  }

  #step(n: number): void {
    this.#offset += n;
    while (
      this.#segment < this.#segments.length - 1 &&
      this.#offset >= this.#segments[this.#segment]!.len
    ) {
      this.#offset -= this.#segments[this.#segment]!.len;
      this.#segment++;
    }
  }
}
