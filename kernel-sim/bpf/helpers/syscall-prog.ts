/** Helpers of programs that do system calls' work. @linux kernel/bpf/syscall.c, kernel/bpf/btf.c (6.18) */
import { EINVAL, ENOENT } from "../../include/errno.ts";
import { addressOf, isKernelFunction, writeWord } from "../../trace/kernel-functions.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { textAt } from "./strings.ts";

type Vm = BpfCpu<BpfKernel>;

/** A name with its final 0 as the last of its bytes; undefined for another one. */
function nameOf({ r, memory: { bytes } }: Vm): string | undefined {
  const size = r[4]! >>> 0;
  if (size <= 1 || bytes[r[2]! + size - 1] !== 0) return undefined;
  return textAt(bytes, r[2]!, r[2]! + size);
}

/** @linux kernel/bpf/btf.c `bpf_btf_find_by_name_kind` (6.18) */
export function btfFindByNameKind(vm: Vm): number {
  const { r } = vm;
  const name = nameOf(vm);
  if ((r[8]! | r[9]!) !== 0 || name === undefined) return -EINVAL;
  return btfVmlinux().findByNameKind(name, r[6]! >>> 0)?.id ?? -ENOENT;
}

/**
 * @linux kernel/bpf/syscall.c `bpf_kallsyms_lookup_name` (6.18)
 * @simplified of the kernel's symbols there are the functions behind system calls
 */
export function kallsymsLookupName(vm: Vm): number {
  const { r, memory } = vm;
  const name = nameOf(vm);
  writeWord(memory, r[8]!, 0);
  if ((r[6]! | r[7]!) !== 0 || name === undefined) return -EINVAL;
  if (!isKernelFunction(name)) return -ENOENT;
  writeWord(memory, r[8]!, addressOf(name));
  return 0;
}
