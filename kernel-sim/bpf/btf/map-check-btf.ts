/** The types of a map's key and value: whether they fit, and what of the value is the kernel's own. */
import { EACCES, EINVAL, ENOTSUPP, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG } from "../maps/flags.ts";
import type { MapCreateAttr } from "../maps/map.ts";
import * as uapi from "../uapi.ts";
import type { Btf } from "./btf.ts";
import * as fields from "./field-types.ts";
import {
  BTF_KIND_DATASEC,
  BTF_KIND_INT,
  BTF_KIND_STRUCT,
  BTF_VOID,
  type BtfType,
} from "./kinds.ts";
import { type BtfRecord, checkFields, type KernelTypes, parseFields } from "./record.ts";

const LOCAL_STORAGE = [
  uapi.BPF_MAP_TYPE_SK_STORAGE,
  uapi.BPF_MAP_TYPE_INODE_STORAGE,
  uapi.BPF_MAP_TYPE_TASK_STORAGE,
  uapi.BPF_MAP_TYPE_CGRP_STORAGE,
];
const OF_ONE_VALUE = [uapi.BPF_MAP_TYPE_HASH, uapi.BPF_MAP_TYPE_LRU_HASH, uapi.BPF_MAP_TYPE_ARRAY];

/** In which maps a value may have these fields; others nowhere. */
const MAPS_OF_FIELDS: readonly (readonly [types: number, maps: readonly number[]])[] = [
  [
    fields.BPF_SPIN_LOCK | fields.BPF_RES_SPIN_LOCK,
    [
      uapi.BPF_MAP_TYPE_HASH,
      uapi.BPF_MAP_TYPE_ARRAY,
      uapi.BPF_MAP_TYPE_CGROUP_STORAGE,
      ...LOCAL_STORAGE,
    ],
  ],
  [fields.BPF_TIMER | fields.BPF_WORKQUEUE | fields.BPF_TASK_WORK, OF_ONE_VALUE],
  [
    fields.BPF_KPTR | fields.BPF_REFCOUNT,
    [
      ...OF_ONE_VALUE,
      uapi.BPF_MAP_TYPE_PERCPU_HASH,
      uapi.BPF_MAP_TYPE_LRU_PERCPU_HASH,
      uapi.BPF_MAP_TYPE_PERCPU_ARRAY,
      ...LOCAL_STORAGE,
    ],
  ],
  [fields.BPF_UPTR, [uapi.BPF_MAP_TYPE_TASK_STORAGE]],
  [fields.BPF_GRAPH_ROOT, OF_ONE_VALUE],
];

const VALUE_FIELDS =
  fields.BPF_SPIN_LOCK |
  fields.BPF_RES_SPIN_LOCK |
  fields.BPF_TIMER |
  fields.BPF_KPTR |
  fields.BPF_GRAPH_ROOT |
  fields.BPF_REFCOUNT |
  fields.BPF_WORKQUEUE |
  fields.BPF_UPTR |
  fields.BPF_TASK_WORK;

/** Whether the types of key and value suit a map type. @linux include/linux/bpf.h `bpf_map_ops.map_check_btf` (6.18) */
type CheckKeyAndValue = (attr: MapCreateAttr, btf: Btf, key: BtfType, value: BtfType) => boolean;

/** Maps that take types only as their check says; those with null take none. */
const CHECKS: Readonly<Record<number, CheckKeyAndValue | null>> = {
  [uapi.BPF_MAP_TYPE_ARRAY]: arrayCheckBtf,
  [uapi.BPF_MAP_TYPE_PERCPU_ARRAY]: arrayCheckBtf,
  [uapi.BPF_MAP_TYPE_LPM_TRIE]: (_attr, _btf, key) => key.kind === BTF_KIND_STRUCT,
  [uapi.BPF_MAP_TYPE_BLOOM_FILTER]: (_attr, _btf, key) => key === BTF_VOID,
  [uapi.BPF_MAP_TYPE_CGROUP_STORAGE]: cgroupStorageCheckBtf,
  [uapi.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE]: cgroupStorageCheckBtf,
  [uapi.BPF_MAP_TYPE_SK_STORAGE]: localStorageCheckBtf,
  [uapi.BPF_MAP_TYPE_INODE_STORAGE]: localStorageCheckBtf,
  [uapi.BPF_MAP_TYPE_TASK_STORAGE]: localStorageCheckBtf,
  [uapi.BPF_MAP_TYPE_CGRP_STORAGE]: localStorageCheckBtf,
  [uapi.BPF_MAP_TYPE_ARENA]: () => true,
  [uapi.BPF_MAP_TYPE_PROG_ARRAY]: null,
  [uapi.BPF_MAP_TYPE_PERF_EVENT_ARRAY]: null,
  [uapi.BPF_MAP_TYPE_CGROUP_ARRAY]: null,
  [uapi.BPF_MAP_TYPE_ARRAY_OF_MAPS]: null,
  [uapi.BPF_MAP_TYPE_HASH_OF_MAPS]: null,
  [uapi.BPF_MAP_TYPE_STACK_TRACE]: null,
  [uapi.BPF_MAP_TYPE_DEVMAP]: null,
  [uapi.BPF_MAP_TYPE_DEVMAP_HASH]: null,
  [uapi.BPF_MAP_TYPE_CPUMAP]: null,
  [uapi.BPF_MAP_TYPE_XSKMAP]: null,
};

