import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, ENOTSUPP } from "../../include/errno.ts";
import { type BpfMemory, roundUp8 } from "../memory.ts";
import {
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_HASH,
} from "../uapi.ts";
import {
  BPF_EXIST,
  BPF_F_LOCK,
  BPF_F_NO_COMMON_LRU,
  BPF_F_NO_PREALLOC,
  BPF_F_NUMA_NODE,
  BPF_F_ZERO_SEED,
  BPF_NOEXIST,
  isAccessFlagsOk,
  KMALLOC_MAX_SIZE,
  MAP_ACCESS_FLAGS,
  PCPU_MIN_UNIT_SIZE,
} from "./flags.ts";
import { isEqual, jhash } from "./jhash.ts";
import type { HashLookup } from "./lookup-shape.ts";
import { LruLists } from "./lru-list.ts";
import { type ElementWalk, KernelMap, type MapCreateAttr, type MapMembers } from "./map.ts";

const HTAB_CREATE_FLAGS =
  BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS | BPF_F_ZERO_SEED;

/** What Linux can allocate for one element: as much less the element's head. */
const ELEMENT_BYTES_MAX = KMALLOC_MAX_SIZE - 48;

/** @linux kernel/bpf/hashtab.c `htab_map_alloc_check` (6.18) */
export function htabMapAllocCheck(attr: MapCreateAttr): number {
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  const isPercpu = hasValueOfEachCpu(attr);
  const hasListOfEachCpu = (mapFlags & BPF_F_NO_COMMON_LRU) !== 0;
  if ((mapFlags & ~HTAB_CREATE_FLAGS) !== 0 || !isAccessFlagsOk(mapFlags)) return -EINVAL;
  if (!isLru(attr) && hasListOfEachCpu) return -EINVAL;
  if (isLru(attr) && (mapFlags & BPF_F_NO_PREALLOC) !== 0) return -ENOTSUPP;
  if ((mapFlags & BPF_F_NUMA_NODE) !== 0 && (isPercpu || hasListOfEachCpu)) return -EINVAL;
  if (maxEntries === 0 || keySize === 0 || valueSize === 0) return -EINVAL;
  if (keySize + valueSize >= ELEMENT_BYTES_MAX) return -E2BIG;
  if (isPercpu && roundUp8(valueSize) > PCPU_MIN_UNIT_SIZE) return -E2BIG;
  return 0;
}

/** @linux kernel/bpf/hashtab.c `fd_htab_map_alloc_check` (6.18) */
export function fdHtabMapAllocCheck(attr: MapCreateAttr): number {
  return attr.valueSize === 4 ? htabMapAllocCheck(attr) : -EINVAL;
}

