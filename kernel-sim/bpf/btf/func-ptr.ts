import { BTF_KIND_FUNC_PROTO, BTF_KIND_PTR, type BtfFuncProto } from "./kinds.ts";
import { btfVmlinux } from "./vmlinux.ts";

/** What a member of a table of the kernel points to, when it is a function. @linux kernel/bpf/btf.c `btf_type_resolve_func_ptr` (6.18) */
export function funcPtrProto(id: number): BtfFuncProto | undefined {
  const btf = btfVmlinux();
  const pointer = btf.skipModifiers(id);
  if (pointer?.kind !== BTF_KIND_PTR) return undefined;
  const proto = btf.skipModifiers(pointer.type);
  return proto?.kind === BTF_KIND_FUNC_PROTO ? proto : undefined;
}
