import { E2BIG, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP } from "../../include/errno.ts";
import { BTF_KIND_STRUCT, type BtfStruct, memberBitOffset } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { BPF_F_LINK, BPF_F_VTYPE_BTF_OBJ_FD } from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const CREATE_FLAGS = BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD;

/** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_alloc_check` (6.18) */
export function structOpsMapAllocCheck(attr: MapCreateAttr): number {
  const { keySize, maxEntries, mapFlags } = attr;
  if (keySize !== 4 || maxEntries !== 1 || (mapFlags & ~CREATE_FLAGS) !== 0) return -EINVAL;
  return attr.btfVmlinuxValueTypeId ? 0 : -EINVAL;
}

/** What a table is filled in with: its own structure behind how far it has come. */
const VALUE_PREFIX = "bpf_struct_ops_";
/** The tables of this machine that programs may stand behind. */
const TABLES: ReadonlySet<string> = new Set(["bpf_dummy_ops"]);
/** Where `refcnt` and `state` stand in the value, 4 bytes each. */
const REFCNT_AT = 0;
const STATE_AT = 4;

/**
 * A table of functions of the kernel, each a program, as user space fills it in.
 *
 * @linux kernel/bpf/bpf_struct_ops.c, net/bpf/bpf_dummy_struct_ops.c (6.18)
 * @simplified the only table is `bpf_dummy_ops`, which is there for tests of programs and takes nothing in; others,
 * such as `tcp_congestion_ops`, are ENOTSUPP.
 */
export class StructOpsMap extends KernelMap {
  readonly #type: BtfStruct;

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): StructOpsMap | number {
    // There are no modules, whose types it could be.
    if ((attr.mapFlags & BPF_F_VTYPE_BTF_OBJ_FD) !== 0) return -EINVAL;
    const btf = btfVmlinux();
    const type = btf.typeById(attr.btfVmlinuxValueTypeId ?? 0);
    const name = type?.kind === BTF_KIND_STRUCT ? btf.nameOf(type) : "";
    const table = name.startsWith(VALUE_PREFIX) ? name.slice(VALUE_PREFIX.length) : "";
    if (type?.kind !== BTF_KIND_STRUCT || !TABLES.has(table)) return -ENOTSUPP;
    return attr.valueSize === type.size ? new StructOpsMap(attr, host, type) : -EINVAL;
  }

  private constructor(attr: MapCreateAttr, { memory, cpus }: MapHost, type: BtfStruct) {
    super(attr, memory, cpus);
    this.#type = type;
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  /** Of a table that is not filled in all is 0. @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_sys_lookup_elem` (6.18) */
  override copyValue(key: number, to: number): number {
    if (this.#indexAt(key) !== 0) return -ENOENT;
    this.memory.bytes.fill(0, to, to + this.attr.valueSize);
    return 0;
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags !== 0) return -EINVAL;
    if (this.#indexAt(key) !== 0) return -E2BIG;
    if (!this.#areHolesZero(value)) return -EINVAL;
    const { view } = this.memory;
    if (view.getInt32(value + STATE_AT, true) !== 0) return -EINVAL;
    if (view.getInt32(value + REFCNT_AT, true) !== 0) return -EINVAL;
    // The table takes no member. @linux net/bpf/bpf_dummy_struct_ops.c `bpf_dummy_init_member` (6.18)
    return -EOPNOTSUPP;
  }

  /** Bytes between the members and behind them. @linux kernel/bpf/bpf_struct_ops.c `check_zero_holes` (6.18) */
  #areHolesZero(value: number): boolean {
    const { bytes } = this.memory;
    const isZero = (from: number, to: number) =>
      bytes.subarray(value + from, value + to).every((byte) => byte === 0);
    let end = 0;
    for (const member of this.#type.members) {
      const start = memberBitOffset(this.#type, member) / 8;
      if (!isZero(end, start)) return false;
      end = start + btfVmlinux().typeIdSize(member.type)!.size;
    }
    return isZero(end, this.#type.size);
  }

  #indexAt(key: number): number {
    return this.memory.view.getInt32(key, true);
  }

  /** Nothing is filled in that could be taken out. @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_delete_elem` (6.18) */
  override delete(_key: number): number {
    return (this.attr.mapFlags & BPF_F_LINK) !== 0 ? -EOPNOTSUPP : -ENOENT;
  }

  override nextKey(key: number, next: number): number {
    if (key !== 0 && this.#indexAt(key) === 0) return -ENOENT;
    this.memory.view.setInt32(next, 0, true);
    return 0;
  }

  override free(): void {}
}
