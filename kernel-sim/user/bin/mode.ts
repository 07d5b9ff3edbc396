/** By the type in the upper bits, from S_IFIFO (1) to S_IFSOCK (12). */
const TYPES = "?pc?d?b?-?l?s???";

/** A mode as `ls -l` shows it: `-rwxr-xr-x`. */
export function modeText(mode: number): string {
  const chars = [..."rwxrwxrwx"].map((char, i) => ((mode & (0o400 >> i)) === 0 ? "-" : char));
  const special = (bit: number, at: number, letter: string) => {
    if ((mode & bit) !== 0) chars[at] = chars[at] === "x" ? letter : letter.toUpperCase();
  };
  special(0o4000, 2, "s");
  special(0o2000, 5, "s");
  special(0o1000, 8, "t");
  return TYPES[(mode & 0o170000) >> 12]! + chars.join("");
}

/** The mode that `text` (octal, or `u+x,go=r`) makes of `mode`; undefined when it is none. */
export function changedMode(text: string, mode: number, umask: number): number | undefined {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8);
  let result = mode & 0o7777;
  for (const clause of text.split(",")) {
    const found = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
    if (found === null) return undefined;
    const isDefault = found[1] === "";
    const who = isDefault || found[1]!.includes("a") ? "ugo" : found[1]!;
    for (const [, operator, letters] of found[2]!.matchAll(/([-+=])([rwxXst]*)/g)) {
      let bits = 0;
      for (const [i, each] of [..."ugo"].entries()) {
        if (!who.includes(each)) continue;
        const shift = 6 - 3 * i;
        const isDirectory = (mode & 0o170000) === 0o040000;
        if (letters!.includes("r")) bits |= 4 << shift;
        if (letters!.includes("w")) bits |= 2 << shift;
        if (letters!.includes("x")) bits |= 1 << shift;
        if (letters!.includes("X") && (isDirectory || (mode & 0o111) !== 0)) bits |= 1 << shift;
        if (letters!.includes("s")) bits |= each === "u" ? 0o4000 : each === "g" ? 0o2000 : 0;
        if (operator === "=") result &= ~(7 << shift);
      }
      if (letters!.includes("t")) bits |= 0o1000;
      if (isDefault) bits &= ~umask;
      result = operator === "-" ? result & ~bits : result | bits;
    }
  }
  return result;
}