function hasValueOfEachCpu({ mapType }: MapCreateAttr): boolean {
  return mapType === BPF_MAP_TYPE_PERCPU_HASH || mapType === BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

function isLru({ mapType }: MapCreateAttr): boolean {
  return mapType === BPF_MAP_TYPE_LRU_HASH || mapType === BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/** How much of what was deleted a map keeps: 96 elements, or fewer large ones. @linux kernel/bpf/memalloc.c `init_refill_work` (6.18) */
const CACHED_BYTES = 96 * 256;

/** What fits into one allocation with 16 bytes a bucket. */
const BUCKETS_MAX = 2 ** 27;

/** With a list for each CPU all have the same share. @linux kernel/bpf/hashtab.c `htab_map_alloc` (6.18) */
function withShares(attr: MapCreateAttr, cpus: number): MapCreateAttr {
  if ((attr.mapFlags & BPF_F_NO_COMMON_LRU) === 0) return attr;
  const up = Math.ceil(attr.maxEntries / cpus) * cpus;
  return { ...attr, maxEntries: up > 0xffff_ffff ? up - cpus : up };
}

/** How far a file of an iterator has come: so many elements of that bucket are behind it. */
export interface HashSeqPlace {
  bucket: number;
  skipped: number;
}

/** Places in an element: the next one of its bucket, its hash, then key and values. */
const NEXT = 0;
const HASH = 4;
const KEY = 8;
/** Of a free element, the next free one: who walks over the bucket it was in still finds the way on. */
const NEXT_FREE = HASH;

/** @linux kernel/bpf/hashtab.c `struct htab_elem` (6.18) */
const HTAB_ELEM_BYTES = 48;
const POINTER_BYTES = 8;
/** @linux kernel/bpf/hashtab.c `PERCPU_COUNTER_BATCH` (6.18) */
const PERCPU_COUNTER_BATCH = 32;

/**
 * Hash maps, with one value or one for each CPU in an element. A map of the LRU kind is never full: where all elements
 * are in use, `LruLists` says which one goes.
 *
 * Buckets and elements lie in BPF memory. As in Linux, a map is allocated as a whole unless
 * BPF_F_NO_PREALLOC is set, and an update puts a new element in the place of the old one: a
 * program that still holds a pointer to the old value does not see the new one.
 *
 * @linux kernel/bpf/hashtab.c (6.18)
 */
export class HashMap extends KernelMap {
  override readonly batchCommands = ["lookup", "lookup_and_delete", "update", "delete"] as const;

  static create(
    attr: MapCreateAttr,
    memory: BpfMemory,
    cpus: number,
    seed: number,
  ): HashMap | number {
    const shared = withShares(attr, cpus);
    if (shared.maxEntries > BUCKETS_MAX) return -E2BIG;
    return new HashMap(shared, memory, cpus, seed).allocated();
  }

  readonly #isPercpu: boolean;
  /** Whether an update writes into the element that is there. */
  readonly #isInPlace: boolean;
  readonly #isPreallocated: boolean;
  readonly #seed: number;
  readonly #bucketMask: number;
  readonly #buckets: number;
  readonly #stride: number;
  readonly #valueAt: number;
  readonly #elementBytes: number;
  /** All elements of a preallocated map: one for each entry and, for updates, one for each CPU. */
  readonly #pool: number;
  readonly #poolElements: number;
  /** Head of the list of free elements in the pool. */
  #free = 0;
  /** For each CPU the element that its next update in place of another one takes. */
  readonly #spare: number[] = [];
  /** Elements that were allocated one by one and have been deleted: the map may use them at once. */
  readonly #deleted: number[] = [];
  readonly #deletedMax: number;
  #isTrimming = false;
  #count = 0;
  #lru: LruLists | undefined;

  protected constructor(attr: MapCreateAttr, memory: BpfMemory, cpus: number, seed: number) {
    super(attr, memory, cpus);
    const isPercpu = hasValueOfEachCpu(attr);
    this.#isPercpu = isPercpu;
    this.#isInPlace = isPercpu || attr.mapType === BPF_MAP_TYPE_HASH_OF_MAPS;
    this.#isPreallocated = (attr.mapFlags & BPF_F_NO_PREALLOC) === 0;
    this.#seed = (attr.mapFlags & BPF_F_ZERO_SEED) === 0 ? seed : 0;
    let buckets = 1;
    while (buckets < attr.maxEntries) buckets *= 2;
    this.#bucketMask = buckets - 1;
    this.#stride = roundUp8(attr.valueSize);
    this.#valueAt = KEY + roundUp8(attr.keySize);
    this.#elementBytes = this.#valueAt + this.#stride * (isPercpu ? cpus : 1);
    this.#deletedMax = Math.max(3, Math.floor(CACHED_BYTES / Math.max(this.#elementBytes, 256)));
    this.#buckets = memory.alloc(buckets * 4);
    this.#poolElements = attr.maxEntries + (this.#isInPlace || isLru(attr) ? 0 : cpus);
    this.#pool =
      this.#isPreallocated && this.#buckets !== 0
        ? memory.alloc(this.#poolElements * this.#elementBytes)
        : 0;
    if (this.#pool === 0) return;
    if (isLru(attr)) this.#lru = this.#makeLru(attr);
    else this.#fillPool();
  }

  /** -ENOMEM when there was not room for all of it. */
  allocated(): this | number {
    if (this.#buckets !== 0 && (this.#pool !== 0 || !this.#isPreallocated)) return this;
    if (this.#buckets !== 0) this.memory.free(this.#buckets, this.bucketCount * 4);
    return -ENOMEM;
  }

  #makeLru({ maxEntries: elements, mapFlags }: MapCreateAttr): LruLists {
    return new LruLists({
      ...{ elements, cpus: this.cpus, isPercpu: (mapFlags & BPF_F_NO_COMMON_LRU) !== 0 },
      deleteFromMap: (node) => this.#takeOut(this.#pool + node * this.#elementBytes),
    });
  }

  #fillPool(): void {
    const { view } = this.memory;
    for (let i = this.#poolElements - 1; i >= 0; i--) {
      const element = this.#pool + i * this.#elementBytes;
      view.setInt32(element + NEXT_FREE, this.#free, true);
      this.#free = element;
    }
    if (this.#isInPlace) return;
    for (let cpu = 0; cpu < this.cpus; cpu++) this.#spare.push(this.#popFree());
  }

  #popFree(): number {
    const element = this.#free;
    if (element !== 0) this.#free = this.memory.view.getInt32(element + NEXT_FREE, true);
    return element;
  }

  override get userValueSize(): number {
    return this.#isPercpu ? this.#stride * this.cpus : this.attr.valueSize;
  }

  override get elemCount(): number {
    return this.#count;
  }

  override lookup(key: number, cpu: number): number {
    const element = this.#elementOf(key);
    if (element === 0) return 0;
    this.#lru?.setRef(this.#nodeOf(element));
    return element + this.#valueAt + (this.#isPercpu ? cpu * this.#stride : 0);
  }

  /** A map of the LRU kind has to note what is used. */
  override lookupShape(): HashLookup | undefined {
    if (this.#lru !== undefined) return undefined;
    return {
      ...({ kind: "hash", keySize: this.attr.keySize, seed: this.#seed } as const),
      ...{ buckets: this.#buckets, bucketMask: this.#bucketMask, valueAt: this.#valueAt },
      cpuStride: this.#isPercpu ? this.#stride : 0,
    };
  }

  /** Who looks from outside uses nothing. @linux kernel/bpf/hashtab.c `htab_lru_map_lookup_elem_sys` (6.18) */
  override copyValue(key: number, to: number): number {
    const element = this.#elementOf(key);
    if (element === 0) return -ENOENT;
    this.copyElement(element, to);
    return 0;
  }

  copyElement(element: number, to: number): void {
    this.copyOut(to, element + this.#valueAt);
  }

  keyOf(element: number): number {
    return element + KEY;
  }

  valuesOf(element: number): number {
    return element + this.#valueAt;
  }

  get bucketCount(): number {
    return this.#bucketMask + 1;
  }

  /** @linux kernel/bpf/hashtab.c `struct bpf_htab`, `htab_map_alloc`, `inc_elem_count` (6.18) */
  override get ownMembers(): MapMembers {
    const { keySize, maxEntries } = this.attr;
    const value = this.#isPercpu ? POINTER_BYTES : this.#stride;
    const isCountedPerCpu = maxEntries / 2 > this.cpus * PERCPU_COUNTER_BATCH;
    return {
      ...{ n_buckets: this.bucketCount, elem_size: HTAB_ELEM_BYTES + roundUp8(keySize) + value },
      ...{ hashrnd: this.#seed, use_percpu_counter: Number(isCountedPerCpu) },
      count: { counter: this.#isPreallocated || isCountedPerCpu ? 0 : this.#count },
      ...(this.#lru && { lru: this.#lru.members }),
    };
  }

  elementsOfBucket(bucket: number): number[] {
    const { view } = this.memory;
    const elements: number[] = [];
    let element = view.getInt32(this.#buckets + bucket * 4, true);
    for (; element !== 0; element = view.getInt32(element + NEXT, true)) elements.push(element);
    return elements;
  }

  #elementOf(key: number): number {
    return this.#find(key, jhash(this.memory.view, key, this.attr.keySize, this.#seed));
  }

  #nodeOf(element: number): number {
    return (element - this.#pool) / this.#elementBytes;
  }

  override update(key: number, value: number, flags: number, cpu: number): number {
    return this.#update(key, value, flags, cpu, false);
  }

  override updateAll(key: number, value: number, flags: number): number {
    return this.#update(key, value, flags, 0, true);
  }

  #update(key: number, value: number, flags: number, cpu: number, isForAll: boolean): number {
    if ((flags & ~BPF_F_LOCK) >>> 0 > BPF_EXIST) return -EINVAL;
    if (!this.mayLock(flags)) return -EINVAL;
    const condition = flags & ~BPF_F_LOCK;
    const hash = jhash(this.memory.view, key, this.attr.keySize, this.#seed);
    // Another element may go for it, even where the update then fails.
    const spare =
      this.#lru && !(this.#isPercpu && condition === BPF_EXIST) ? this.#takeLru(cpu) : 0;
    if (spare < 0) return spare;
    const old = this.#find(key, hash);
    if (old !== 0 && condition === BPF_NOEXIST) return this.#giveUp(spare, -EEXIST);
    if (old === 0 && condition === BPF_EXIST) return this.#giveUp(spare, -ENOENT);
    if (old !== 0 && this.#isInPlace) {
      this.#lru?.setRef(this.#nodeOf(old));
      this.#writeValue(old, value, cpu, isForAll);
      return this.#giveUp(spare, 0);
    }
    if (old !== 0 && condition !== flags) {
      // Under its lock the value is written in its place.
      this.copyOneValue(old + this.#valueAt, value);
      return 0;
    }
    const element = spare || (old === 0 ? this.#takeElement() : this.#takeInPlaceOf(cpu));
    if (element <= 0) return element;
    const { bytes, view } = this.memory;
    view.setInt32(element + HASH, hash, true);
    bytes.copyWithin(element + KEY, key, key + this.attr.keySize);
    // What is the kernel's own stays as it was left: who holds the value may use it still.
    if (this.#isPercpu) this.#zeroValues(element + this.#valueAt);
    this.#writeValue(element, value, cpu, isForAll);
    // The new element goes in before the old one goes out, so that a lookup always finds one.
    const bucket = this.#bucketOf(hash);
    view.setInt32(element + NEXT, view.getInt32(bucket, true), true);
    view.setInt32(bucket, element, true);
    if (old === 0) {
      this.#count++;
      return 0;
    }
    this.#unlink(old, element + NEXT);
    this.#lru?.setRef(this.#nodeOf(element));
    this.#retire(old, cpu);
    return 0;
  }

  /** @linux kernel/bpf/hashtab.c `pcpu_init_value` (6.18) */
  #zeroValues(values: number): void {
    const end = values + this.#stride * this.cpus;
    if (this.fields === undefined) {
      this.memory.bytes.fill(0, values, end);
      return;
    }
    for (let at = values; at < end; at += this.#stride) this.fields.zeroOthers(at, this.#stride);
  }

  #takeLru(cpu: number): number {
    const node = this.#lru?.popFree(cpu);
    return node === undefined ? -ENOMEM : this.#pool + node * this.#elementBytes;
  }

  /** Gives an element back that an update has taken and does not need. */
  #giveUp(element: number, answer: number): number {
    if (element !== 0) this.#lru?.pushFree(this.#nodeOf(element));
    return answer;
  }

  #writeValue(element: number, value: number, cpu: number, isForAll: boolean): void {
    const isOne = this.#isPercpu && !isForAll;
    const to = element + this.#valueAt + (isOne ? cpu * this.#stride : 0);
    if (this.fields === undefined) {
      const length = isOne ? this.attr.valueSize : this.userValueSize;
      this.memory.bytes.copyWithin(to, value, value + length);
      return;
    }
    const copies = this.#isPercpu && isForAll ? this.cpus : 1;
    for (let i = 0; i < copies; i++) {
      this.copyOneValue(to + i * this.#stride, value + i * this.#stride);
      // Values of CPUs are written in their place.
      if (this.#isPercpu) this.fields.free(to + i * this.#stride);
    }
  }

  /** An element for a key that is not there yet, or a negative errno. */
  #takeElement(): number {
    if (this.#isPreallocated) return this.#popFree() || -E2BIG;
    return this.#count >= this.attr.maxEntries ? -E2BIG : this.#allocElement();
  }

  #takeInPlaceOf(cpu: number): number {
    return this.#isPreallocated ? this.#spare[cpu]! : this.#allocElement();
  }

  #allocElement(): number {
    return this.#deleted.pop() ?? (this.memory.alloc(this.#elementBytes) || -ENOMEM);
  }

  /** @linux kernel/bpf/memalloc.c `bpf_mem_cache_free` (6.18) */
  #freeElement(element: number): void {
    this.#deleted.push(element);
    if (this.#deleted.length <= this.#deletedMax || this.#isTrimming) return;
    this.#isTrimming = true;
    this.memory.callRcu(() => {
      this.#isTrimming = false;
      for (const freed of this.#deleted.splice(0, this.#deleted.length - this.#deletedMax)) {
        this.memory.free(freed, this.#elementBytes);
      }
    });
  }

  /** Puts away an element that another one has replaced. */
  #retire(element: number, cpu: number): void {
    this.#freeFields(element);
    if (this.#lru) this.#lru.pushFree(this.#nodeOf(element));
    else if (this.#isPreallocated) this.#spare[cpu] = element;
    else this.#freeElement(element);
  }

  override lookupAndDelete(key: number, to: number, _flags: number): number {
    const answer = this.copyValue(key, to);
    return answer === 0 ? this.delete(key) : answer;
  }

  override delete(key: number): number {
    const element = this.#elementOf(key);
    if (element === 0) return -ENOENT;
    this.deleteElement(element);
    return 0;
  }

  deleteElement(element: number): void {
    const { view } = this.memory;
    this.#takeOut(element);
    if (this.#lru) this.#lru.pushFree(this.#nodeOf(element));
    else if (this.#isPreallocated) {
      view.setInt32(element + NEXT_FREE, this.#free, true);
      this.#free = element;
    } else {
      this.#freeElement(element);
    }
  }

  #takeOut(element: number): void {
    this.#unlink(element, this.#bucketOf(this.memory.view.getInt32(element + HASH, true)));
    this.#count--;
    this.#freeFields(element);
  }

  #freeFields(element: number): void {
    const copies = this.#isPercpu ? this.cpus : 1;
    for (let i = 0; i < copies; i++) this.freeValue(element + this.#valueAt + i * this.#stride);
  }

  /** Gives up what a value holds that goes. @linux kernel/bpf/hashtab.c `check_and_free_fields`, `htab_put_fd_value` (6.18) */
  protected freeValue(value: number): void {
    this.fields?.free(value);
  }

  /** Takes `element` out of its bucket; `link` is a place from which it can be reached. */
  #unlink(element: number, link: number): void {
    const { view } = this.memory;
    let at = link;
    while (view.getInt32(at, true) !== element) at = view.getInt32(at, true) + NEXT;
    view.setInt32(at, view.getInt32(element + NEXT, true), true);
  }

  /** @linux kernel/bpf/hashtab.c `htab_map_get_next_key` (6.18) */
  override nextKey(key: number, next: number): number {
    const { view, bytes } = this.memory;
    const { keySize } = this.attr;
    const hash = key === 0 ? 0 : jhash(view, key, keySize, this.#seed);
    const current = key === 0 ? 0 : this.#find(key, hash);
    // A key that is gone starts the iteration again.
    let element = current === 0 ? 0 : view.getInt32(current + NEXT, true);
    let bucket = current === 0 ? 0 : (hash & this.#bucketMask) + 1;
    for (; element === 0 && bucket <= this.#bucketMask; bucket++) {
      element = view.getInt32(this.#buckets + bucket * 4, true);
    }
    if (element === 0) return -ENOENT;
    bytes.copyWithin(next, element + KEY, element + KEY + keySize);
    return 0;
  }

  /** @linux kernel/bpf/hashtab.c `bpf_for_each_hash_elem` (6.18) */
  override walk(_cell: number, cpu: number): ElementWalk {
    let bucket = -1;
    let following = 0;
    const walk = {
      key: 0,
      value: 0,
      next: (): boolean => {
        while (following === 0 && bucket < this.#bucketMask) {
          following = this.memory.view.getInt32(this.#buckets + ++bucket * 4, true);
        }
        if (following === 0) return false;
        walk.key = following + KEY;
        walk.value = following + this.#valueAt + (this.#isPercpu ? cpu * this.#stride : 0);
        // Noted before anything happens to the element: it may be gone afterwards.
        following = this.memory.view.getInt32(following + NEXT, true);
        return true;
      },
    };
    return walk;
  }

  /**
   * The element after `previous`, which may have gone, or with 0 the one at `place`; 0: there is none.
   *
   * @linux kernel/bpf/hashtab.c `bpf_hash_map_seq_find_next` (6.18)
   */
  seqFindNext(place: HashSeqPlace, previous: number): number {
    const { view } = this.memory;
    if (place.bucket > this.#bucketMask) return 0;
    if (previous !== 0) {
      const following = view.getInt32(previous + NEXT, true);
      if (following !== 0) return following;
      place.bucket++;
      place.skipped = 0;
    }
    for (; place.bucket <= this.#bucketMask; place.bucket++) {
      let element = view.getInt32(this.#buckets + place.bucket * 4, true);
      for (let left = place.skipped; element !== 0 && left > 0; left--) {
        element = view.getInt32(element + NEXT, true);
      }
      if (element !== 0) return element;
      place.skipped = 0;
    }
    return 0;
  }

  override free(): void {
    const hasObjects = this.fields !== undefined || this.innerMapMeta !== undefined;
    if (!this.#isPreallocated || hasObjects) this.#freeElements();
    for (const element of this.#deleted) {
      if (this.fields !== undefined) this.#freeFields(element);
      this.memory.free(element, this.#elementBytes);
    }
    this.memory.free(this.#buckets, this.bucketCount * 4);
    if (this.#pool !== 0) this.memory.free(this.#pool, this.#poolElements * this.#elementBytes);
  }

  /** @linux kernel/bpf/hashtab.c `htab_map_free_internal_structs` (6.18) */
  override releaseUsers(): void {
    const { fields } = this;
    if (fields?.isAsync !== true) return;
    this.#forEach((element) => fields.freeAsync(element + this.#valueAt));
  }

  #freeElements(): void {
    this.#forEach((element) => {
      this.#freeFields(element);
      if (!this.#isPreallocated) this.memory.free(element, this.#elementBytes);
    });
  }

  #forEach(visit: (element: number) => void): void {
    const { view } = this.memory;
    // A map may have millions of buckets, and few elements.
    let left = this.#count;
    for (let bucket = 0; left > 0; bucket++) {
      let element = view.getInt32(this.#buckets + bucket * 4, true);
      while (element !== 0) {
        const next = view.getInt32(element + NEXT, true);
        visit(element);
        element = next;
        left--;
      }
    }
  }

  #bucketOf(hash: number): number {
    return this.#buckets + (hash & this.#bucketMask) * 4;
  }

  /** The address of the element with this key, 0 when there is none. */
  #find(key: number, hash: number): number {
    const { view } = this.memory;
    let element = view.getInt32(this.#bucketOf(hash), true);
    while (element !== 0) {
      if (
        view.getInt32(element + HASH, true) === hash &&
        isEqual(view, element + KEY, key, this.attr.keySize)
      ) {
        return element;
      }
      element = view.getInt32(element + NEXT, true);
    }
    return 0;
  }
}
