/**
 * The formats that programs may print with.
 *
 * @linux kernel/bpf/helpers.c `bpf_bprintf_prepare`, lib/vsprintf.c (6.18)
 */
import { EINVAL } from "../../include/errno.ts";

/** One conversion of a format, or the text between two. */
type Piece =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "argument";
      /** `d`, `u`, `x`, `X`, `c`, `s`, `us`, `p`, `px`, `pK`, `pS`, `pB`, `pI4` and the like. */
      readonly conversion: string;
      readonly isLong: boolean;
      readonly flags: string;
      readonly width: number;
    };

/** Low and high word. */
export type PrintArgument = readonly [low: number, high: number];

/** Where strings and addresses come from that an argument points to. */
export interface PrintMemory {
  /** The text at a kernel or user address, without its 0; undefined: there is nothing to be read. */
  readText(argument: PrintArgument, isUser: boolean): string | undefined;
  /** `size` bytes; those that cannot be read are 0. */
  readBytes(argument: PrintArgument, size: number): Uint8Array;
  /** What stands in place of an address that is not to be seen. */
  hashed(argument: PrintArgument): number;
  /** What has a name at an address, and where in it that is. @param conversion `pS`, `ps` or `pB` */
  symbol(address: bigint, conversion: string): string;
}

/** Texts and plain pointers end at a blank or a sign; behind other pointers, letters and digits belong to them. */
const CONVERSION =
  /%(?:%|([0+\- ]*)([1-9]\d*)?(?:(ll?)?([idxXu])|(c)|(s|p[ku]s|p)(?![^\s!-/:-@[-`{-~\xa1-\xbf\xd7\xf7])|(p[KxsSB]|p[iI][46])[\dA-Za-z\xc0-\xd6\xd8-\xf6\xf8-\xff]*))/y;
/** What is no conversion may have any letter of Latin-1. */
const PRINTABLE = /^[\t-\r -~\x80-\xff]*$/;

/**
 * The pieces of a format; -EINVAL for one that the kernel does not take.
 *
 * @param argumentsMax how many arguments there are
 */
export function parseFormat(format: string, argumentsMax: number): readonly Piece[] | number {
  if (!PRINTABLE.test(format)) return -EINVAL;
  const pieces: Piece[] = [];
  let used = 0;
  for (let at = 0; at < format.length; ) {
    const next = format.indexOf("%", at);
    const end = next < 0 ? format.length : next;
    if (end > at) pieces.push({ kind: "text", text: format.slice(at, end) });
    if (next < 0) break;
    CONVERSION.lastIndex = next;
    const match = CONVERSION.exec(format);
    if (match === null) return -EINVAL;
    at = next + match[0].length;
    const [whole, flags = "", width = "0", length = "", number, char, text, special] = match;
    if (whole === "%%") {
      pieces.push({ kind: "text", text: "%" });
      continue;
    }
    if (used++ >= argumentsMax) return -EINVAL;
    const conversion = number ?? char ?? text ?? special ?? "";
    pieces.push({
      kind: "argument",
      conversion,
      isLong: length !== "",
      flags,
      width: Number(width),
    });
  }
  return pieces;
}

/** The printed text, whole; -EINVAL for a format that the kernel does not take. */
export function printed(
  format: string,
  args: readonly PrintArgument[],
  memory: PrintMemory,
): string | number {
  const pieces = parseFormat(format, args.length);
  if (typeof pieces === "number") return pieces;
  let text = "";
  let used = 0;
  for (const piece of pieces) {
    text += piece.kind === "text" ? piece.text : converted(piece, args[used++]!, memory);
  }
  return text;
}

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

function converted(
  { conversion, isLong, flags, width }: Extract<Piece, { kind: "argument" }>,
  argument: PrintArgument,
  memory: PrintMemory,
): string {
  const [low, high] = argument;
  const bits = isLong ? wide(argument) : BigInt(low >>> 0);
  const pad = (text: string) => padded(text, flags, width);
  switch (conversion) {
    case "d":
    case "i":
      return signed(BigInt.asIntN(isLong ? 64 : 32, bits), flags, width);
    case "u":
      return number(bits.toString(), flags, width);
    case "x":
      return number(bits.toString(16), flags, width);
    case "X":
      return number(bits.toString(16).toUpperCase(), flags, width);
    case "c":
      return pad(String.fromCharCode(low & 0xff));
    case "s":
    case "pks":
      return pad(memory.readText(argument, false) ?? "");
    case "pus":
      return pad(memory.readText(argument, true) ?? "");
    case "px":
      return pad(address(wide(argument)));
    case "p":
    case "pK": {
      const isNull = (low | high) === 0;
      return pad(address(isNull ? 0n : BigInt(memory.hashed(argument) >>> 0)));
    }
    case "ps":
    case "pS":
    case "pB":
      return pad(memory.symbol(wide(argument), conversion));
    case "pI4":
      return [...memory.readBytes(argument, IPV4_BYTES)].join(".");
    case "pi4":
      return [...memory.readBytes(argument, IPV4_BYTES)]
        .map((byte) => String(byte).padStart(3, "0"))
        .join(".");
    default:
      return ipv6Text(memory.readBytes(argument, IPV6_BYTES), conversion === "pI6" ? ":" : "");
  }
}

function wide([low, high]: PrintArgument): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function address(bits: bigint): string {
  return bits.toString(16).padStart(16, "0");
}

function ipv6Text(bytes: Uint8Array, separator: string): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return (hex.match(/.{4}/g) ?? []).join(separator);
}

function signed(value: bigint, flags: string, width: number): string {
  const digits = String(value < 0n ? -value : value);
  const plus = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  return number(digits, flags, width, value < 0n ? "-" : plus);
}

/** Zeros come behind the sign, and only in front. */
function number(digits: string, flags: string, width: number, sign = ""): string {
  if (flags.includes("0") && !flags.includes("-")) {
    return sign + digits.padStart(width - sign.length, "0");
  }
  return padded(sign + digits, flags, width);
}

function padded(text: string, flags: string, width: number): string {
  return flags.includes("-") ? text.padEnd(width) : text.padStart(width);
}

/** Whether a format is one that the kernel takes, with at most `argumentsMax` arguments. */
export function isFormatOk(format: string, argumentsMax: number): boolean {
  return typeof parseFormat(format, argumentsMax) !== "number";
}
