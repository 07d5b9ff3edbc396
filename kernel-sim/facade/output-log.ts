import { fromUtf8 } from "../user/marshal.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Bytes that come one after the other; with a limit, the last ones. */
export class OutputLog {
  readonly #limit: number;
  #bytes = new Uint8Array(256);
  #length = 0;
  /** How many were thrown away at the beginning. */
  #dropped = 0;

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** How many have come in all. */
  get total(): number {
    return this.#dropped + this.#length;
  }

  add(bytes: Uint8Array): void {
    const wanted = this.#length + bytes.length;
    if (wanted > this.#bytes.length) {
      const grown = new Uint8Array(2 * wanted);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = wanted;
    if (this.#length > 2 * this.#limit) this.#drop(this.#length - this.#limit);
  }

  /** From byte `from` of all that came, as far as it is kept. */
  since(from: number): Uint8Array {
    return this.#bytes.slice(Math.max(0, from - this.#dropped), this.#length);
  }

  /**
   * What programs have written: where a terminal has put a carriage return in front of a line feed (`ONLCR`), it
   * is left out again.
   */
  get text(): string {
    const bytes = this.#bytes.subarray(0, this.#length);
    const plain = bytes.filter((byte, i) => byte !== CARRIAGE_RETURN || bytes[i + 1] !== LINE_FEED);
    return fromUtf8(plain);
  }

  #drop(n: number): void {
    this.#bytes.copyWithin(0, n, this.#length);
    this.#length -= n;
    this.#dropped += n;
  }
}
