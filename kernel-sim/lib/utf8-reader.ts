const REPLACEMENT = 0xfffd;

/**
 * Characters from bytes that come one after the other; what is no UTF-8 is U+FFFD.
 *
 * @linux drivers/tty/vt/vt.c `vc_translate_unicode` (6.18)
 */
export class Utf8Reader {
  #code = 0;
  #missing = 0;
  #least = 0;

  /** The character that `byte` completes; undefined in the middle of one. */
  read(byte: number): number | undefined {
    if (this.#missing > 0) {
      if ((byte & 0xc0) === 0x80) {
        this.#code = (this.#code << 6) | (byte & 63);
        this.#missing--;
        return this.#missing > 0 ? undefined : this.#valid();
      }
      // The rest of it never came; this byte is another one.
      this.#missing = 0;
      return byte < 0x80 ? byte : REPLACEMENT;
    }
    if (byte < 0x80) return byte;
    if (byte < 0xc2 || byte > 0xf4) return REPLACEMENT;
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#least = [0, 0x80, 0x800, 0x10000][this.#missing]!;
    this.#code = byte & (0x3f >> this.#missing);
    return undefined;
  }

  #valid(): number {
    const code = this.#code;
    const isSurrogate = code >= 0xd800 && code < 0xe000;
    return code < this.#least || isSurrogate || code > 0x10ffff ? REPLACEMENT : code;
  }
}
