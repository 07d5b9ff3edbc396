import { EFAULT, EINVAL, ENOENT } from "../../include/errno.ts";
import { BTF_F_COMPACT, BTF_F_NONAME, BTF_F_PTR_RAW, BTF_F_ZERO, showType } from "../btf/show.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { printMemory } from "./print-memory.ts";
import { readKernel } from "./unsafe-memory.ts";

/** `struct btf_ptr`: the address of the value, and its type. */
const BTF_PTR_BYTES = 16;
const TYPE_ID = 8;
const KNOWN_FLAGS = BTF_F_COMPACT | BTF_F_NONAME | BTF_F_PTR_RAW | BTF_F_ZERO;

/**
 * Answers how long the text is, of which as much was written as there is room for.
 *
 * @linux kernel/trace/bpf_trace.c `bpf_snprintf_btf`, `bpf_btf_printf_prepare` (6.18)
 */
export function snprintfBtf(vm: BpfCpu<BpfKernel>): number {
  const { r, memory } = vm;
  const [to, size, ptr, flags] = [r[2]!, r[4]! >>> 0, r[6]!, r[10]!];
  if ((flags & ~KNOWN_FLAGS) !== 0 || r[11] !== 0) return -EINVAL;
  if (r[8]! >>> 0 !== BTF_PTR_BYTES) return -EINVAL;
  const typeId = memory.view.getInt32(ptr + TYPE_ID, true);
  if (typeId === 0) return -EINVAL;
  const btf = btfVmlinux();
  const type = typeId > 0 ? btf.typeById(typeId) : undefined;
  if (type === undefined) return -ENOENT;
  const bytes = btf.typeIdSize(typeId)?.size ?? 0;
  const value = readKernel(
    vm,
    [memory.view.getInt32(ptr, true), memory.view.getInt32(ptr + 4, true)],
    bytes,
  );
  if (value === undefined) return -EFAULT;
  const { hashed } = printMemory(vm);
  const text = showType(typeId, {
    btf,
    view: new DataView(value.slice().buffer),
    flags,
    hashed: (address) =>
      BigInt(hashed([Number(BigInt.asIntN(32, address)), Number(address >> 32n) | 0]) >>> 0),
  });
  const kept = Math.min(text.length, size - 1);
  for (let i = 0; i < kept; i++) memory.bytes[to + i] = text.charCodeAt(i);
  memory.bytes[to + kept] = 0;
  return text.length;
}
