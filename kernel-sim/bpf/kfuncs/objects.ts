/** Objects of their own types that programs allocate. */
import type { Btf } from "../btf/btf.ts";
import { BPF_GRAPH_NODE, BPF_RB_NODE, BPF_REFCOUNT } from "../btf/field-types.ts";
import { initFields } from "../btf/init-fields.ts";
import type { BtfRecord } from "../btf/record.ts";
import type { BpfMemory } from "../memory.ts";

/** A structure that some program allocates. */
interface ObjectType {
  readonly btf: Btf;
  readonly typeId: number;
  /** In bytes, of one for each CPU all together. */
  readonly size: number;
  readonly record: BtfRecord | undefined;
  /** Programs that make such objects, and objects that there are. */
  users: number;
}

/** How many kinds of objects the programs of a machine may allocate at one time. */
export const OBJECT_TYPES_MAX = 256;

/** In front of an object: the number of its type, and references to it. */
const HEADER_BYTES = 16;
const TYPE = -16;
const REFS = -12;

/** In nodes, behind the links: the list or tree that it is in, and in the upper half where it stands in its object. */
const LIST_OWNER = 16;
const RB_OWNER = 24;
const NODE_OFFSET = 4;

/**
 * All objects of a machine, by their addresses.
 *
 * @linux kernel/bpf/helpers.c `bpf_obj_new_impl`, `__bpf_obj_drop_impl` (6.18)
 */
export class ProgramObjects {
  readonly #memory: BpfMemory;
  readonly #freeFields: (record: BtfRecord, at: number) => void;
  readonly #types: (ObjectType | undefined)[] = [];
  /** Where those that there are begin. */
  readonly #starts = new Set<number>();
  /** Without a holder, but with what they hold. */
  readonly #dying: number[] = [];
  #isFreeing = false;

  /** @param freeFields gives up what fields at an address hold */
  constructor(memory: BpfMemory, freeFields: (record: BtfRecord, at: number) => void) {
    this.#memory = memory;
    this.#freeFields = freeFields;
  }

  /** The number of a type for one program more; undefined: there are too many. */
  holdType(btf: Btf, typeId: number, size: number): number | undefined {
    const known = this.#types.findIndex(
      (type) => type?.btf === btf && type.typeId === typeId && type.size === size,
    );
    if (known >= 0) {
      this.#types[known]!.users++;
      return known;
    }
    const free = this.#types.indexOf(undefined);
    const index = free < 0 ? this.#types.length : free;
    if (index === OBJECT_TYPES_MAX) return undefined;
    this.#types[index] = { btf, typeId, size, record: btf.structMeta(typeId), users: 1 };
    return index;
  }

  /** One program, or one object, less. */
  leaveType(index: number): void {
    if (--this.#types[index]!.users === 0) this.#types[index] = undefined;
  }

  /** A new object, zeroed; 0: there is no memory. */
  create(typeIndex: number): number {
    const type = this.#types[typeIndex]!;
    const at = this.#memory.alloc(HEADER_BYTES + type.size);
    if (at === 0) return 0;
    const start = at + HEADER_BYTES;
    this.#starts.add(start);
    type.users++;
    const { view } = this.#memory;
    view.setInt32(start + TYPE, typeIndex, true);
    view.setInt32(start + REFS, 1, true);
    if (type.record !== undefined) {
      initFields(this.#memory, type.record, start);
      for (const { type: kind, offset } of type.record.fields) {
        if ((kind & BPF_GRAPH_NODE) === 0) continue;
        const owner = kind === BPF_RB_NODE ? RB_OWNER : LIST_OWNER;
        view.setInt32(start + offset + owner + NODE_OFFSET, offset, true);
      }
    }
    return start;
  }

  /** The object that a node of a list or a tree belongs to. */
  ofListNode(node: number): number {
    return node - this.#memory.view.getInt32(node + LIST_OWNER + NODE_OFFSET, true);
  }

  ofTreeNode(node: number): number {
    return node - this.#memory.view.getInt32(node + RB_OWNER + NODE_OFFSET, true);
  }

  /** In bytes. */
  sizeOf(start: number): number {
    return this.#typeOf(start).size;
  }

  #typeOf(start: number): ObjectType {
    return this.#types[this.#memory.view.getInt32(start + TYPE, true)]!;
  }

  /** The verifier lets a pointer into an object pass: Linux then counts in the wrong place, here nothing is counted. */
  acquire(start: number): void {
    if (!this.#starts.has(start)) return;
    const { view } = this.#memory;
    view.setInt32(start + REFS, view.getInt32(start + REFS, true) + 1, true);
  }

  /** One reference less; with the last one goes the object, and what it holds. */
  drop(start: number): void {
    if (!this.#starts.has(start)) return;
    const { view } = this.#memory;
    const left = view.getInt32(start + REFS, true) - 1;
    view.setInt32(start + REFS, left, true);
    const { record } = this.#typeOf(start);
    if (left > 0 && record?.has(BPF_REFCOUNT) === true) return;
    this.#dying.push(start);
    // What an object holds may be an object: one after the other, however long the chain is.
    if (this.#isFreeing) return;
    this.#isFreeing = true;
    for (let next = this.#dying.pop(); next !== undefined; next = this.#dying.pop()) {
      this.#free(next);
    }
    this.#isFreeing = false;
  }

  #free(start: number): void {
    const { record, size } = this.#typeOf(start);
    this.#starts.delete(start);
    if (record !== undefined) this.#freeFields(record, start);
    this.leaveType(this.#memory.view.getInt32(start + TYPE, true));
    this.#memory.free(start - HEADER_BYTES, HEADER_BYTES + size);
  }
}
