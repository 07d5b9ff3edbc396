import { EBADF, EBUSY, EFAULT, EINVAL, ENOMEM, ENOTSUPP, EPERM } from "../include/errno.ts";
import { kernelKptrs } from "./btf/kernel-kptrs.ts";
import { mapBtfOf } from "./btf/map-check-btf.ts";
import type { BtfRecord } from "./btf/record.ts";
import type { BpfKernel } from "./kernel.ts";
import { BloomFilterMap } from "./maps/bloom-filter.ts";
import {
  BPF_F_LOCK,
  BPF_F_NUMA_NODE,
  BPF_F_RDONLY,
  BPF_F_TOKEN_FD,
  BPF_F_WRONLY,
} from "./maps/flags.ts";
import type { ExclusiveProgram, KernelMap, MapCreateAttr } from "./maps/map.ts";
import { mayCreateMap } from "./maps/map-type-caps.ts";
import { mapTypeOf } from "./maps/types.ts";
import { ValueFields } from "./maps/value-fields.ts";
import { isObjectNameOk } from "./object-name.ts";
import { BPF_MAP_TYPE_ARENA, BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_STRUCT_OPS } from "./uapi.ts";

/**
 * The map commands of bpf(2). Every function answers 0, a descriptor, bytes, or a negative errno.
 *
 * @linux kernel/bpf/syscall.c (6.18)
 * @spec bpf(2)
 */
type Errno = number;

/** What a pointer of the caller leads to; null: it is null, undefined: it leads nowhere. */
type UserBytes = Uint8Array | null | undefined;

/** Flags that belong to a descriptor, not to the map. */
const FILE_FLAGS = BPF_F_RDONLY | BPF_F_WRONLY;

/**
 * @linux kernel/bpf/syscall.c `map_create` (6.18)
 * @simplified there are no BPF tokens, so no descriptor is one.
 */
export function mapCreate(kernel: BpfKernel, given: MapCreateAttr): number | Errno {
  const hasToken = (given.mapFlags & BPF_F_TOKEN_FD) !== 0;
  const attr = hasToken ? { ...given, mapFlags: given.mapFlags ^ BPF_F_TOKEN_FD } : given;
  if (!isMapAttrOk(attr)) return -EINVAL;
  const type = mapTypeOf(attr.mapType);
  if (type === undefined) return -EINVAL;
  const checked = type.allocCheck?.(attr) ?? 0;
  if (checked !== 0) return checked;
  if (hasToken) return kernel.hasFile(attr.mapTokenFd ?? 0) ? -EINVAL : -EBADF;
  if (!mayCreateMap(kernel, attr.mapType)) return -EPERM;
  const map = type.alloc(attr, kernel);
  if (typeof map === "number") return map;
  if (!isObjectNameOk(attr.name)) {
    map.free();
    return -EINVAL;
  }
  // Some types set flags of their own.
  const made = { ...attr, mapFlags: map.attr.mapFlags };
  const types = mapBtfOf(made, (fd) => kernel.btfOfFd(fd), kernelKptrs, kernel.capable("bpf"));
  if (typeof types === "number") {
    map.free();
    return types;
  }
  map.types = types;
  const exclErr = makeExclusive(map, attr.exclusive);
  if (exclErr !== 0) {
    map.free();
    return exclErr;
  }
  if (types?.record !== undefined) {
    const free = (record: BtfRecord, at: number) => kernel.freeFields(record, at);
    map.fields = new ValueFields(types.record, kernel.memory, free);
  }
  if (!kernel.registerMap(map)) {
    map.free();
    return -ENOMEM;
  }
  return kernel.install(map, attr.mapFlags & FILE_FLAGS);
}

const SHA256_BYTES = 32;

/** @linux kernel/bpf/syscall.c `map_create` (6.18) */
function makeExclusive(map: KernelMap, exclusive: ExclusiveProgram | undefined): 0 | Errno {
  if (exclusive === undefined) return 0;
  const { hash, sizeBytes } = exclusive;
  if (hash === null || sizeBytes !== SHA256_BYTES) return -EINVAL;
  if (hash === undefined) return -EFAULT;
  map.exclProgSha = hash;
  return 0;
}

