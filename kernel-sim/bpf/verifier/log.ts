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

/** Pieces of text become one, of about so many characters, when there are enough of them. */
const BLOCK = 1 << 16;

/**
 * The text that tells what the verifier saw, in a buffer of a given size. When it is full, the end
 * of the text overwrites its start; with BPF_LOG_FIXED what follows is lost.
 *
 * Pieces are kept as they come: of hundreds of megabytes only the last few are ever copied.
 *
 * @linux kernel/bpf/log.c `bpf_verifier_vlog`, `bpf_vlog_reset`, `bpf_vlog_finalize` (6.18)
 */
export class VerifierLog {
  readonly level: number;
  /** Length of all that was written and not taken back. */
  endPos = 0;
  readonly #size: number;
  readonly #isFixed: boolean;
  /** The text from `#keptPos` on, as blocks and then as pieces that are none yet. */
  #blocks: string[] = [];
  #pieces: string[] = [];
  #piecesLength = 0;
  #keptPos = 0;
  /** How many blocks in front were dropped. */
  #dropped = 0;
  /** What lies before was overwritten. */
  #startPos = 0;
  #lengthMax = 0;

  /** @param size in bytes, with one for the 0 at the end; 0 when nobody reads the log */
  constructor(level: number, size: number) {
    this.level = level;
    this.#size = size;
    this.#isFixed = (level & BPF_LOG_FIXED) !== 0;
  }

  get isNeeded(): boolean {
    return this.level !== 0;
  }

  /** Whether anybody will read what is written now: a fixed log that is full takes no more. */
  get hasRoom(): boolean {
    return !this.#isFixed || this.endPos < this.#size;
  }

  write(text: string): void {
    const pos = this.endPos;
    this.endPos += text.length;
    if (this.endPos > this.#lengthMax) this.#lengthMax = this.endPos;
    if (this.#size === 0) return;
    if (this.#isFixed && this.endPos > this.#size) {
      if (pos < this.#size) this.#keep(text.slice(0, this.#size - pos));
      return;
    }
    this.#keep(text);
    const overwritten = this.endPos - this.#size;
    if (overwritten > this.#startPos) this.#startPos = overwritten;
  }

  /** Takes back what was written behind `pos`. */
  reset(pos: number): void {
    let end = this.#isFixed ? Math.min(this.endPos, this.#size) : this.endPos;
    this.endPos = pos;
    this.#startPos = Math.min(this.#startPos, pos);
    if (this.#size === 0) return;
    while (end > pos && end > this.#keptPos) {
      const last = this.#takeLast();
      end -= last.length;
      if (end < pos) this.#keep(last.slice(0, pos - end));
    }
    this.#keptPos = Math.min(this.#keptPos, pos);
  }

  fit(): FittedLog {
    const room = this.#size - 1;
    if (room < 0) return { text: "", isTruncated: false };
    const isTruncated = this.#lengthMax > room;
    const text = this.#text();
    if (this.#isFixed) return { text: text.slice(0, room), isTruncated };
    const start = Math.max(this.#startPos, this.endPos - room);
    return { text: text.slice(start - this.#keptPos), isTruncated };
  }

  #keep(text: string): void {
    this.#pieces.push(text);
    this.#piecesLength += text.length;
    if (this.#piecesLength >= BLOCK) this.#makeBlock();
  }

  #makeBlock(): void {
    this.#blocks.push(this.#pieces.join(""));
    this.#pieces = [];
    this.#piecesLength = 0;
    if (this.#isFixed) return;
    for (;;) {
      const first = this.#blocks[this.#dropped];
      if (first === undefined || this.#keptPos + first.length > this.endPos - this.#size) break;
      this.#keptPos += first.length;
      this.#blocks[this.#dropped++] = "";
    }
  }

  #takeLast(): string {
    const piece = this.#pieces.pop();
    if (piece === undefined) {
      const block = this.#blocks.pop() ?? "";
      this.#dropped = Math.min(this.#dropped, this.#blocks.length);
      return block;
    }
    this.#piecesLength -= piece.length;
    return piece;
  }

  #text(): string {
    return this.#blocks.join("") + this.#pieces.join("");
  }
}
