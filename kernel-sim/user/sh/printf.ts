const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** Text with its backslash escapes put in; `isStopped` when `\c` has cut it. */
export function escaped(text: string): { text: string; isStopped: boolean } {
  let isStopped = false;
  const done = text.replace(
    /\\(0?[0-7]{1,3}|[abfnrtv\\c])([\s\S]*?(?=\\|$))/g,
    (_all, what, rest) => {
      if (isStopped) return "";
      if (what === "c") {
        isStopped = true;
        return "";
      }
      const char = ESCAPES[what] ?? String.fromCharCode(Number.parseInt(what, 8) & 0xff);
      return char + rest;
    },
  );
  return { text: done, isStopped };
}

/** printf(1): the text, and what was wrong with arguments. */
export function format(
  pattern: string,
  args: readonly string[],
): { text: string; errors: string[] } {
  const errors: string[] = [];
  let text = "";
  let next = 0;
  do {
    const before = next;
    const pieces = /%(%|([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?([a-zA-Z]))|[^%]+|%/g;
    for (const piece of pattern.matchAll(pieces)) {
      const [all, kind, flags = "", width = "", precision, letter] = piece;
      if (kind === undefined) text += escaped(all).text;
      else if (kind === "%") text += "%";
      else {
        const wide = width === "*" ? (args[next++] ?? "0") : width;
        const precise = precision === "*" ? (args[next++] ?? "0") : precision;
        const done = convert(letter!, flags, precise, args[next++], errors);
        if (done === undefined) return { text, errors: [`%${letter}: invalid directive`] };
        text += pad(done.text, Number(wide), flags);
        if (done.isStopped) return { text, errors };
      }
    }
    if (next === before) break;
  } while (next < args.length);
  return { text, errors };
}

function convert(
  letter: string,
  flags: string,
  precision: string | undefined,
  arg: string | undefined,
  errors: string[],
): { text: string; isStopped: boolean } | undefined {
  const whole = (text: string) => ({ text, isStopped: false });
  const cut = (text: string) => (precision === undefined ? text : text.slice(0, Number(precision)));
  if (letter === "s") return whole(cut(arg ?? ""));
  if (letter === "c") return whole((arg ?? "").slice(0, 1));
  if (letter === "b") return escaped(arg ?? "");
  const value = numberOf(arg ?? "0", errors);
  const sign = (text: string) =>
    value < 0
      ? `-${text}`
      : flags.includes("+")
        ? `+${text}`
        : flags.includes(" ")
          ? ` ${text}`
          : text;
  const size = Math.abs(value);
  const digits = (radix: number) => {
    const unsigned =
      value < 0 ? BigInt.asUintN(64, BigInt(Math.trunc(value))) : BigInt(Math.trunc(value));
    return unsigned.toString(radix).padStart(Number(precision ?? 1), "0");
  };
  switch (letter) {
    case "d":
    case "i":
      return whole(sign(String(Math.trunc(size)).padStart(Number(precision ?? 1), "0")));
    case "u":
      return whole(digits(10));
    case "o":
      return whole((flags.includes("#") ? "0" : "") + digits(8));
    case "x":
      return whole((flags.includes("#") ? "0x" : "") + digits(16));
    case "X":
      return whole((flags.includes("#") ? "0X" : "") + digits(16).toUpperCase());
    case "f":
    case "F":
      return whole(sign(size.toFixed(Number(precision ?? 6))));
    case "e":
      return whole(
        sign(size.toExponential(Number(precision ?? 6)).replace(/e([-+])(\d)$/, "e$10$2")),
      );
    case "g":
      return whole(sign(String(Number(size.toPrecision(Number(precision ?? 6) || 1)))));
    default:
      return undefined;
  }
}

function numberOf(text: string, errors: string[]): number {
  if (/^["']/.test(text)) return text.codePointAt(1) ?? 0;
  const found = /^\s*[-+]?(?:0[xX][\da-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?)/.exec(text);
  if (found === null) {
    errors.push(`${text}: expected numeric value`);
    return 0;
  }
  if (found[0].length < text.length) errors.push(`${text}: not completely converted`);
  const body = found[0].trim().replace(/^[-+]/, "");
  const size = /^0[0-7]+$/.test(body) ? Number.parseInt(body, 8) : Number(body);
  return found[0].trim().startsWith("-") ? -size : size;
}

function pad(text: string, width: number, flags: string): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[-+ ]?(?:0[xX])?/.exec(text)![0];
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
