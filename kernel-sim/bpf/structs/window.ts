/** Bytes that somebody reads, into which whole members are put: of each what lies inside. */
export class Window {
  readonly start: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #number = new DataView(new ArrayBuffer(8));

  /** @param start the address of the first of them */
  constructor(start: number, size: number) {
    this.start = start;
    this.bytes = new Uint8Array(size);
  }

  overlaps(from: number, to: number): boolean {
    return from < this.start + this.bytes.length && to > this.start;
  }

  put(address: number, bytes: Uint8Array): void {
    const skipped = Math.max(0, this.start - address);
    const kept = bytes.subarray(skipped, Math.max(skipped, this.#end - address));
    if (kept.length > 0) this.bytes.set(kept, address + skipped - this.start);
  }

  /** @param size in bytes, at most 8 */
  putNumber(address: number, size: number, value: number | bigint): void {
    this.put(address, new Uint8Array(this.#encoded(value).buffer, 0, size));
  }

  /** So many bits, from that one on of the bytes there. */
  putBits(address: number, first: number, bits: number, value: number): void {
    for (let i = 0; i < bits; i++) {
      const at = address + ((first + i) >> 3) - this.start;
      if (at < 0 || at >= this.bytes.length || ((value >>> i) & 1) === 0) continue;
      this.bytes[at] = this.bytes[at]! | (1 << ((first + i) & 7));
    }
  }

  get #end(): number {
    return this.start + this.bytes.length;
  }

  #encoded(value: number | bigint): DataView {
    const view = this.#number;
    if (typeof value === "bigint") view.setBigInt64(0, BigInt.asIntN(64, value), true);
    else {
      // RLIM_INFINITY and its like are all ones.
      const whole = value === Infinity ? -1 : value;
      view.setUint32(0, whole % UPPER, true);
      view.setInt32(4, Math.floor(whole / UPPER), true);
    }
    return view;
  }
}

const UPPER = 2 ** 32;
