/** A growing buffer in WebAssembly's binary format. @spec WebAssembly Core 2.0 §5 */
export class WasmBytes {
  bytes = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    if (this.length === this.bytes.length) this.#grow(this.length + 1);
    this.bytes[this.length++] = value;
  }

  /** An unsigned number of at most 32 bits (LEB128). */
  u32(value: number): void {
    let rest = value;
    while (rest >>> 0 > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A signed number of 32 bits; as a constant of 64 bits it is the same, extended. */
  s32(value: number): void {
    let rest = value;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** A signed number of 64 bits in two words. */
  s64(low: number, high: number): void {
    if (high === low >> 31) {
      this.s32(low);
      return;
    }
    let a = low;
    let b = high;
    while (b !== a >> 31 || a < -64 || a > 63) {
      this.byte((a & 0x7f) | 0x80);
      a = (a >>> 7) | (b << 25);
      b >>= 7;
    }
    this.byte(a & 0x7f);
  }

  text(name: string): void {
    this.u32(name.length);
    for (let i = 0; i < name.length; i++) this.byte(name.charCodeAt(i));
  }

  /** Another buffer, with its length in front. */
  sized({ bytes, length }: WasmBytes): void {
    this.u32(length);
    this.raw(bytes.subarray(0, length));
  }

  raw(bytes: Uint8Array): void {
    const end = this.length + bytes.length;
    if (end > this.bytes.length) this.#grow(end);
    this.bytes.set(bytes, this.length);
    this.length = end;
  }

  taken(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  #grow(wanted: number): void {
    const larger = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
