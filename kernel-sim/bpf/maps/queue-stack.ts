import { E2BIG, EINVAL, ENOENT, ENOMEM } from "../../include/errno.ts";
import type { BpfMemory } from "../memory.ts";
import { BPF_MAP_TYPE_STACK } from "../uapi.ts";
import {
  BPF_EXIST,
  BPF_F_NUMA_NODE,
  BPF_NOEXIST,
  isAccessFlagsOk,
  KMALLOC_MAX_SIZE,
  MAP_ACCESS_FLAGS,
} from "./flags.ts";
import { KeylessMap } from "./keyless.ts";
import type { MapCreateAttr, MapMembers } from "./map.ts";

const QUEUE_STACK_CREATE_FLAGS = BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS;

/** @linux kernel/bpf/queue_stack_maps.c `queue_stack_map_alloc_check` (6.18) */
export function queueStackMapAllocCheck(attr: MapCreateAttr): number {
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  if (maxEntries === 0 || keySize !== 0 || valueSize === 0) return -EINVAL;
  if ((mapFlags & ~QUEUE_STACK_CREATE_FLAGS) !== 0 || !isAccessFlagsOk(mapFlags)) return -EINVAL;
  return valueSize > KMALLOC_MAX_SIZE ? -E2BIG : 0;
}

/**
 * Values without keys, taken out in the order in which they came (queue) or the other way round (stack): a ring
 * of one value more than it holds.
 *
 * @linux kernel/bpf/queue_stack_maps.c (6.18)
 */
export class QueueStackMap extends KeylessMap {
  static create(attr: MapCreateAttr, memory: BpfMemory, cpus: number): QueueStackMap | number {
    const map = new QueueStackMap(attr, memory, cpus);
    return map.#values === 0 ? -ENOMEM : map;
  }

  readonly #isStack: boolean;
  readonly #size: number;
  readonly #values: number;
  #head = 0;
  #tail = 0;

  private constructor(attr: MapCreateAttr, memory: BpfMemory, cpus: number) {
    super(attr, memory, cpus);
    this.#isStack = attr.mapType === BPF_MAP_TYPE_STACK;
    this.#size = attr.maxEntries + 1;
    this.#values = memory.alloc(this.#size * attr.valueSize);
  }

  /** @linux kernel/bpf/queue_stack_maps.c `struct bpf_queue_stack` (6.18) */
  override get ownMembers(): MapMembers {
    return { head: this.#head, tail: this.#tail, size: this.#size };
  }

  /** @linux kernel/bpf/queue_stack_maps.c `queue_stack_map_push_elem` (6.18) */
  override push(value: number, flags: number): number {
    if ((flags & BPF_NOEXIST) !== 0 || flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (this.#behind(this.#head) === this.#tail) {
      if (flags !== BPF_EXIST) return -E2BIG;
      this.#tail = this.#behind(this.#tail);
    }
    const { valueSize } = this.attr;
    this.memory.bytes.copyWithin(this.#at(this.#head), value, value + valueSize);
    this.#head = this.#behind(this.#head);
    return 0;
  }

  override pop(value: number): number {
    return this.#take(value, true);
  }

  override peek(value: number): number {
    return this.#take(value, false);
  }

  /** Also where there is none, what lies at `value` is overwritten. */
  #take(value: number, isRemoved: boolean): number {
    const { bytes } = this.memory;
    const { valueSize } = this.attr;
    if (this.#head === this.#tail) {
      bytes.fill(0, value, value + valueSize);
      return -ENOENT;
    }
    const last = this.#head === 0 ? this.#size - 1 : this.#head - 1;
    const from = this.#at(this.#isStack ? last : this.#tail);
    bytes.copyWithin(value, from, from + valueSize);
    if (isRemoved && this.#isStack) this.#head = last;
    else if (isRemoved) this.#tail = this.#behind(this.#tail);
    return 0;
  }

  #behind(index: number): number {
    return index + 1 === this.#size ? 0 : index + 1;
  }

  #at(index: number): number {
    return this.#values + index * this.attr.valueSize;
  }

  override lookupAndDelete(_key: number, to: number, flags: number): number {
    return flags === 0 ? this.pop(to) : -EINVAL;
  }

  override delete(_key: number): number {
    return -EINVAL;
  }

  override nextKey(_key: number, _next: number): number {
    return -EINVAL;
  }

  override free(): void {
    this.memory.free(this.#values, this.#size * this.attr.valueSize);
  }
}
