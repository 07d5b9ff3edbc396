export const BPF_LOG_LEVEL1 = 1;
export const BPF_LOG_LEVEL2 = 2;
export const BPF_LOG_STATS = 4;
export const BPF_LOG_FIXED = 8;
/** Either of the levels that show states. */
export const BPF_LOG_LEVEL = BPF_LOG_LEVEL1 | BPF_LOG_LEVEL2;

/** What of a log its reader gets. */
export interface FittedLog {
  readonly text: string;
  /** At some time it was longer than the buffer: what Linux answers ENOSPC for. */
  readonly isTruncated: boolean;
}

const FIRST_CAPACITY = 4096;
/** How many characters are made of their codes at a time. */
const DECODED = 8192;

/**
 * The text that tells what the verifier saw, in a buffer of a given size. When it is full, the end
 * of the text overwrites its start; with BPF_LOG_FIXED what follows is lost.
 *
 * @linux kernel/bpf/log.c `bpf_verifier_vlog`, `bpf_vlog_reset`, `bpf_vlog_finalize` (6.18)
 */
export class VerifierLog {
  readonly level: number;
  /** Length of all that was written and not taken back. */
  endPos = 0;
  readonly #size: number;
  readonly #isFixed: boolean;
  /** Character codes: by position, modulo the length. Grows up to the size. */
  #codes: Uint8Array;
  /** What lies before was overwritten. */
  #startPos = 0;
  #lengthMax = 0;

  /** @param size in bytes, with one for the 0 at the end; 0 when nobody reads the log */
  constructor(level: number, size: number) {
    this.level = level;
    this.#size = size;
    this.#isFixed = (level & BPF_LOG_FIXED) !== 0;
    this.#codes = new Uint8Array(Math.min(size, FIRST_CAPACITY));
  }

  get isNeeded(): boolean {
    return this.level !== 0;
  }

  write(text: string): void {
    const pos = this.endPos;
    this.endPos += text.length;
    this.#lengthMax = Math.max(this.#lengthMax, this.endPos);
    if (this.#size === 0) return;
    this.#makeRoom(this.endPos);
    const codes = this.#codes;
    const capacity = codes.length;
    if (this.endPos <= capacity) {
      for (let i = 0; i < text.length; i++) codes[pos + i] = text.charCodeAt(i);
    } else if (this.#isFixed) {
      for (let i = 0; pos + i < capacity; i++) codes[pos + i] = text.charCodeAt(i);
    } else {
      for (let i = 0; i < text.length; i++) codes[(pos + i) % capacity] = text.charCodeAt(i);
      this.#startPos = Math.max(this.#startPos, this.endPos - capacity);
    }
  }

  /** Takes back what was written behind `pos`. */
  reset(pos: number): void {
    this.endPos = pos;
    this.#startPos = Math.min(this.#startPos, pos);
  }

  fit(): FittedLog {
    const room = this.#size - 1;
    if (room < 0) return { text: "", isTruncated: false };
    const isTruncated = this.#lengthMax > room;
    if (this.#isFixed) return { text: this.#text(0, Math.min(this.endPos, room)), isTruncated };
    const start = Math.max(this.#startPos, this.endPos - room);
    return { text: this.#text(start, this.endPos), isTruncated };
  }

  #makeRoom(length: number): void {
    const capacity = this.#codes.length;
    if (length <= capacity || capacity === this.#size) return;
    const grown = new Uint8Array(Math.min(this.#size, Math.max(capacity * 2, length)));
    grown.set(this.#codes);
    this.#codes = grown;
  }

  #text(start: number, end: number): string {
    const parts: string[] = [];
    const capacity = this.#codes.length;
    for (let pos = start; pos < end; ) {
      const at = pos % capacity;
      const count = Math.min(end - pos, DECODED, capacity - at);
      // Spread would iterate, at ten times the cost.
      const codes: ArrayLike<number> = this.#codes.subarray(at, at + count);
      parts.push(String.fromCharCode.apply(null, codes as number[]));
      pos += count;
    }
    return parts.join("");
  }
}
