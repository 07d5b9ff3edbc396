import { EINVAL } from "../../include/errno.ts";
import { BPF_MAP_TYPE_STRUCT_OPS } from "../uapi.ts";
import { BPF_F_LINK, BPF_F_VTYPE_BTF_OBJ_FD } from "./flags.ts";
import type { KernelMap, MapCreateAttr } from "./map.ts";
import type { StructOpsMap } from "./struct-ops.ts";

const CREATE_FLAGS = BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD;

/** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_alloc_check` (6.18) */
export function structOpsMapAllocCheck(attr: MapCreateAttr): number {
  const { keySize, maxEntries, mapFlags } = attr;
  if (keySize !== 4 || maxEntries !== 1 || (mapFlags & ~CREATE_FLAGS) !== 0) return -EINVAL;
  return attr.btfVmlinuxValueTypeId ? 0 : -EINVAL;
}

/** Whether it is a table of functions. */
export function isStructOpsMap(map: KernelMap): map is StructOpsMap {
  return map.attr.mapType === BPF_MAP_TYPE_STRUCT_OPS;
}
