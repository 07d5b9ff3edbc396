/** What programs of iterators print. @linux kernel/trace/bpf_trace.c (6.18) */

import { EINVAL, EOVERFLOW } from "../../include/errno.ts";
import { byteArray } from "../../lib/byte-string.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { printed } from "./bprintf.ts";
import { argumentsAt, printMemory } from "./print-memory.ts";
import { btfText } from "./snprintf-btf.ts";
import { textAt } from "./strings.ts";

type Vm = BpfCpu<BpfKernel>;

const ARGUMENTS_MAX = 12;

/** @linux kernel/trace/bpf_trace.c `bpf_seq_printf` (6.18) */
export function seqPrintf(vm: Vm): number {
  const { r, memory } = vm;
  const bytes = r[10]! >>> 0;
  const isDataOk = (bytes & 7) === 0 && bytes <= ARGUMENTS_MAX * 8 && (bytes === 0 || r[8] !== 0);
  const format = textAt(memory.bytes, r[4]!, r[4]! + (r[6]! >>> 0));
  if (!isDataOk || format === undefined) return -EINVAL;
  const text = printed(format, argumentsAt(vm, r[8]!, bytes), printMemory(vm));
  if (typeof text === "number") return text;
  return print(vm, byteArray(text));
}

/** @linux kernel/trace/bpf_trace.c `bpf_seq_write` (6.18) */
export function seqWrite(vm: Vm): number {
  const { r, memory } = vm;
  return print(vm, memory.copyOut(r[4]!, r[6]! >>> 0));
}

/** @linux kernel/trace/bpf_trace.c `bpf_seq_printf_btf` (6.18) */
export function seqPrintfBtf(vm: Vm): number {
  const { r } = vm;
  const text = btfText(vm, r[4]!, r[6]! >>> 0, [r[8]!, r[9]!]);
  if (typeof text === "number") return text;
  return print(vm, byteArray(text));
}

function print({ machine }: Vm, text: Uint8Array): number {
  return machine.iterFile?.print(text) === true ? 0 : -EOVERFLOW;
}
