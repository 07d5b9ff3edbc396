import { TCGETS, TCSETSW, TIOCGWINSZ, TIOCSWINSZ } from "../../include/uapi/ioctls.ts";
import {
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ICANON,
  ICRNL,
  IEXTEN,
  INLCR,
  ISIG,
  IUTF8,
  IXANY,
  IXON,
  NOFLSH,
  OCRNL,
  ONLCR,
  OPOST,
  TOSTOP,
  VEOF,
  VEOL,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VMIN,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VTIME,
  VWERASE,
} from "../../include/uapi/termbits.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { fail, writeAll } from "./io.ts";

const TERMIOS_SIZE = 36;
const CC = 17;
/** Bytes of c_iflag, c_oflag and c_lflag. */
const IFLAG = 0;
const OFLAG = 4;
const LFLAG = 12;

/** Name, field and bit, in the order in which stty prints them. */
const FLAGS: readonly (readonly [string, number, number])[] = [
  ["inlcr", IFLAG, INLCR],
  ["icrnl", IFLAG, ICRNL],
  ["ixon", IFLAG, IXON],
  ["ixany", IFLAG, IXANY],
  ["iutf8", IFLAG, IUTF8],
  ["opost", OFLAG, OPOST],
  ["ocrnl", OFLAG, OCRNL],
  ["onlcr", OFLAG, ONLCR],
  ["isig", LFLAG, ISIG],
  ["icanon", LFLAG, ICANON],
  ["iexten", LFLAG, IEXTEN],
  ["echo", LFLAG, ECHO],
  ["echoe", LFLAG, ECHOE],
  ["echok", LFLAG, ECHOK],
  ["noflsh", LFLAG, NOFLSH],
  ["tostop", LFLAG, TOSTOP],
  ["echoctl", LFLAG, ECHOCTL],
  ["echoke", LFLAG, ECHOKE],
];
const SANE = new Set(
  "icrnl ixon opost onlcr isig icanon iexten echo echoe echok echoctl echoke".split(" "),
);

/** Name and default of the special characters. */
const CHARACTERS: readonly (readonly [string, number, number])[] = [
  ["intr", VINTR, 3],
  ["quit", VQUIT, 28],
  ["erase", VERASE, 127],
  ["kill", VKILL, 21],
  ["eof", VEOF, 4],
  ["eol", VEOL, 0],
  ["start", VSTART, 17],
  ["stop", VSTOP, 19],
  ["susp", VSUSP, 26],
  ["rprnt", VREPRINT, 18],
  ["werase", VWERASE, 23],
  ["lnext", VLNEXT, 22],
];
const NUMBERS: Readonly<Record<string, number>> = { min: VMIN, time: VTIME };
const COMBINED: Readonly<Record<string, readonly string[]>> = {
  raw: ["-icrnl", "-ixon", "-opost", "-isig", "-icanon"],
  "-raw": ["icrnl", "ixon", "opost", "isig", "icanon"],
  cooked: ["-raw"],
  cbreak: ["-icanon"],
  "-cbreak": ["icanon"],
  crt: ["echoe", "echoctl", "echoke"],
};

/**
 * stty [-a | size | setting...]: how the terminal on standard input treats what comes and goes.
 *
 * @spec stty(1)
 * @simplified of the settings, those that a terminal without a modem has.
 */