/** What holds for maps of all types. */
function isMapAttrOk(attr: MapCreateAttr): boolean {
  const { mapType, mapFlags } = attr;
  if (!areTypeIdsOk(attr)) return false;
  // Only bloom filters and arenas know what to do with it.
  const hasExtra = mapType === BPF_MAP_TYPE_BLOOM_FILTER || mapType === BPF_MAP_TYPE_ARENA;
  if (attr.mapExtra !== 0 && !hasExtra) return false;
  if ((mapFlags & FILE_FLAGS) === FILE_FLAGS) return false;
  // All memory belongs to node 0.
  return (mapFlags & BPF_F_NUMA_NODE) === 0 || (attr.numaNode ?? 0) === 0;
}

/** A key has a type only beside a value; a type of the kernel stands alone. */
function areTypeIdsOk(attr: MapCreateAttr): boolean {
  const { btfKeyTypeId = 0, btfValueTypeId = 0, btfVmlinuxValueTypeId = 0 } = attr;
  if (btfVmlinuxValueTypeId === 0) return btfKeyTypeId === 0 || btfValueTypeId !== 0;
  const isStructOps = attr.mapType === BPF_MAP_TYPE_STRUCT_OPS;
  return isStructOps && btfKeyTypeId === 0 && btfValueTypeId === 0;
}

/**
 * @param asked what lies in the room for the value: a bloom filter is asked for it
 * @linux kernel/bpf/syscall.c `map_lookup_elem` (6.18)
 */
export function mapLookupElem(
  kernel: BpfKernel,
  fd: number,
  key: UserBytes,
  wideFlags: number,
  asked?: Uint8Array,
): Uint8Array | Errno {
  const flags = flagWord(wideFlags);
  if ((flags & ~BPF_F_LOCK) !== 0) return -EINVAL;
  const map = mapFromFd(kernel, fd);
  if (typeof map === "number") return map;
  if (!mayRead(kernel, fd)) return -EPERM;
  if (!map.mayLock(flags)) return -EINVAL;
  const problem = keyProblem(map, key);
  if (problem !== 0) return problem;
  if (map instanceof BloomFilterMap && asked === undefined) return -EFAULT;
  const room = keyAndValue(kernel, map, key);
  if (room === 0) return -ENOMEM;
  const value = room + keyRoom(map);
  if (asked !== undefined) kernel.memory.bytes.set(asked.subarray(0, map.userValueSize), value);
  const answer = kernel.sharedPages.within(() => map.copyValue(room, value));
  return answer === 0 ? kernel.memory.copyOut(value, map.userValueSize) : answer;
}

/** @linux kernel/bpf/syscall.c `map_update_elem` (6.18) */
export function mapUpdateElem(
  kernel: BpfKernel,
  fd: number,
  key: UserBytes,
  value: UserBytes,
  wideFlags: number,
): 0 | Errno {
  const flags = flagWord(wideFlags);
  const map = mapFromFd(kernel, fd);
  if (typeof map === "number") return map;
  if (!mayWrite(kernel, fd, map)) return -EPERM;
  if (!map.mayLock(flags)) return -EINVAL;
  const problem = keyProblem(map, key);
  if (problem !== 0) return problem;
  if (!value && map.userValueSize > 0) return -EFAULT;
  const room = keyAndValue(kernel, map, key);
  if (room === 0) return -ENOMEM;
  const at = room + keyRoom(map);
  if (value) kernel.memory.bytes.set(value.subarray(0, map.userValueSize), at);
  return kernel.sharedPages.within(() => map.updateAll(room, at, flags));
}

/** @linux kernel/bpf/syscall.c `map_delete_elem` (6.18) */
export function mapDeleteElem(kernel: BpfKernel, fd: number, key: UserBytes): 0 | Errno {
  const map = mapFromFd(kernel, fd);
  if (typeof map === "number") return map;
  if (!mayWrite(kernel, fd, map)) return -EPERM;
  const problem = keyProblem(map, key);
  if (problem !== 0) return problem;
  const room = keyAndValue(kernel, map, key);
  return room === 0 ? -ENOMEM : map.delete(room);
}

