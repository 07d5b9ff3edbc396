import type { BpfCpu } from "../interpreter.ts";
import { symbolText } from "../kallsyms.ts";
import type { BpfKernel } from "../kernel.ts";
import type { PrintArgument, PrintMemory } from "./bprintf.ts";
import { readKernel } from "./unsafe-memory.ts";
import { readText } from "./unsafe-text.ts";

/** Longest text of one argument. @linux kernel/bpf/helpers.c `MAX_BPRINTF_BIN_ARGS` (6.18) */
const TEXT_BYTES_MAX = 512;

/** What formats print, out of the memory that a program sees. */
export function printMemory(vm: BpfCpu<BpfKernel>): PrintMemory {
  return {
    readText: (argument, isUser) => readText(vm, argument, TEXT_BYTES_MAX, isUser),
    readBytes: (argument, size) => readKernel(vm, argument, size) ?? new Uint8Array(size),
    symbol: (address, conversion) => symbolText(vm.machine.kallsyms, address, conversion),
    hashed: ([low, high]) => Math.imul(low ^ Math.imul(high, HASH), HASH) ^ (low >>> 15),
  };
}

/** Knuth's multiplier: the golden ratio of 2^32. */
const HASH = 0x9e37_79b1;

/** The arguments in an array of 64-bit words. */
export function argumentsAt(vm: BpfCpu<BpfKernel>, at: number, bytes: number): PrintArgument[] {
  const { view } = vm.memory;
  return Array.from({ length: bytes / 8 }, (_, i) => [
    view.getInt32(at + i * 8, true),
    view.getInt32(at + i * 8 + 4, true),
  ]);
}
