export const BPF_LOG_LEVEL1 = 1;
export const BPF_LOG_LEVEL2 = 2;
export const BPF_LOG_STATS = 4;
export const BPF_LOG_FIXED = 8;
/** Either of the levels that show states. */
export const BPF_LOG_LEVEL = BPF_LOG_LEVEL1 | BPF_LOG_LEVEL2;

/**
 * The text that tells what the verifier saw. What does not fit into the caller's buffer is thrown
 * away while it grows: the oldest lines, or with BPF_LOG_FIXED the newest ones.
 *
 * @linux kernel/bpf/log.c (6.18)
 */
export class VerifierLog {
  readonly level: number;
  /** Length of all that was written and not taken back. */
  endPos = 0;
  readonly #size: number;
  readonly #isFixed: boolean;
  readonly #chunks: string[] = [];
  #keptLength = 0;

  constructor(level: number, size: number) {
    this.level = level;
    this.#size = size;
    this.#isFixed = (level & BPF_LOG_FIXED) !== 0;
  }

  get isNeeded(): boolean {
    return this.level !== 0;
  }

  write(text: string): void {
    if (text === "") return;
    if (!this.#isFixed) {
      this.#keep(text);
      if (this.#keptLength > this.#size * 2 + SLACK) this.#forgetOldest();
    } else if (this.#keptLength === this.endPos && this.#keptLength < this.#size) {
      this.#keep(text.slice(0, this.#size - this.#keptLength));
    }
    this.endPos += text.length;
  }

  /** Takes back what was written behind `pos`. */
  reset(pos: number): void {
    const keptFrom = this.#isFixed ? 0 : this.endPos - this.#keptLength;
    const kept = Math.max(0, Math.min(this.#keptLength, pos - keptFrom));
    const chunks = this.#chunks;
    while (this.#keptLength > kept) {
      const last = chunks.pop()!;
      this.#keptLength -= last.length;
      if (this.#keptLength < kept) this.#keep(last.slice(0, kept - this.#keptLength));
    }
    this.endPos = pos;
  }

  /** All that is kept. Nothing is missing when it is as long as `endPos`. */
  text(): string {
    return this.#chunks.join("");
  }

  #keep(text: string): void {
    this.#chunks.push(text);
    this.#keptLength += text.length;
  }

  #forgetOldest(): void {
    const text = this.text();
    this.#chunks.length = 0;
    this.#keptLength = 0;
    this.#keep(text.slice(text.length - this.#size));
  }
}

/** How much more than the buffer may pile up before it is thrown away. */
const SLACK = 1 << 16;