/** What a map knows of its types. */
export interface MapBtf {
  readonly btf: Btf;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** undefined: nothing of the value is the kernel's own. */
  readonly record: BtfRecord | undefined;
}

/**
 * The types of a new map, undefined when it comes without, or a negative errno.
 *
 * @param btfOfFd the object behind a descriptor, or a negative errno
 * @linux kernel/bpf/syscall.c `map_create`, `map_check_btf` (6.18)
 */
export function mapBtfOf(
  attr: MapCreateAttr,
  btfOfFd: (fd: number) => Btf | number,
  kernel: KernelTypes | undefined,
  isBpfCapable: boolean,
): MapBtf | undefined | number {
  const { btfFd = 0, btfKeyTypeId: keyTypeId = 0, btfValueTypeId: valueTypeId = 0 } = attr;
  const isNeeded = keyTypeId !== 0 || valueTypeId !== 0;
  if (!isNeeded && (attr.btfVmlinuxValueTypeId ?? 0) === 0) return undefined;
  const btf = btfOfFd(btfFd);
  if (typeof btf === "number") return btf;
  if (btf.isKernel) return -EACCES;
  if (valueTypeId === 0) return { btf, keyTypeId, valueTypeId, record: undefined };
  const check = CHECKS[attr.mapType];
  // Some maps have no key that could be described.
  const key = keyTypeId === 0 ? BTF_VOID : typeOfSize(btf, keyTypeId, attr.keySize);
  if (key === undefined || (keyTypeId === 0 && check === undefined)) return -EINVAL;
  const value = typeOfSize(btf, valueTypeId, attr.valueSize);
  if (value === undefined) return -EINVAL;
  const parsed = parseFields(btf, value, VALUE_FIELDS, attr.valueSize, kernel);
  // As in Linux: where the fields cannot be made out, the value has none.
  const record = typeof parsed === "number" ? undefined : parsed;
  if (record !== undefined) {
    const err = isBpfCapable ? checkRecord(attr, record) || checkFields(btf, record) : -EPERM;
    if (err !== 0) return err;
  }
  if (check === null) return -ENOTSUPP;
  if (check !== undefined && !check(attr, btf, key, value)) return -EINVAL;
  return { btf, keyTypeId, valueTypeId, record };
}

function typeOfSize(btf: Btf, id: number, size: number): BtfType | undefined {
  const sized = btf.typeIdSize(id);
  return sized?.size === size ? sized.type : undefined;
}

/** Whether maps of this type may have such values. */
function checkRecord({ mapType, mapFlags }: MapCreateAttr, { mask }: BtfRecord): 0 | number {
  if ((mapFlags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !== 0) return -EACCES;
  const isOk = MAPS_OF_FIELDS.every(
    ([types, maps]) => (mask & types) === 0 || maps.includes(mapType),
  );
  return isOk ? 0 : -EOPNOTSUPP;
}

/** @linux kernel/bpf/arraymap.c `array_map_check_btf` (6.18) */
function arrayCheckBtf(
  { mapType, maxEntries }: MapCreateAttr,
  _btf: Btf,
  key: BtfType,
  value: BtfType,
): boolean {
  // The global variables of a program.
  if (key === BTF_VOID) {
    const isSingle = mapType === uapi.BPF_MAP_TYPE_ARRAY && maxEntries === 1;
    return isSingle && value.kind === BTF_KIND_DATASEC;
  }
  return isInt32(key);
}

/** @linux kernel/bpf/bpf_local_storage.c `bpf_local_storage_map_check_btf` (6.18) */
function localStorageCheckBtf(_attr: MapCreateAttr, _btf: Btf, key: BtfType): boolean {
  return isInt32(key);
}

/** @linux kernel/bpf/btf.c `btf_type_is_i32` (6.18) */
function isInt32(type: BtfType): boolean {
  return type.kind === BTF_KIND_INT && type.intData % 0x100_0000 === 32;
}

const SIZEOF_CGROUP_STORAGE_KEY = 16;

/** A number, or a number of a cgroup with a type of attachment. @linux kernel/bpf/local_storage.c `cgroup_storage_check_btf` (6.18) */
function cgroupStorageCheckBtf({ keySize }: MapCreateAttr, btf: Btf, key: BtfType): boolean {
  if (keySize !== SIZEOF_CGROUP_STORAGE_KEY) {
    return key.kind === BTF_KIND_INT && key.intData % 0x100_0000 === 64;
  }
  if (key.kind !== BTF_KIND_STRUCT || key.members.length !== 2) return false;
  return key.members.every(({ type, offset }, i) => {
    const member = btf.typeIdSize(type);
    const bits = i === 0 ? 64 : 32;
    const isBits = member?.type.kind === BTF_KIND_INT && member.size * 8 === bits;
    return isBits && (key.kflag ? offset & 0xff_ffff : offset) === i * 64;
  });
}
