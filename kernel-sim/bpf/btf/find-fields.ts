/** Finds the fields of a structure that are the kernel's own. */
import { E2BIG, EINVAL, ENOENT } from "../../include/errno.ts";
import type { Btf } from "./btf.ts";
import {
  BPF_GRAPH_ROOT,
  BPF_KPTR,
  BPF_KPTR_PERCPU,
  BPF_KPTR_REF,
  BPF_KPTR_UNREF,
  BPF_UPTR,
  FIELD_TYPES,
  type FieldType,
  KPTR_FIELD,
} from "./field-types.ts";
import type { BtfType } from "./kinds.ts";
import * as kinds from "./kinds.ts";

/** @linux include/linux/bpf.h BTF_FIELDS_MAX (6.18) */
const BTF_FIELDS_MAX = 11;
const MAX_RESOLVE_DEPTH = 32;

/** A field as it was found. @linux kernel/bpf/btf.c `struct btf_field_info` (6.18) */
export interface FoundField {
  readonly type: number;
  /** In bytes. */
  readonly offset: number;
  /** Of a pointer: the structure that it points to. Of a root: the one that its nodes lie in. */
  readonly typeId: number;
  /** Of a root: the member that is the node. */
  readonly nodeName: string;
}

const KPTR_TAGS: Readonly<Record<string, number>> = {
  kptr_untrusted: BPF_KPTR_UNREF,
  kptr: BPF_KPTR_REF,
  percpu_kptr: BPF_KPTR_PERCPU,
  uptr: BPF_UPTR,
};

/** These may lie in arrays. */
const REPEATABLE = BPF_KPTR | BPF_UPTR | BPF_GRAPH_ROOT;

/**
 * All fields of a struct, or of the variables of a section, or a negative errno.
 *
 * @linux kernel/bpf/btf.c `btf_find_field` (6.18)
 */
export function findFields(btf: Btf, type: BtfType, mask: number): FoundField[] | number {
  const search = new FieldSearch(btf, mask);
  if (kinds.isProperStruct(type)) return search.ofStruct(type, BTF_FIELDS_MAX, 0);
  return type.kind === kinds.BTF_KIND_DATASEC ? search.ofDatasec(type) : -EINVAL;
}

/**
 * The kind of pointer that a tag makes of one; undefined: it is none of them.
 *
 * @linux kernel/bpf/btf.c `btf_find_kptr` (6.18)
 */
export function findKptr(
  btf: Btf,
  start: BtfType,
  mask: number,
): { readonly type: number; readonly typeId: number } | number | undefined {
  const ptr = start.kind === kinds.BTF_KIND_VOLATILE ? btf.typeById(start.type)! : start;
  if (ptr.kind !== kinds.BTF_KIND_PTR) return undefined;
  const tag = btf.typeById(ptr.type)!;
  if (tag.kind !== kinds.BTF_KIND_TYPE_TAG || tag.kflag) return undefined;
  if (btf.typeById(tag.type)!.kind === kinds.BTF_KIND_TYPE_TAG) return -EINVAL;
  const type = KPTR_TAGS[btf.nameOf(tag)];
  if (type === undefined) return -EINVAL;
  if ((type & mask) === 0) return undefined;
  const target = btf.skipModifiers(tag.type)!;
  return kinds.isProperStruct(target) ? { type, typeId: target.id } : -EINVAL;
}

class FieldSearch {
  readonly #btf: Btf;
  readonly #mask: number;
  /** Structs without any field, and how many levels of structs lie in them: they are not searched twice. */
  readonly #plain = new Map<number, number>();

  constructor(btf: Btf, mask: number) {
    this.#btf = btf;
    this.#mask = mask;
  }

  /**
   * @param room how many fields there may be at most
   * @linux kernel/bpf/btf.c `btf_find_struct_field` (6.18)
   */
  ofStruct(struct: kinds.BtfStruct, room: number, level: number): FoundField[] | number {
    const found: FoundField[] = [];
    const seen = new Set<number>();
    for (const [i, member] of struct.members.entries()) {
      const bits = kinds.memberBitOffset(struct, member);
      if (bits % 8 !== 0) return -EINVAL;
      const type = this.#btf.typeById(member.type)!;
      const place = { owner: struct, index: i, offset: bits / 8, size: 0 };
      const fields = this.#ofOne(place, type, seen, room - found.length, level);
      if (typeof fields === "number") return fields;
      found.push(...fields);
    }
    return found;
  }

  /** @linux kernel/bpf/btf.c `btf_find_datasec_var` (6.18) */
  ofDatasec({ vars }: kinds.BtfDatasec): FoundField[] | number {
    const found: FoundField[] = [];
    const seen = new Set<number>();
    for (const { type: id, offset, size } of vars) {
      const owner = this.#btf.typeById(id) as kinds.BtfVar;
      const type = this.#btf.typeById(owner.type)!;
      const place = { owner, index: -1, offset, size };
      const fields = this.#ofOne(place, type, seen, BTF_FIELDS_MAX - found.length, 0);
      if (typeof fields === "number") return fields;
      found.push(...fields);
    }
    return found;
  }