/** @linux kernel/bpf/syscall.c `map_lookup_and_delete_elem` (6.18) */
export function mapLookupAndDeleteElem(
  kernel: BpfKernel,
  fd: number,
  key: UserBytes,
  wideFlags: number,
): Uint8Array | Errno {
  const flags = flagWord(wideFlags);
  if ((flags & ~BPF_F_LOCK) !== 0) return -EINVAL;
  const map = mapFromFd(kernel, fd);
  if (typeof map === "number") return map;
  if (!mayRead(kernel, fd) || !mayWrite(kernel, fd, map)) return -EPERM;
  if (!map.mayLock(flags)) return -EINVAL;
  const problem = keyProblem(map, key);
  if (problem !== 0) return problem;
  const room = keyAndValue(kernel, map, key);
  if (room === 0) return -ENOMEM;
  const value = room + keyRoom(map);
  const answer = map.lookupAndDelete(room, value, flags);
  return answer === 0 ? kernel.memory.copyOut(value, map.userValueSize) : answer;
}

/** @linux kernel/bpf/syscall.c `map_get_next_key` (6.18) */
export function mapGetNextKey(kernel: BpfKernel, fd: number, key: UserBytes): Uint8Array | Errno {
  const map = mapFromFd(kernel, fd);
  if (typeof map === "number") return map;
  if (!mayRead(kernel, fd)) return -EPERM;
  if (key !== null && map.attr.keySize === 0) return -EINVAL;
  if (key === undefined) return -EFAULT;
  const room = keyAndValue(kernel, map, key);
  if (room === 0) return -ENOMEM;
  const next = room + keyRoom(map);
  const answer = map.nextKey(key === null ? 0 : room, next);
  return answer === 0 ? kernel.memory.copyOut(next, map.attr.keySize) : answer;
}

/** @linux kernel/bpf/syscall.c `map_freeze` (6.18) */
export function mapFreeze(kernel: BpfKernel, fd: number): 0 | Errno {
  const map = mapFromFd(kernel, fd);
  if (typeof map === "number") return map;
  // A lock or timer in a value is written all the time, and a table by whoever it belongs to.
  const isTable = map.attr.mapType === BPF_MAP_TYPE_STRUCT_OPS;
  if (isTable || map.types?.record !== undefined) return -ENOTSUPP;
  if (!mayWrite(kernel, fd, map)) return -EPERM;
  if (map.writers > 0) return -EBUSY;
  map.frozen = true;
  return 0;
}

export function mapFromFd(kernel: BpfKernel, fd: number): KernelMap | Errno {
  kernel.runTimers();
  const map = kernel.mapOfFd(fd);
  if (map !== undefined) return map;
  return kernel.hasFile(fd) ? -EINVAL : -EBADF;
}

export function mayRead(kernel: BpfKernel, fd: number): boolean {
  return (kernel.fileFlagsOf(fd) & BPF_F_WRONLY) === 0;
}

/** Flags have 64 bits, of which nobody knows the upper half. */
export function flagWord(flags: number): number {
  return flags > 0xffff_ffff ? ((flags % 2 ** 32) | 0x8000_0000) >>> 0 : flags;
}

/** @linux kernel/bpf/syscall.c `map_get_sys_perms` (6.18) */
export function mayWrite(kernel: BpfKernel, fd: number, map: KernelMap): boolean {
  return (kernel.fileFlagsOf(fd) & BPF_F_RDONLY) === 0 && !map.frozen;
}

/** Bytes between the key and the value in the room of a system call. */
function keyRoom(map: KernelMap): number {
  return Math.ceil(map.attr.keySize / 8) * 8;
}

/** A map without keys takes none, and any other wants one. @linux kernel/bpf/syscall.c `__bpf_copy_key` (6.18) */
function keyProblem({ attr: { keySize } }: KernelMap, key: UserBytes): 0 | Errno {
  if (keySize === 0) return key === null ? 0 : -EINVAL;
  return key === null || key === undefined ? -EFAULT : 0;
}

/** Copies `key` into BPF memory, with room for a value or another key behind it. */
function keyAndValue(kernel: BpfKernel, map: KernelMap, key: UserBytes): number {
  const room = kernel.scratch(keyRoom(map) + Math.max(map.userValueSize, keyRoom(map)));
  if (room === 0) return 0;
  const { bytes } = kernel.memory;
  bytes.fill(0, room, room + keyRoom(map));
  if (key) bytes.set(key.subarray(0, map.attr.keySize), room);
  return room;
}
