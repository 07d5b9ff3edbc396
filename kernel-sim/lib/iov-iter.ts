import type { Mm } from "../mm/mm.ts";

/** A stretch of user memory. */
interface Segment {
  readonly base: number;
  readonly len: number;
}

/**
 * Where a read puts its bytes or a write takes them from: pieces of a process's memory, or one piece of
 * the kernel's own. Copies stop at the first byte that the process may not touch.
 *
 * @linux lib/iov_iter.c (6.18)
 */
export class IovIter {
  readonly #mm: Mm | undefined;
  /** Undefined: there is one alone, `#base` and `#len`, or none. */
  readonly #segments: readonly Segment[] | undefined;
  /** The present piece. */
  #base: number;
  #len: number;
  readonly #kernel: Uint8Array | undefined;
  #segment = 0;
  #offset = 0;
  /** Bytes that are left. */
  count: number;

  private constructor(
    mm: Mm | undefined,
    base: number,
    count: number,
    segments: readonly Segment[] | undefined,
    kernel: Uint8Array | undefined,
  ) {
    this.#mm = mm;
    this.#segments = segments;
    this.#kernel = kernel;
    this.#base = base;
    this.#len = segments === undefined ? count : (segments[0]?.len ?? 0);
    this.count = count;
  }

  /** The pieces of user memory, whole. */
  get segments(): readonly Segment[] {
    if (this.#segments !== undefined) return this.#segments;
    return this.#mm === undefined ? [] : [{ base: this.#base, len: this.#len }];
  }

  /** One piece of user memory. */
  static user(mm: Mm, base: number, len: number): IovIter {
    return new IovIter(mm, base, len, undefined, undefined);
  }

  /** The pieces of a `struct iovec` array, already read and checked. */
  static iovec(mm: Mm, segments: readonly Segment[]): IovIter {
    let count = 0;
    for (const { len } of segments) count += len;
    return new IovIter(mm, segments[0]?.base ?? 0, count, segments, undefined);
  }

  /** The kernel's own bytes (`ITER_KVEC`). */
  static kernel(bytes: Uint8Array): IovIter {
    return new IovIter(undefined, 0, bytes.length, undefined, bytes);
  }

  /** Bytes that are left of the present piece (`iov_iter_single_seg_count`). */
  get pieceCount(): number {
    if (this.#kernel !== undefined || this.#segments?.length === 0) return this.count;
    return Math.min(this.count, this.#len - this.#offset);
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
      const step = Math.min(left, this.#len - this.#offset);
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
      this.#go(this.#segment - 1);
      this.#offset = this.#len;
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
      const step = Math.min(total - done, this.#len - this.#offset);
      if (step === 0) {
        this.#step(0);
        continue;
      }
      const at = this.#base + this.#offset;
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
    const last = (this.#segments?.length ?? 1) - 1;
    while (this.#segment < last && this.#offset >= this.#len) {
      this.#offset -= this.#len;
      this.#go(this.#segment + 1);
    }
  }

  #go(segment: number): void {
    const { base, len } = this.#segments![segment]!;
    this.#segment = segment;
    this.#base = base;
    this.#len = len;
  }
}