  /** @linux kernel/bpf/btf.c `btf_find_field_one` (6.18) */
  #ofOne(
    place: Place,
    start: BtfType,
    seen: Set<number>,
    room: number,
    level: number,
  ): FoundField[] | number {
    let type = start;
    let nelems = 1;
    let depth = 0;
    for (; depth < MAX_RESOLVE_DEPTH && type.kind === kinds.BTF_KIND_ARRAY; depth++) {
      nelems = Math.imul(nelems, type.nelems) >>> 0;
      type = this.#btf.typeById(type.elemType)!;
    }
    if (depth === MAX_RESOLVE_DEPTH) return -E2BIG;
    if (nelems === 0) return [];
    const fieldType = this.#fieldType(type, seen);
    if (typeof fieldType === "number") return fieldType;
    const size = fieldType?.size ?? (kinds.isProperStruct(type) ? type.size : 0);
    if (place.size !== 0 && place.size !== Math.imul(size, nelems) >>> 0) return [];
    if (fieldType === undefined) {
      return kinds.isProperStruct(type)
        ? this.#nested(type, place.offset, nelems, room, level)
        : [];
    }
    if (place.offset % fieldType.align !== 0) return [];
    const field = this.#make(place, type, fieldType);
    if (field === undefined) return [];
    if (typeof field === "number") return field;
    return room === 0 ? -E2BIG : repeated([field], nelems, size, room);
  }

  /** @linux kernel/bpf/btf.c `btf_find_nested_struct` (6.18) */
  #nested(
    struct: kinds.BtfStruct,
    offset: number,
    nelems: number,
    room: number,
    level: number,
  ): FoundField[] | number {
    const own = level + 1;
    if (own >= MAX_RESOLVE_DEPTH) return -E2BIG;
    const height = this.#plain.get(struct.id);
    if (height !== undefined && own + height < MAX_RESOLVE_DEPTH) return [];
    const fields = this.ofStruct(struct, room, own);
    if (typeof fields === "number") return fields;
    if (fields.length === 0) {
      this.#plain.set(struct.id, this.#heightOf(struct));
      return fields;
    }
    const moved = fields.map((field) => ({ ...field, offset: field.offset + offset }));
    return repeated(moved, nelems, struct.size, room);
  }

  /** All structs in it were searched before. */
  #heightOf({ members }: kinds.BtfStruct): number {
    let height = 0;
    for (const { type: id } of members) {
      let type = this.#btf.typeById(id)!;
      while (type.kind === kinds.BTF_KIND_ARRAY) type = this.#btf.typeById(type.elemType)!;
      if (kinds.isProperStruct(type))
        height = Math.max(height, 1 + (this.#plain.get(type.id) ?? 0));
    }
    return height;
  }

  /** @linux kernel/bpf/btf.c `btf_get_field_type` (6.18) */
  #fieldType(type: BtfType, seen: Set<number>): FieldType | number | undefined {
    const name = this.#btf.nameOf(type);
    const field = FIELD_TYPES.find((each) => (each.type & this.#mask) !== 0 && each.name === name);
    if (field?.isUnique === true) {
      if (seen.has(field.type)) return -E2BIG;
      seen.add(field.type);
    }
    if (field !== undefined) return field;
    const mayBePtr = (this.#mask & (BPF_KPTR | BPF_UPTR)) !== 0 && !kinds.isProperStruct(type);
    return mayBePtr ? KPTR_FIELD : undefined;
  }

  #make(place: Place, type: BtfType, fieldType: FieldType): FoundField | number | undefined {
    const { offset } = place;
    if (fieldType === KPTR_FIELD) {
      const kptr = findKptr(this.#btf, type, this.#mask);
      return typeof kptr === "object" ? { ...kptr, offset, nodeName: "" } : kptr;
    }
    if (!kinds.isProperStruct(type) || type.size !== fieldType.size) return undefined;
    const plain = { type: fieldType.type, offset, typeId: 0, nodeName: "" };
    return (fieldType.type & BPF_GRAPH_ROOT) === 0 ? plain : this.#root(place, plain);
  }

  /** A tag says what the nodes are. @linux kernel/bpf/btf.c `btf_find_graph_root` (6.18) */
  #root({ owner, index }: Place, plain: FoundField): FoundField | number {
    const tags = this.#btf.declTagsOf(owner.id, index).filter((tag) => tag.startsWith(CONTAINS));
    if (tags.length !== 1) return -EINVAL;
    const value = tags[0]!.slice(CONTAINS.length);
    const colon = value.indexOf(":");
    if (colon < 0) return -EINVAL;
    const struct = this.#btf.findByNameKind(value.slice(0, colon), kinds.BTF_KIND_STRUCT);
    if (struct === undefined) return -ENOENT;
    const nodeName = value.slice(colon + 1);
    return nodeName === "" ? -EINVAL : { ...plain, typeId: struct.id, nodeName };
  }
}

const CONTAINS = "contains:";

/** Where a field may be. */
interface Place {
  readonly owner: BtfType;
  /** Of the member; -1 for a variable. */
  readonly index: number;
  /** In bytes. */
  readonly offset: number;
  /** Of the variable in bytes; 0 for a member. */
  readonly size: number;
}

/** @linux kernel/bpf/btf.c `btf_repeat_fields` (6.18) */
function repeated(
  fields: readonly FoundField[],
  nelems: number,
  elemSize: number,
  room: number,
): FoundField[] | number {
  if (nelems === 1) return [...fields];
  if (fields.some(({ type }) => (type & REPEATABLE) === 0)) return -EINVAL;
  // Of 32 bits, as in Linux.
  if (Math.imul(fields.length, nelems) >>> 0 > room) return -E2BIG;
  return Array.from({ length: nelems }, (_, i) =>
    fields.map((field) => ({ ...field, offset: field.offset + i * elemSize })),
  ).flat();
}
