/** A set of interrupt vectors, 0 to 255, as the 256-bit registers of an APIC hold it. */
export class VectorSet {
  readonly #words = new Uint32Array(8);

  add(vector: number): void {
    this.#words[vector >> 5]! |= 1 << (vector & 31);
  }

  delete(vector: number): void {
    this.#words[vector >> 5]! &= ~(1 << (vector & 31));
  }

  has(vector: number): boolean {
    return ((this.#words[vector >> 5]! >>> (vector & 31)) & 1) !== 0;
  }

  /** The highest of them; -1 when there is none. */
  highest(): number {
    for (let i = 7; i >= 0; i--) {
      const word = this.#words[i]!;
      if (word !== 0) return (i << 5) + 31 - Math.clz32(word);
    }
    return -1;
  }

  toArray(): readonly number[] {
    const vectors: number[] = [];
    for (let vector = 0; vector < 256; vector++) if (this.has(vector)) vectors.push(vector);
    return vectors;
  }
}
