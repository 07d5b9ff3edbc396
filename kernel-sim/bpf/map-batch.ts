import { EFAULT, EINVAL, ENOENT, ENOMEM, ENOSPC, ENOTSUPP, EPERM } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import { BPF_F_LOCK } from "./maps/flags.ts";
import { HashMap } from "./maps/hashtab.ts";
import type { BatchCommand, KernelMap } from "./maps/map.ts";
import { roundUp8 } from "./memory.ts";
import { flagWord, mapFromFd, mayRead, mayWrite } from "./syscall.ts";

/** The attribute block of the batch commands; null: the pointer is. */
export interface MapBatchAttr {
  readonly mapFd: number;
  readonly count: number;
  /** Where the last batch ended; undefined: the pointer leads nowhere. */
  readonly inBatch: Uint8Array | null | undefined;
  /** Keys behind each other; only updates and deletions read them. */
  readonly keys: Uint8Array | null;
  readonly values: Uint8Array | null;
  readonly elemFlags: number;
  readonly flags: number;
}

/** What the kernel leaves in the caller's memory. */
export interface MapBatchAnswer {
  readonly errno: number;
  readonly count: number;
  readonly keys: readonly Uint8Array[];
  readonly values: readonly Uint8Array[];
  /** Where the next batch begins; undefined: it is left as it was. */
  readonly outBatch?: Uint8Array;
}

/**
 * Many elements in one system call.
 *
 * @linux kernel/bpf/syscall.c `bpf_map_do_batch` (6.18)
 * @spec bpf(2) BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH
 */
export function mapBatch(
  kernel: BpfKernel,
  command: BatchCommand,
  attr: MapBatchAttr,
): MapBatchAnswer {
  const map = mapFromFd(kernel, attr.mapFd);
  if (typeof map === "number") return unchanged(attr, map);
  const isReading = command === "lookup" || command === "lookup_and_delete";
  if (isReading && !mayRead(kernel, attr.mapFd)) return unchanged(attr, -EPERM);
  if (command !== "lookup" && !mayWrite(kernel, attr.mapFd, map)) return unchanged(attr, -EPERM);
  if (!map.batchCommands.includes(command)) return unchanged(attr, -ENOTSUPP);
  const elemFlags = flagWord(attr.elemFlags);
  const isLockOk = (elemFlags & ~BPF_F_LOCK) === 0 && map.mayLock(elemFlags);
  if (!isLockOk) return unchanged(attr, -EINVAL);
  if (isReading && map instanceof HashMap) {
    if (attr.flags !== 0) return unchanged(attr, -EINVAL);
    return attr.count === 0 ? unchanged(attr, 0) : htabBatch(kernel, map, command, attr);
  }
  if (attr.count === 0) return unchanged(attr, 0);
  return kernel.sharedPages.within(() =>
    isReading ? lookupBatch(kernel, map, attr) : changeBatch(kernel, map, command, attr),
  );
}

function unchanged({ count }: MapBatchAttr, errno: number): MapBatchAnswer {
  return { errno, count, keys: [], values: [] };
}

/** Nothing came of it, and the count says so. */
function empty(errno: number): MapBatchAnswer {
  return { errno, count: 0, keys: [], values: [] };
}

