import { EFAULT, ENOENT, ESRCH } from "../../include/errno.ts";

/** First and last number. */
interface Range {
  start: number;
  last: number;
}

/**
 * Which pages of an arena are free, as ranges. Who asks gets the start of the smallest one that is
 * long enough; of several of one size the one that came last.
 *
 * @linux kernel/bpf/range_tree.c `struct range_tree` (6.18)
 */
export class RangeTree {
  /** The longest first; of one size in the order in which they came. */
  readonly #ranges: Range[] = [];

  /** The start of `length` free numbers, or -ENOENT. @linux kernel/bpf/range_tree.c `range_tree_find` (6.18) */
  find(length: number): number {
    const behind = this.#ranges.findIndex((range) => sizeOf(range) < length);
    const best = this.#ranges.at(behind < 0 ? -1 : behind - 1);
    return behind === 0 || best === undefined ? -ENOENT : best.start;
  }

  /** 0 when all of them are free, else -ESRCH. @linux kernel/bpf/range_tree.c `is_range_tree_set` (6.18) */
  isSet(start: number, length: number): 0 | number {
    const range = this.#at(start);
    return range !== undefined && range.last >= start + length - 1 ? 0 : -ESRCH;
  }

  /** They are in use from now on. @linux kernel/bpf/range_tree.c `range_tree_clear` (6.18) */
  clear(start: number, length: number): 0 {
    const last = start + length - 1;
    for (;;) {
      const range = this.#ranges.filter((one) => one.start <= last && one.last >= start);
      const first = range.sort((a, b) => a.start - b.start)[0];
      if (first === undefined) return 0;
      this.#remove(first);
      const { last: oldLast } = first;
      if (first.start < start) this.#insert({ start: first.start, last: start - 1 });
      if (oldLast > last) this.#insert({ start: last + 1, last: oldLast });
    }
  }

  /** They are free from now on. @linux kernel/bpf/range_tree.c `range_tree_set` (6.18) */
  set(start: number, length: number): 0 | number {
    if (this.isSet(start, length) === 0) return 0;
    this.clear(start, length);
    const last = start + length - 1;
    const left = this.#at(start - 1);
    const right = this.#at(last + 1);
    if (right !== undefined && right.start !== last + 1) return -EFAULT;
    if (left !== undefined) this.#remove(left);
    if (right !== undefined) this.#remove(right);
    this.#insert({ start: left?.start ?? start, last: right?.last ?? last });
    return 0;
  }

  #at(number: number): Range | undefined {
    return this.#ranges.find(({ start, last }) => start <= number && number <= last);
  }

  #insert(range: Range): void {
    const at = this.#ranges.findIndex((one) => sizeOf(one) < sizeOf(range));
    this.#ranges.splice(at < 0 ? this.#ranges.length : at, 0, range);
  }

  #remove(range: Range): void {
    this.#ranges.splice(this.#ranges.indexOf(range), 1);
  }
}

function sizeOf({ start, last }: Range): number {
  return last - start + 1;
}
