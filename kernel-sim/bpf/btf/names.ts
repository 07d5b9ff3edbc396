/** What the kernel takes for a name, byte by byte. */
const KSYM_NAME_LEN = 512;
const UNDERSCORE = 0x5f;
const DOT = 0x2e;

/** With the letters of Latin-1, as the kernel's own table has them. @linux lib/ctype.c `_ctype` (6.18) */
function isAlpha(byte: number): boolean {
  const folded = byte | 0x20;
  if (folded >= 0x61 && folded <= 0x7a) return true;
  return byte >= 0xc0 && byte !== 0xd7 && byte !== 0xf7;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isPrint(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte >= 0xa0;
}

/** @linux kernel/bpf/btf.c `btf_name_valid_identifier` (6.18) */
export function isIdentifier(strings: Uint8Array, offset: number): boolean {
  const isOk = (byte: number, isFirst: boolean) =>
    isAlpha(byte) || byte === UNDERSCORE || byte === DOT || (!isFirst && isDigit(byte));
  if (!isOk(strings[offset]!, true)) return false;
  return hasOnly(strings, offset, 1, (byte) => isOk(byte, false));
}

/** @linux kernel/bpf/btf.c `btf_name_valid_section` (6.18) */
export function isSectionName(strings: Uint8Array, offset: number): boolean {
  return strings[offset] !== 0 && hasOnly(strings, offset, 0, isPrint);
}

function hasOnly(
  strings: Uint8Array,
  offset: number,
  from: number,
  isOk: (byte: number) => boolean,
): boolean {
  for (let i = from; i < KSYM_NAME_LEN; i++) {
    const byte = strings[offset + i]!;
    if (byte === 0) return true;
    if (!isOk(byte)) return false;
  }
  return strings[offset + KSYM_NAME_LEN] === 0;
}
