import { kernelStack } from "./helpers/stack.ts";
import { symbolText } from "./kallsyms.ts";
import type { BpfKernel } from "./kernel.ts";
import { INSN_BYTES } from "./ksyms.ts";
import type { LoadedProgram, ProgFunction } from "./program.ts";

/**
 * Who has called whom until something went wrong, each with its line of source.
 *
 * @linux kernel/bpf/stream.c `dump_stack_cb` (6.18)
 * @simplified of the kernel's own functions there is the one behind the system call that the task is in; a program that has gone
 * on with this one by a tail call does not stand there
 */
export function callTrace(kernel: BpfKernel): string {
  const { running: prog } = kernel;
  const frames = prog === undefined ? [] : kernel.places.map((slot) => frameOf(kernel, prog, slot));
  const below = kernelStack(kernel.current).map((address) => `${symbolOf(kernel, address)}\n`);
  return [...frames, ...below].join("");
}

function symbolOf({ kallsyms }: BpfKernel, address: number): string {
  return symbolText(kallsyms, BigInt(address), "pS");
}

/** A program that is interpreted, or was loaded by somebody with few rights, has no name. */
function frameOf(kernel: BpfKernel, prog: LoadedProgram, slot: number): string {
  const { functions } = prog.origin;
  const index = functions.findIndex(({ start, insns }) => slot >= start && slot < start + insns);
  const symbol = kernel.ksyms.ofProgram(prog)[index];
  if (symbol === undefined) return "";
  const func = functions[index]!;
  const ip = symbol.start + (slot - func.start) * INSN_BYTES;
  return `${symbolOf(kernel, ip)}\n${lineOf(prog, func, slot)}`;
}

const [FILE_NAME, LINE, LINE_COL] = [4, 8, 12];
const LINE_SHIFT = 10;

/** The last line that begins in front of the place. @linux kernel/bpf/core.c `bpf_prog_get_file_line` (6.18) */
function lineOf({ origin }: LoadedProgram, { start }: ProgFunction, slot: number): string {
  const { btf, lineInfo } = origin;
  const found = lineInfo
    .map((record) => new DataView(record.buffer))
    .filter((view) => view.getUint32(0, true) >= start && view.getUint32(0, true) < slot)
    .at(-1);
  if (found === undefined || btf === undefined) return "";
  const text = (at: number) => btf.nameByOffset(found.getUint32(at, true)) ?? "";
  const file = text(FILE_NAME).replace(/^.*\//, "");
  const number = found.getUint32(LINE_COL, true) >>> LINE_SHIFT;
  return `  ${text(LINE).trimStart()} @ ${file}:${number}\n`;
}
