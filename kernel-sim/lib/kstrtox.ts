/**
 * A whole number in the notation of C (decimal, 0x, 0 for octal) with blanks around it left out; undefined
 * when the text is none. What stands behind a NUL does not count.
 *
 * @linux lib/kstrtox.c `kstrtoll` (6.18)
 */
export function kstrtoll(text: string): number | undefined {
  const end = text.indexOf("\0");
  const whole = end < 0 ? text : text.slice(0, end);
  const [, sign = "", digits = ""] = /^\s*([+-]?)(0x[0-9a-f]+|\d+)\s*$/i.exec(whole) ?? [];
  if (digits === "") return undefined;
  const isOctal = /^0\d/.test(digits);
  if (isOctal && /[89]/.test(digits)) return undefined;
  const value = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  return sign === "-" ? -value : value;
}
