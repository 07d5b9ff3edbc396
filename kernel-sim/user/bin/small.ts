import type { Program } from "../program.ts";
import { answer } from "../sh/answer.ts";
import { escaped, format } from "../sh/printf.ts";
import { fail, options, usage, writeAll } from "./io.ts";

const PIECE = 8192;

export const trueProgram: Program = () => answer(0);
export const falseProgram: Program = () => answer(1);

/** echo [-neE] [text]... */
export const echo: Program = function* echo(sys, argv) {
  let i = 1;
  let flags = "";
  for (; /^-[neE]+$/.test(argv[i] ?? ""); i++) flags += argv[i]!.slice(1);
  const text = argv.slice(i).join(" ");
  const isEscaped = flags.lastIndexOf("e") > flags.lastIndexOf("E");
  const done = isEscaped ? escaped(text) : { text, isStopped: false };
  const end = flags.includes("n") || done.isStopped ? "" : "\n";
  return (yield* writeAll(sys, 1, done.text + end)) ? 0 : 1;
};

export const printf: Program = function* printf(sys, argv) {
  const { text, errors } = format(argv[1] ?? "", argv.slice(2));
  yield* writeAll(sys, 1, text);
  for (const error of errors) yield* fail(sys, `printf: '${error.replace(": ", "': ")}`);
  return errors.length > 0 ? 1 : 0;
};

/** yes [text]...: the line for ever. */
export const yes: Program = function* yes(sys, argv) {
  const line = `${argv.length > 1 ? argv.slice(1).join(" ") : "y"}\n`;
  const many = line.repeat(Math.max(1, Math.floor(PIECE / line.length)));
  for (;;) {
    const done = yield* sys.write(1, many);
    if (done < 0) return yield* fail(sys, "yes: standard output", done);
  }
};

/** seq [first [step]] last */
export const seq: Program = function* seq(sys, argv) {
  const { flags, rest } = options(
    argv.map((arg) => (/^-[\d.]/.test(arg) ? ` ${arg}` : arg)),
    "+s:w",
  );
  const numbers = rest.map(Number);
  const wrong = rest.find((_, i) => Number.isNaN(numbers[i]));
  if (rest.length === 0)
    return yield* fail(sys, "seq: missing operand\nTry 'seq --help' for more information.");
  if (wrong !== undefined) {
    return yield* fail(
      sys,
      `seq: invalid floating point argument: '${wrong}'\nTry 'seq --help' for more information.`,
    );
  }
  const first = rest.length > 1 ? numbers[0]! : 1;
  const step = rest.length > 2 ? numbers[1]! : 1;
  const last = numbers.at(-1)!;
  if (step === 0) {
    return yield* fail(
      sys,
      `seq: invalid Zero increment value: '${rest[1]}'\nTry 'seq --help' for more information.`,
    );
  }
  const places = Math.max(...rest.slice(0, 2).map((text) => text.split(".")[1]?.length ?? 0));
  const width = flags.has("w")
    ? Math.max(first.toFixed(places).length, last.toFixed(places).length)
    : 0;
  const separator = flags.get("s") ?? "\n";
  let text = "";
  for (let i = 0; ; i++) {
    const value = first + i * step;
    if (step > 0 ? value > last + 1e-9 : value < last - 1e-9) break;
    text += (i > 0 ? separator : "") + value.toFixed(places).padStart(width, "0");
    if (text.length >= PIECE) {
      if (!(yield* writeAll(sys, 1, text))) return 1;
      text = "";
    }
  }
  if (step > 0 ? first <= last : first >= last) text += "\n";
  return (yield* writeAll(sys, 1, text)) ? 0 : 1;
};

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** sleep number[smhd]... */
export const sleep: Program = function* sleep(sys, argv) {
  let seconds = 0;
  for (const arg of argv.slice(1)) {
    const found = /^(\d*\.?\d+)([smhd]?)$/.exec(arg);
    if (found === null) {
      return yield* fail(
        sys,
        `sleep: invalid time interval '${arg}'\nTry 'sleep --help' for more information.`,
      );
    }
    seconds += Number(found[1]) * UNITS[found[2] || "s"]!;
  }
  if (argv.length < 2)
    return yield* fail(sys, "sleep: missing operand\nTry 'sleep --help' for more information.");
  yield* sys.nanosleep(Math.round(seconds * 1e9));
  return 0;
};

/** tr [-cds] set1 [set2] */
export const tr: Program = function* tr(sys, argv) {
  const { flags, rest, wrong } = options(argv, "cCds");
  if (wrong !== undefined) return yield* usage(sys, "tr", wrong);
  if (rest.length === 0)
    return yield* fail(sys, "tr: missing operand\nTry 'tr --help' for more information.");
  const isComplement = flags.has("c") || flags.has("C");
  const first = setOf(rest[0]!);
  const second = setOf(rest[1] ?? "");
  const isIn = (char: number) => first.includes(char) !== isComplement;
  const squeezed = rest.length > 1 ? second : undefined;
  let last = -1;
  for (;;) {
    const bytes = yield* sys.read(0, PIECE);
    if (typeof bytes === "number" || bytes.length === 0) return 0;
    const out: number[] = [];
    for (const byte of bytes) {
      let char = byte;
      if (flags.has("d") && isIn(char)) continue;
      if (!flags.has("d") && second.length > 0 && isIn(char)) {
        char = isComplement ? second.at(-1)! : (second[first.lastIndexOf(char)] ?? second.at(-1)!);
      }
      const isRepeated = flags.has("s") && char === last;
      if (isRepeated && (squeezed?.includes(char) ?? isIn(char))) continue;
      last = char;
      out.push(char);
    }
    if (!(yield* writeAll(sys, 1, Uint8Array.from(out)))) return 1;
  }
};

const CLASSES: Readonly<Record<string, string>> = {
  lower: "a-z",
  upper: "A-Z",
  digit: "0-9",
  alpha: "A-Za-z",
  alnum: "0-9A-Za-z",
  space: "\\t\\n\\v\\f\\r ",
  blank: "\\t ",
  punct: "!-/:-@\\[-`{-~",
};

function setOf(text: string): number[] {
  const plain = text.replace(/\[:(\w+):\]/g, (all, name: string) => CLASSES[name] ?? all);
  const chars: string[] = [];
  for (const [piece] of plain.matchAll(/\\(?:[0-7]{1,3}|[\s\S])|[\s\S]/g)) {
    chars.push(piece.length > 1 ? escaped(piece).text.slice(-1) : piece === "-" ? "RANGE" : piece);
  }
  const codes: number[] = [];
  for (let i = 0; i < chars.length; i++) {
    const from = (chars[i] === "RANGE" ? "-" : chars[i]!).charCodeAt(0);
    if (chars[i + 1] === "RANGE" && i + 2 < chars.length) {
      for (let code = from; code <= chars[i + 2]!.charCodeAt(0); code++) codes.push(code);
      i += 2;
    } else codes.push(from);
  }
  return codes;
}
