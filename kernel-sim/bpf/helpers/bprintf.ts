/** After a conversion of a string or an address, nothing that could belong to it. */
const END = "(?![^\\0\\s!-/:-@[-`{-~])";
const CONVERSION = new RegExp(
  `%[-+ 0]*(?:[1-9]\\d*)?(?:p(?:[ku]s${END}|[KxsSB]|[iI][46]|${END})|s${END}|c|l{0,2}[diuxX])`,
  "y",
);

/**
 * Whether a format is one of the kernel's own, with at most `argCount` arguments.
 *
 * @linux kernel/bpf/helpers.c `bpf_bprintf_prepare` (6.18)
 */
export function isFormatOk(format: string, argCount: number): boolean {
  let used = 0;
  for (let at = 0; at < format.length; ) {
    if (!/[\t-\r -~]/.test(format[at]!)) return false;
    if (format[at] !== "%") {
      at++;
    } else if (format[at + 1] === "%") {
      at += 2;
    } else {
      CONVERSION.lastIndex = at;
      const match = CONVERSION.exec(format);
      if (match === null || used === argCount) return false;
      used++;
      at += match[0].length;
    }
  }
  return true;
}
