import type { Program } from "../program.ts";
import { fail, options, readPath, usage, writeAll } from "./io.ts";

const ROW = 16;
const SIZES: Readonly<Record<string, number>> = { C: 1, S: 2, I: 4, L: 8, "": 4 };
/** Options of old, and the types that they stand for. */
const OLD: Readonly<Record<string, string>> = {
  b: "o1",
  c: "c",
  d: "u2",
  o: "o2",
  s: "d2",
  x: "x2",
  i: "d4",
  l: "d8",
};
const NAMED =
  "nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp".split(
    " ",
  );
const ESCAPES: Readonly<Record<number, string>> = {
  0: "\\0",
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
};

interface Format {
  readonly kind: string;
  readonly size: number;
  /** Chars of one value, without the space before it. */
  readonly width: number;
  readonly hasText: boolean;
}

/** od [-A radix] [-t type]... [-bcdosxv] [-j skip] [-N count] [file]... */
export const od: Program = function* od(sys, argv) {
  const formats: Format[] = [];
  const args = [...argv];
  let isWrong: string | undefined;
  // Types add up in their order: taken out before the other options.
  for (let i = 1; i < args.length && args[i] !== "--"; i++) {
    const found = /^-([bcdosxilv]*)(?:t(.*))?$/.exec(args[i]!);
    if (found === null || args[i] === "-" || args[i] === "-v") continue;
    const given = found[2] === undefined ? undefined : found[2] || (args.splice(i + 1, 1)[0] ?? "");
    const all = `${[...found[1]!].map((letter) => OLD[letter] ?? "").join("")}${given ?? ""}`;
    const parsed = formatsOf(all);
    if (parsed === undefined) isWrong ??= given ?? all;
    else formats.push(...parsed);
    if (found[1]!.includes("v")) args[i] = "-v";
    else args.splice(i--, 1);
  }
  if (isWrong !== undefined) {
    const char = isWrong.replace(/(?:[ac]|[doux](?:\d+|[CSIL])?)z?/y, "")[0] ?? "";
    return yield* fail(sys, `od: invalid character '${char}' in type string '${isWrong}'`);
  }
  const { flags, rest, wrong } = options(args, "A:j:N:vw:");
  if (wrong !== undefined) return yield* usage(sys, "od", wrong);
  const radix = flags.get("A") ?? "o";
  if (!/^[doxn]$/.test(radix)) {
    return yield* fail(
      sys,
      `od: invalid output address radix '${radix}'; it must be one character from [doxn]`,
    );
  }
  if (formats.length === 0) formats.push(...formatsOf("o2")!);
  let status = 0;
  const start = count(flags.get("j") ?? "0");
  let left = start + count(flags.get("N") ?? "Infinity");
  const pieces: Uint8Array[] = [];
  for (const path of rest.length === 0 ? ["-"] : rest) {
    const piece = yield* readPath(sys, path, left);
    if (typeof piece === "number") status = yield* fail(sys, `od: ${path}`, piece);
    else {
      pieces.push(piece);
      left -= piece.length;
    }
  }
  if (pieces.length === 0) return status;
  const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  if (start > whole.length) return yield* fail(sys, "od: cannot skip past end of combined input");
  const end = Math.min(whole.length, start + count(flags.get("N") ?? "Infinity"));
  const row = Number(flags.get("w") ?? ROW);
  const unit = Math.max(...formats.map(({ size, width }) => (width + 1) / size));
  const address = (at: number) =>
    radix === "n"
      ? ""
      : radix === "d"
        ? String(at).padStart(7, "0")
        : at.toString(radix === "o" ? 8 : 16).padStart(radix === "o" ? 7 : 6, "0");
  const lines: string[] = [];
  let last: string | undefined;
  let isStarred = false;
  for (let at = start; at < end; at += row) {
    const bytes = whole.subarray(at, Math.min(at + row, end));
    const key = bytes.join();
    if (!flags.has("v") && key === last && bytes.length === row) {
      if (!isStarred) lines.push("*\n");
      isStarred = true;
      continue;
    }
    last = key;
    isStarred = false;
    formats.forEach((format, i) => {
      const head = address(at);
      const prefix = i === 0 ? head : " ".repeat(head.length);
      const shown = rowOf(bytes, format, unit);
      const text = format.hasText
        ? `${" ".repeat(Math.max(0, row * unit - shown.length))}  >${textOf(bytes)}<`
        : "";
      lines.push(`${prefix}${shown}${text}\n`);
    });
  }
  if (radix !== "n") lines.push(`${address(end)}\n`);
  yield* writeAll(sys, 1, lines.join(""));
  return status;
};

function count(text: string): number {
  const found = /^(0x[\da-f]+|\d+)([bkKmM]?)$/i.exec(text);
  if (found === null) return text === "Infinity" ? Number.POSITIVE_INFINITY : 0;
  const digits = found[1]!;
  const isOctal = /^0[0-7]+$/.test(digits);
  const factor = { b: 512, k: 1024, m: 1024 ** 2 }[found[2]!.toLowerCase()] ?? 1;
  return (isOctal ? Number.parseInt(digits, 8) : Number(digits)) * factor;
}

function formatsOf(text: string): Format[] | undefined {
  const formats: Format[] = [];
  let left = text;
  while (left !== "") {
    const found = /^([acdoux])(\d+|[CSIL])?(z?)/.exec(left);
    if (found === null) return undefined;
    left = left.slice(found[0].length);
    const kind = found[1]!;
    const isChar = kind === "a" || kind === "c";
    const size = isChar ? 1 : (SIZES[found[2] ?? ""] ?? Number(found[2]));
    if (![1, 2, 4, 8].includes(size)) return undefined;
    formats.push({
      kind,
      size,
      width: isChar ? 3 : widthOf(kind, size),
      hasText: found[3] === "z",
    });
  }
  return formats;
}

function widthOf(kind: string, size: number): number {
  const largest = 2n ** BigInt(size * 8) - 1n;
  if (kind === "d") return String(largest / 2n).length + 1;
  return largest.toString(kind === "o" ? 8 : kind === "x" ? 16 : 10).length;
}

/** The values of a row; what is missing of the last one is 0. */
function rowOf(bytes: Uint8Array, { kind, size, width }: Format, unit: number): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += size) {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[at + i] ?? 0);
    text += valueText(value, kind, size, width).padStart(unit * size);
  }
  return text;
}

function valueText(value: bigint, kind: string, size: number, width: number): string {
  const byte = Number(value & 0xffn);
  if (kind === "a")
    return NAMED[byte & 0x7f] ?? ((byte & 0x7f) === 127 ? "del" : String.fromCharCode(byte & 0x7f));
  if (kind === "c") {
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    return ESCAPES[byte] ?? byte.toString(8).padStart(3, "0");
  }
  if (kind === "u") return String(value);
  if (kind === "d") return String(BigInt.asIntN(size * 8, value));
  return value.toString(kind === "o" ? 8 : 16).padStart(width, "0");
}

function textOf(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."))
    .join("");
}