export const stty: Program = function* stty(sys, argv) {
  const bytes = new Uint8Array(TERMIOS_SIZE);
  const error = yield* sys.call("ioctl", 0, TCGETS, bytes);
  if (error < 0) return yield* fail(sys, "stty: 'standard input'", error);
  const view = new DataView(bytes.buffer);
  const args = argv.slice(1);
  const [first] = args;
  if (first === undefined || first === "-a") {
    yield* writeAll(sys, 1, yield* report(sys, view, first === "-a"));
    return 0;
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "size") {
      const { rows, cols } = yield* windowSize(sys);
      yield* writeAll(sys, 1, `${rows} ${cols}\n`);
      return 0;
    }
    if (arg === "rows" || arg === "cols" || arg === "columns") {
      yield* setWindowSize(sys, arg === "rows" ? 0 : 2, Number(args[++i]));
    } else if (!set(view, arg)) {
      const index = CHARACTERS.find(([name]) => name === arg)?.[1] ?? NUMBERS[arg];
      const value = args[++i];
      if (index === undefined || value === undefined) {
        return yield* fail(sys, `stty: invalid argument '${arg}'`);
      }
      view.setUint8(CC + index, arg in NUMBERS ? Number(value) : characterOf(value));
    }
  }
  const refused = yield* sys.call("ioctl", 0, TCSETSW, bytes);
  return refused < 0 ? yield* fail(sys, "stty: 'standard input'", refused) : 0;
};

function set(view: DataView, setting: string): boolean {
  if (setting === "sane") {
    for (const [name] of FLAGS) {
      if (name !== "iutf8") set(view, SANE.has(name) ? name : `-${name}`);
    }
    for (const [, index, value] of CHARACTERS) view.setUint8(CC + index, value);
    return true;
  }
  const combined = COMBINED[setting];
  if (combined !== undefined) return combined.every((part) => set(view, part));
  const isOff = setting.startsWith("-");
  const flag = FLAGS.find(([name]) => name === (isOff ? setting.slice(1) : setting));
  if (flag === undefined) return false;
  const [, field, bit] = flag;
  const old = view.getUint32(field, true);
  view.setUint32(field, isOff ? old & ~bit : old | bit, true);
  return true;
}

function* report(sys: Sys, view: DataView, isAll: boolean): SysCall<string> {
  const { rows, cols } = yield* windowSize(sys);
  const size = isAll ? ` rows ${rows}; columns ${cols};` : "";
  const characters = CHARACTERS.filter(
    ([, index, value]) => isAll || view.getUint8(CC + index) !== value,
  ).map(([name, index]) => `${name} = ${shown(view.getUint8(CC + index))};`);
  const numbers = Object.entries(NUMBERS)
    .filter(() => isAll)
    .map(([name, index]) => `${name} = ${view.getUint8(CC + index)};`);
  const flags = FLAGS.filter(
    ([name, field, bit]) => isAll || ((view.getUint32(field, true) & bit) !== 0) !== SANE.has(name),
  ).map(([name, field, bit]) => ((view.getUint32(field, true) & bit) !== 0 ? name : `-${name}`));
  const lines = [`speed 38400 baud;${size} line = ${view.getUint8(16)};`];
  for (const group of [[...characters, ...numbers], flags]) {
    if (group.length > 0) lines.push(...wrapped(group));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length < 80) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** `^C`, `^?`, `<undef>`. */
function shown(byte: number): string {
  if (byte === 0) return "<undef>";
  if (byte === 127) return "^?";
  return byte < 32 ? `^${String.fromCharCode(byte + 64)}` : String.fromCharCode(byte);
}

function characterOf(text: string): number {
  if (text === "undef" || text === "^-") return 0;
  if (text === "^?") return 127;
  if (text.length === 2 && text.startsWith("^")) return text.toUpperCase().charCodeAt(1) & 31;
  return text.charCodeAt(0) & 255;
}

function* windowSize(sys: Sys): SysCall<{ rows: number; cols: number }> {
  const bytes = new Uint8Array(8);
  yield* sys.call("ioctl", 0, TIOCGWINSZ, bytes);
  const view = new DataView(bytes.buffer);
  return { rows: view.getUint16(0, true), cols: view.getUint16(2, true) };
}

function* setWindowSize(sys: Sys, at: number, value: number): SysCall<void> {
  const bytes = new Uint8Array(8);
  yield* sys.call("ioctl", 0, TIOCGWINSZ, bytes);
  new DataView(bytes.buffer).setUint16(at, value, true);
  yield* sys.call("ioctl", 0, TIOCSWINSZ, bytes);
}
