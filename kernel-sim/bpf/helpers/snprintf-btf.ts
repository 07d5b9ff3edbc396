import { EFAULT, EINVAL, ENOENT } from "../../include/errno.ts";
import { BTF_F_COMPACT, BTF_F_NONAME, BTF_F_PTR_RAW, BTF_F_ZERO } from "../btf/show.ts";
import { typed } from "../btf/typed.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { printMemory } from "./print-memory.ts";
import { readKernel } from "./unsafe-memory.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct btf_ptr`: the address of the value, and its type. */
const BTF_PTR_BYTES = 16;
const TYPE_ID = 8;
const KNOWN_FLAGS = BTF_F_COMPACT | BTF_F_NONAME | BTF_F_PTR_RAW | BTF_F_ZERO;

/**
 * Answers how long the text is, of which as much was written as there is room for.
 *
 * @linux kernel/trace/bpf_trace.c `bpf_snprintf_btf` (6.18)
 */
export function snprintfBtf(vm: Vm): number {
  const { r, memory } = vm;
  const [to, size] = [r[2]!, r[4]! >>> 0];
  const text = btfText(vm, r[6]!, r[8]! >>> 0, [r[10]!, r[11]!]);
  if (typeof text === "number") return text;
  const kept = Math.min(text.length, size - 1);
  for (let i = 0; i < kept; i++) memory.bytes[to + i] = text.charCodeAt(i);
  memory.bytes[to + kept] = 0;
  return text.length;
}

/**
 * The value that a `struct btf_ptr` of `ptrBytes` leads to, as text; or a negative errno.
 *
 * @linux kernel/trace/bpf_trace.c `bpf_btf_printf_prepare`, kernel/bpf/btf.c `btf_type_show` (6.18)
 */
export function btfText(
  vm: Vm,
  ptr: number,
  ptrBytes: number,
  [flags, high]: readonly [low: number, high: number],
): string | number {
  const { view } = vm.memory;
  if ((flags & ~KNOWN_FLAGS) !== 0 || high !== 0) return -EINVAL;
  if (ptrBytes !== BTF_PTR_BYTES) return -EINVAL;
  const typeId = view.getInt32(ptr + TYPE_ID, true);
  if (typeId === 0) return -EINVAL;
  const btf = btfVmlinux();
  const type = typeId > 0 ? btf.typeById(typeId) : undefined;
  if (type === undefined) return -ENOENT;
  const bytes = btf.typeIdSize(typeId)?.size ?? 0;
  const value = readKernel(vm, [view.getInt32(ptr, true), view.getInt32(ptr + 4, true)], bytes);
  if (value === undefined) return -EFAULT;
  const { hashed } = printMemory(vm);
  return typed().showType(typeId, {
    btf,
    view: new DataView(value.slice().buffer),
    flags,
    hashed: (address) =>
      BigInt(hashed([Number(BigInt.asIntN(32, address)), Number(address >> 32n) | 0]) >>> 0),
  });
}
