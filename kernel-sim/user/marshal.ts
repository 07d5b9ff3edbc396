/** What a program may hand to a system call: numbers as they are; texts and bytes as pointers to copies on its stack. */
export type CallArgument = number | bigint | string | Uint8Array | null | undefined;

/** The bytes of a C string: UTF-8, then NUL. Chars of what came from the kernel as single bytes stay what they are. */
export function cString(text: string): Uint8Array {
  const bytes = utf8(text);
  const terminated = new Uint8Array(bytes.length + 1);
  terminated.set(bytes);
  return terminated;
}

/** The length of what must be a typed array, whatever its program has hung on it: nothing of that is asked. */
export function byteLength(bytes: Uint8Array): number {
  return lengthOf.call(bytes);
}

const lengthOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "length",
)?.get as (this: Uint8Array) => number;

/** The bytes of a program's array as an array of our own. */
export function plainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(byteLength(bytes));
  copy.set(bytes);
  return copy;
}

/** UTF-8 of a text, without the host's encoder. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
    }
  }
  return Uint8Array.from(bytes);
}

/** The text of UTF-8 bytes; what is no UTF-8 becomes U+FFFD, a byte at a time. */
export function fromUtf8(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at]!;
    const length =
      first < 0x80
        ? 1
        : first < 0xc2
          ? 0
          : first < 0xe0
            ? 2
            : first < 0xf0
              ? 3
              : first < 0xf5
                ? 4
                : 0;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    let isValid = length > 0 && at + length <= bytes.length;
    for (let i = 1; isValid && i < length; i++) {
      const next = bytes[at + i]!;
      if ((next & 0xc0) !== 0x80) isValid = false;
      code = (code << 6) | (next & 63);
    }
    const isSurrogate = code >= 0xd800 && code < 0xe000;
    if (!isValid || isSurrogate || code > 0x10ffff) {
      text += "\ufffd";
      at++;
    } else {
      text += String.fromCodePoint(code);
      at += length;
    }
  }
  return text;
}
