/** Objects of their own types that programs allocate. */

import type { Btf } from "../btf/btf.ts";
import { BPF_GRAPH_NODE, BPF_LIST_HEAD, BPF_REFCOUNT } from "../btf/field-types.ts";
import type { BtfRecord } from "../btf/record.ts";
import type { BpfMemory } from "../memory.ts";

/** A structure that some program allocates. */
interface ObjectType {
  readonly btf: Btf;
  readonly typeId: number;
  /** In bytes, of one for each CPU all together. */
  readonly size: number;
  readonly record: BtfRecord | undefined;
}

interface AllocatedObject {
  readonly type: ObjectType;
  refs: number;
}

/** How many kinds of objects the programs of a machine may allocate. */
export const OBJECT_TYPES_MAX = 256;

/**
 * All objects of a machine, by their addresses.
 *
 * @linux kernel/bpf/helpers.c `bpf_obj_new_impl`, `__bpf_obj_drop_impl` (6.18)
 */
export class ProgramObjects {
  readonly #memory: BpfMemory;
  readonly #types: ObjectType[] = [];
  readonly #objects = new Map<number, AllocatedObject>();
  /** From a node in an object to the object. */
  readonly #startOfNode = new Map<number, number>();

  constructor(memory: BpfMemory) {
    this.#memory = memory;
  }

  /** The number of a type; undefined: there are too many. */
  typeIndex(btf: Btf, typeId: number, size: number): number | undefined {
    const known = this.#types.findIndex(
      (type) => type.btf === btf && type.typeId === typeId && type.size === size,
    );
    if (known >= 0) return known;
    if (this.#types.length === OBJECT_TYPES_MAX) return undefined;
    return this.#types.push({ btf, typeId, size, record: btf.structMeta(typeId) }) - 1;
  }

  /** A new object, zeroed; 0: there is no memory. */
  create(typeIndex: number): number {
    const type = this.#types[typeIndex]!;
    const start = this.#memory.alloc(type.size);
    if (start === 0) return 0;
    this.#objects.set(start, { type, refs: 1 });
    for (const node of nodesOf(type)) this.#startOfNode.set(start + node, start);
    return start;
  }

  /** The object that the address, of itself or of a node, belongs to. */
  startOf(address: number): number {
    return this.#startOfNode.get(address) ?? address;
  }

  acquire(start: number): void {
    this.#objects.get(start)!.refs++;
  }

  /** One reference less; with the last one goes the object, and what it holds. */
  drop(start: number): void {
    const object = this.#objects.get(start)!;
    if (--object.refs > 0 && object.type.record?.has(BPF_REFCOUNT) === true) return;
    for (const { type, offset } of object.type.record?.fields ?? []) {
      if (type === BPF_LIST_HEAD) this.#dropList(start + offset);
    }
    this.#objects.delete(start);
    for (const node of nodesOf(object.type)) this.#startOfNode.delete(start + node);
    this.#memory.free(start, object.type.size);
  }

  #dropList(head: number): void {
    const { view } = this.#memory;
    let node = view.getInt32(head, true);
    while (node !== 0 && node !== head) {
      const next = view.getInt32(node, true);
      this.drop(this.startOf(node));
      node = next;
    }
  }
}

function nodesOf({ record }: ObjectType): number[] {
  const fields = record?.fields ?? [];
  return fields.filter(({ type }) => (type & BPF_GRAPH_NODE) !== 0).map(({ offset }) => offset);
}
