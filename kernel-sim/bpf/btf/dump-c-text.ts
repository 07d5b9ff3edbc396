/** Text that somebody else's types make: it ends where it would become endless. */
const CHARS_MAX = 1 << 23;
const STEPS_MAX = 1 << 21;
const DEPTH_MAX = 500;

export class CText {
  /** Set when there was more to say than there is room for. */
  isFull = false;
  readonly #parts: string[] = [];
  #chars = 0;
  #steps = 0;
  #depth = 0;

  write(part: string): boolean {
    this.#chars += part.length;
    if (this.#chars > CHARS_MAX) this.isFull = true;
    else this.#parts.push(part);
    return !this.isFull;
  }

  /** Goes one level down, to types that a type consists of, unless that has been done too often. */
  within<T>(inner: () => T, otherwise: T): T {
    if (this.#depth === DEPTH_MAX || ++this.#steps > STEPS_MAX) this.isFull = true;
    if (this.isFull) return otherwise;
    this.#depth++;
    const answer = inner();
    this.#depth--;
    return answer;
  }

  toString(): string {
    return this.#parts.join("");
  }
}
