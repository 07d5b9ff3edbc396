import type { Substitute } from "./script.ts";

/** What `s` makes of a line, or undefined where nothing matches. */
export function replaced(
  text: string,
  pattern: RegExp,
  { replacement, nth, isGlobal }: Substitute,
): string | undefined {
  let count = 0;
  let at = 0;
  let result = "";
  pattern.lastIndex = 0;
  let end = -1;
  for (const found of text.matchAll(pattern)) {
    // Nothing is found right behind what was found before.
    if (found[0] === "" && found.index === end) continue;
    end = found.index + found[0].length;
    count++;
    if (count < nth) continue;
    result += text.slice(at, found.index) + filled(replacement, found);
    at = found.index + found[0].length;
    if (!isGlobal) break;
  }
  return count < nth ? undefined : result + text.slice(at);
}

/** `&`, `\1`, and what changes the case of letters. */
function filled(replacement: string, found: RegExpExecArray): string {
  let text = "";
  let whole = "";
  let once = "";
  const add = (piece: string) => {
    if (piece === "") return;
    let next = whole === "U" ? piece.toUpperCase() : whole === "L" ? piece.toLowerCase() : piece;
    if (once !== "") {
      const first = once === "u" ? next[0]!.toUpperCase() : next[0]!.toLowerCase();
      next = first + next.slice(1);
      once = "";
    }
    text += next;
  };
  for (const [piece] of replacement.matchAll(/\\[\s\S]|&|[^\\&]+|\\/g)) {
    if (piece === "&") add(found[0]);
    else if (!piece.startsWith("\\") || piece.length === 1) add(piece);
    else {
      const char = piece[1]!;
      if (/\d/.test(char)) add(found[Number(char)] ?? "");
      else if (char === "U" || char === "L") whole = char;
      else if (char === "E") whole = "";
      else if (char === "u" || char === "l") once = char;
      else add(char === "n" ? "\n" : char === "t" ? "\t" : char);
    }
  }
  return text;
}
