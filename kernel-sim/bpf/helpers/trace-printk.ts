import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

/** Longest line that the kernel prints. @linux include/linux/bpf.h `BPF_MAX_PRINTF_BUF` (6.18) */
const LINE_BYTES_MAX = 1024;
const STRING_BYTES_MAX = 512;

/**
 * Writes a line to the trace, as event `bpf_trace:bpf_trace_printk`, and answers its length.
 *
 * @linux kernel/trace/bpf_trace.c `bpf_trace_printk` (6.18)
 * @simplified of the `%p` forms there is plain `%p`, `%px` and `%pK`, printed as 16 hex digits.
 */
export function tracePrintk(vm: BpfCpu<BpfKernel>): number {
  const { r, machine } = vm;
  const { bytes } = vm.memory;
  const end = r[2]! + (r[4]! >>> 0);
  // A format without its final 0 is refused.
  if (r[4] === 0 || bytes[end - 1] !== 0) return -EINVAL;
  const format = textAt(bytes, r[2]!, end);
  const line = formatted(format, (i) => [r[6 + 2 * i]!, r[7 + 2 * i]!], bytes);
  if (line === undefined) return -EINVAL;
  const name = machine.trace.nameNumber("bpf_trace:bpf_trace_printk");
  const fields = Object.freeze({ bpf_string: line });
  machine.trace.record(name, machine.clock.now() + vm.executed, vm.cpu, fields);
  return line.length;
}

function textAt(bytes: Uint8Array, at: number, end: number): string {
  let text = "";
  for (let i = at; i < end && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

type Argument = readonly [low: number, high: number];

const ARGUMENTS_MAX = 3;
const SPECIFIER = /%(?:%|([-+ #0]*)(\d*)(l{0,2})([diuxXcs]|p[xK]?))/y;

/** The printed line; undefined for a format that the kernel does not know. */
function formatted(
  format: string,
  argument: (i: number) => Argument,
  bytes: Uint8Array,
): string | undefined {
  let line = "";
  let used = 0;
  for (let at = 0; at < format.length; ) {
    const char = format[at]!;
    if (!isPrintable(char)) return undefined;
    if (char !== "%") {
      line += char;
      at++;
      continue;
    }
    SPECIFIER.lastIndex = at;
    const match = SPECIFIER.exec(format);
    if (match === null) return undefined;
    at += match[0].length;
    if (match[0] === "%%") {
      line += "%";
      continue;
    }
    if (used === ARGUMENTS_MAX) return undefined;
    const [, flags = "", width = "", length = "", kind = ""] = match;
    line += pad(converted(kind, length, argument(used++), bytes), flags, Number(width));
  }
  return line.slice(0, LINE_BYTES_MAX - 1);
}

function isPrintable(char: string): boolean {
  return (char >= " " && char <= "~") || char === "\n" || char === "\t";
}

function converted(kind: string, length: string, [low, high]: Argument, bytes: Uint8Array): string {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const isLong = length !== "";
  switch (kind) {
    case "d":
    case "i":
      return String(isLong ? BigInt.asIntN(64, bits) : low);
    case "u":
      return String(isLong ? bits : low >>> 0);
    case "x":
      return (isLong ? bits : BigInt(low >>> 0)).toString(16);
    case "X":
      return (isLong ? bits : BigInt(low >>> 0)).toString(16).toUpperCase();
    case "c":
      return String.fromCharCode(low & 0xff);
    case "s":
      return textAt(bytes, low, low + STRING_BYTES_MAX);
    default:
      return bits.toString(16).padStart(16, "0");
  }
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  return text.padStart(width, flags.includes("0") ? "0" : " ");
}
