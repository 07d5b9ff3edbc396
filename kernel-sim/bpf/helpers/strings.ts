/** Helpers for texts. @linux kernel/bpf/helpers.c, lib/kstrtox.c (6.18) */
import { EINVAL, ERANGE } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { printed } from "./bprintf.ts";
import { argumentsAt, printMemory } from "./print-memory.ts";

type Vm = BpfCpu<BpfKernel>;

const BASE_MASK = 0x1f;
const BASES: readonly number[] = [0, 8, 10, 16];
/** Longer numbers are cut off. */
const DIGITS_MAX = 63;
const U64_MAX = (1n << 64n) - 1n;
const S64_MAX = (1n << 63n) - 1n;

interface Parsed {
  /** Characters, with leading blanks and the sign. */
  readonly consumed: number;
  readonly isNegative: boolean;
  readonly value: bigint;
}

/** @linux kernel/bpf/helpers.c `__bpf_strtoull` (6.18) */
function parseNumber(vm: Vm): Parsed | number {
  const at = vm.r[2]!;
  const size = vm.r[4]! >>> 0;
  const flags = vm.r[6]! >>> 0;
  if (vm.r[7] !== 0 || (flags & ~BASE_MASK) !== 0) return -EINVAL;
  if (size === 0 || !BASES.includes(flags)) return -EINVAL;
  const text = latin1(vm.memory.bytes.subarray(at, at + size));
  const [front = "", minus = ""] = /^[\t-\r \xa0]*(-?)/.exec(text) ?? [];
  const rest = text.slice(front.length, front.length + DIGITS_MAX);
  if (rest === "") return -EINVAL;
  const { base, skipped } = radixOf(rest, flags);
  const digits = (base === 16 ? /^[0-9a-f]*/i : base === 8 ? /^[0-7]*/ : /^\d*/).exec(
    rest.slice(skipped),
  )![0];
  const value = [...digits].reduce((sum, digit) => sum * BigInt(base) + BigInt(`0x${digit}`), 0n);
  if (value > U64_MAX) return -ERANGE;
  if (digits === "") return -EINVAL;
  return { consumed: front.length + skipped + digits.length, isNegative: minus !== "", value };
}

/** @linux lib/kstrtox.c `_parse_integer_fixup_radix` (6.18) */
function radixOf(text: string, base: number): { base: number; skipped: number } {
  const isHex = /^0x/i.test(text);
  const found = base !== 0 ? base : /^0x[0-9a-f]/i.test(text) ? 16 : text[0] === "0" ? 8 : 10;
  return { base: found, skipped: found === 16 && isHex ? 2 : 0 };
}

/** @linux kernel/bpf/helpers.c `bpf_strtol` (6.18) */
export function strtol(vm: Vm): number {
  vm.memory.view.setBigInt64(vm.r[8]!, 0n, true);
  const parsed = parseNumber(vm);
  if (typeof parsed === "number") return parsed;
  const { consumed, isNegative, value } = parsed;
  if (value > (isNegative ? S64_MAX + 1n : S64_MAX)) return -ERANGE;
  vm.memory.view.setBigInt64(vm.r[8]!, isNegative ? -value : value, true);
  return consumed;
}

/** @linux kernel/bpf/helpers.c `bpf_strtoul` (6.18) */
export function strtoul(vm: Vm): number {
  vm.memory.view.setBigInt64(vm.r[8]!, 0n, true);
  const parsed = parseNumber(vm);
  if (typeof parsed === "number") return parsed;
  if (parsed.isNegative) return -EINVAL;
  vm.memory.view.setBigUint64(vm.r[8]!, parsed.value, true);
  return parsed.consumed;
}

/** @linux kernel/bpf/helpers.c `bpf_strncmp` (6.18) */
export function strncmp(vm: Vm): number {
  const { bytes } = vm.memory;
  const first = vm.r[2]!;
  const second = vm.r[6]!;
  const size = vm.r[4]! >>> 0;
  for (let i = 0; i < size; i++) {
    const a = bytes[first + i]!;
    const b = bytes[second + i]!;
    if (a !== b) return a < b ? -1 : 1;
    if (a === 0) break;
  }
  return 0;
}

const ARGUMENTS_MAX = 12;

/** @linux kernel/bpf/helpers.c `bpf_snprintf` (6.18) */
export function snprintf(vm: Vm): number {
  const { r } = vm;
  const { bytes } = vm.memory;
  const size = r[4]! >>> 0;
  const argsBytes = r[10]! >>> 0;
  if ((argsBytes & 7) !== 0 || argsBytes > ARGUMENTS_MAX * 8) return -EINVAL;
  if (argsBytes !== 0 && r[8] === 0) return -EINVAL;
  const format = textAt(bytes, r[6]!, bytes.length);
  const text = printed(format ?? "", argumentsAt(vm, r[8]!, argsBytes), printMemory(vm));
  if (typeof text === "number") return text;
  const kept = Math.min(text.length, size - 1);
  for (let i = 0; i < kept; i++) bytes[r[2]! + i] = text.charCodeAt(i);
  if (size > 0) bytes[r[2]! + kept] = 0;
  return text.length + 1;
}

/** A text up to its 0; undefined: there is none before `end`. */
export function textAt(bytes: Uint8Array, at: number, end: number): string | undefined {
  const zero = bytes.subarray(at, end).indexOf(0);
  return zero < 0 ? undefined : latin1(bytes.subarray(at, at + zero));
}

/** A character for each byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
