const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /\d/,
  alnum: /[A-Za-z\d]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /\s/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  xdigit: /[\dA-Fa-f]/,
};

/** Whether `text` as a whole matches a shell pattern: `*`, `?`, `[…]`, and `\` before what is meant literally. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0;
  let i = 0;
  let starAt = -1;
  let starText = 0;
  while (i < text.length || at < pattern.length) {
    const char = pattern[at];
    if (char === "*") {
      starAt = at++;
      starText = i;
      continue;
    }
    const next = char === undefined || i >= text.length ? -1 : matchOne(pattern, at, text[i]!);
    if (next >= 0) {
      at = next;
      i++;
    } else if (starAt >= 0 && starText < text.length) {
      at = starAt + 1;
      i = ++starText;
    } else return false;
  }
  return true;
}

/** Where the pattern goes on behind what has matched one char, or -1. */
function matchOne(pattern: string, at: number, char: string): number {
  const first = pattern[at]!;
  if (first === "?") return at + 1;
  if (first === "\\" && at + 1 < pattern.length) return pattern[at + 1] === char ? at + 2 : -1;
  if (first !== "[") return first === char ? at + 1 : -1;
  const end = bracketEnd(pattern, at);
  if (end < 0) return char === "[" ? at + 1 : -1;
  return bracketHas(pattern.slice(at + 1, end), char) ? end + 1 : -1;
}

function bracketEnd(pattern: string, at: number): number {
  let i = at + 1;
  if (pattern[i] === "!" || pattern[i] === "^") i++;
  for (let isFirst = true; i < pattern.length; i++, isFirst = false) {
    if (pattern[i] === "\\") i++;
    else if (pattern.startsWith("[:", i)) {
      const close = pattern.indexOf(":]", i + 2);
      if (close > 0) i = close + 1;
    } else if (pattern[i] === "]" && !isFirst) return i;
  }
  return -1;
}

function bracketHas(body: string, char: string): boolean {
  const isNegated = body[0] === "!" || body[0] === "^";
  let has = false;
  for (let i = isNegated ? 1 : 0; i < body.length; i++) {
    const named = /^\[:(\w+):\]/.exec(body.slice(i));
    if (named !== null) {
      has ||= CLASSES[named[1]!]?.test(char) ?? false;
      i += named[0].length - 1;
      continue;
    }
    if (body[i] === "\\" && i + 1 < body.length) i++;
    const low = body[i]!;
    let high = low;
    if (body[i + 1] === "-" && i + 2 < body.length) {
      i += 2;
      high = body[i]!;
    }
    has ||= low <= char && char <= high;
  }
  return has !== isNegated;
}

/** What remains of `text` when the shortest or longest prefix or suffix that matches is cut off. */
export function trimPattern(text: string, operator: string, pattern: string): string {
  const isLongest = operator.length === 2;
  const isSuffix = operator.startsWith("%");
  for (let n = 0; n <= text.length; n++) {
    const cut = isLongest ? text.length - n : n;
    const at = isSuffix ? text.length - cut : cut;
    const piece = isSuffix ? text.slice(at) : text.slice(0, at);
    if (matchesPattern(pattern, piece)) return isSuffix ? text.slice(0, at) : text.slice(at);
  }
  return text;
}

/** Puts a backslash before every char that would mean something in a pattern. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]!^-]/g, "\\$&");
}