/** @linux kernel/bpf/syscall.c `generic_map_lookup_batch` (6.18) */
function lookupBatch(kernel: BpfKernel, map: KernelMap, attr: MapBatchAttr): MapBatchAnswer {
  if (attr.inBatch === undefined) return empty(-EFAULT);
  const { keySize } = map.attr;
  const room = kernel.scratch(roundUp8(keySize) * 2 + map.userValueSize);
  if (room === 0) return empty(-ENOMEM);
  const { memory } = kernel;
  let previous = 0;
  let key = room;
  const value = room + roundUp8(keySize) * 2;
  if (attr.inBatch !== null) {
    previous = room + roundUp8(keySize);
    memory.bytes.set(attr.inBatch.subarray(0, keySize), previous);
  }
  const keys: Uint8Array[] = [];
  const values: Uint8Array[] = [];
  let errno = 0;
  while (keys.length < attr.count) {
    errno = map.nextKey(previous, key);
    if (errno !== 0) break;
    const copied = map.copyValue(key, value);
    if (copied !== 0 && copied !== -ENOENT) return empty(copied);
    if (copied === 0) {
      keys.push(memory.copyOut(key, keySize));
      values.push(memory.copyOut(value, map.userValueSize));
    }
    const free = previous === 0 ? room + roundUp8(keySize) : previous;
    previous = key;
    key = free;
  }
  const outBatch = keys.length === 0 ? {} : { outBatch: memory.copyOut(previous, keySize) };
  return { errno, count: keys.length, keys, values, ...outBatch };
}

/** @linux kernel/bpf/syscall.c `generic_map_update_batch`, `generic_map_delete_batch` (6.18) */
function changeBatch(
  kernel: BpfKernel,
  map: KernelMap,
  command: BatchCommand,
  { keys, values, count, elemFlags }: MapBatchAttr,
): MapBatchAnswer {
  const { keySize } = map.attr;
  const valueSize = map.userValueSize;
  const room = kernel.scratch(roundUp8(keySize) + valueSize);
  if (room === 0) return empty(-ENOMEM);
  const value = room + roundUp8(keySize);
  let done = 0;
  let errno = 0;
  for (; done < count; done++) {
    const isThere = takeOver(kernel, keys, done, keySize, room);
    const isUpdate = command === "update";
    if (!isThere || (isUpdate && !takeOver(kernel, values, done, valueSize, value))) {
      errno = -EFAULT;
      break;
    }
    errno = isUpdate ? map.updateAll(room, value, elemFlags) : map.delete(room);
    if (errno !== 0) break;
  }
  return { ...empty(errno), count: done };
}

/** Whether there is a thing number `index` in the caller's memory, which then is copied to `to`. */
function takeOver(
  { memory }: BpfKernel,
  from: Uint8Array | null,
  index: number,
  size: number,
  to: number,
): boolean {
  const end = (index + 1) * size;
  if (from === null || end > from.length) return false;
  memory.bytes.set(from.subarray(end - size, end), to);
  return true;
}

/**
 * Bucket by bucket: one that does not fit as a whole is left for the next call.
 *
 * @linux kernel/bpf/hashtab.c `__htab_map_lookup_and_delete_batch` (6.18)
 */
function htabBatch(
  kernel: BpfKernel,
  map: HashMap,
  command: BatchCommand,
  { inBatch, count }: MapBatchAttr,
): MapBatchAnswer {
  if (inBatch === undefined) return empty(-EFAULT);
  let bucket =
    inBatch === null ? 0 : new DataView(inBatch.buffer, inBatch.byteOffset).getUint32(0, true);
  if (bucket >= map.bucketCount) return empty(-ENOENT);
  const room = kernel.scratch(map.userValueSize);
  if (room === 0) return empty(-ENOMEM);
  const keys: Uint8Array[] = [];
  const values: Uint8Array[] = [];
  let errno = 0;
  for (; bucket < map.bucketCount; bucket++) {
    const elements = map.elementsOfBucket(bucket);
    if (elements.length > count - keys.length) {
      if (keys.length === 0) errno = -ENOSPC;
      break;
    }
    for (const element of elements) {
      keys.push(kernel.memory.copyOut(map.keyOf(element), map.attr.keySize));
      map.copyElement(element, room);
      values.push(kernel.memory.copyOut(room, map.userValueSize));
      if (command === "lookup_and_delete") map.deleteElement(element);
    }
  }
  if (bucket === map.bucketCount) errno = -ENOENT;
  const outBatch = new Uint8Array(4);
  new DataView(outBatch.buffer).setUint32(0, bucket, true);
  return { errno, count: keys.length, keys, values, outBatch };
}
