import { EINVAL, ENOTSUPP } from "../../include/errno.ts";
import { BPF_F_LINK, BPF_F_VTYPE_BTF_OBJ_FD } from "./flags.ts";
import type { MapCreateAttr } from "./map.ts";

const CREATE_FLAGS = BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD;

/** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_alloc_check` (6.18) */
export function structOpsMapAllocCheck(attr: MapCreateAttr): number {
  const { keySize, maxEntries, mapFlags } = attr;
  if (keySize !== 4 || maxEntries !== 1 || (mapFlags & ~CREATE_FLAGS) !== 0) return -EINVAL;
  return attr.btfVmlinuxValueTypeId ? 0 : -EINVAL;
}

/**
 * @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_alloc` (6.18)
 * @simplified no part of the machine lets programs fill in its operations.
 */
export function structOpsMapAlloc(_attr: MapCreateAttr): number {
  return -ENOTSUPP;
}
