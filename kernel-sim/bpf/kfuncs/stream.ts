import { EINVAL, ENOENT } from "../../include/errno.ts";
import { byteArray } from "../../lib/byte-string.ts";
import { printed } from "../helpers/bprintf.ts";
import { argumentsAt, printMemory } from "../helpers/print-memory.ts";
import { textAt } from "../helpers/strings.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { LoadedProgram } from "../program.ts";

const ARGUMENTS_MAX = 12;
/** Longest text at once. @linux include/linux/bpf.h `MAX_BPRINTF_BUF` (6.18) */
const TEXT_BYTES_MAX = 1024;

/**
 * Prints to the standard output or error of `prog`, where bpf(2) reads it.
 *
 * @linux kernel/bpf/stream.c `bpf_stream_vprintk_impl` (6.18)
 */
export function streamVprintk(vm: BpfCpu<BpfKernel>, prog: LoadedProgram): number {
  const { r, memory } = vm;
  const bytes = r[8]! >>> 0;
  // A stream that there is not is found before arguments that are not right.
  const missing = prog.streams.push(r[2]!, new Uint8Array(0));
  if (missing === -ENOENT) return missing;
  if ((bytes & 7) !== 0 || bytes > ARGUMENTS_MAX * 8 || (bytes !== 0 && r[6] === 0)) return -EINVAL;
  const format = textAt(memory.bytes, r[4]!, memory.bytes.length) ?? "";
  const text = printed(format, argumentsAt(vm, r[6]!, bytes), printMemory(vm));
  if (typeof text === "number") return text;
  const kept = text.slice(0, TEXT_BYTES_MAX - 1);
  return prog.streams.push(r[2]!, byteArray(kept));
}
