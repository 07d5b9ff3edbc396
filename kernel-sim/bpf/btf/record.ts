/** The fields of a map's value or of an allocated object that are the kernel's own. */
import { E2BIG, EEXIST, EFAULT, EINVAL, ELOOP, ENOENT } from "../../include/errno.ts";
import type { Btf } from "./btf.ts";
import * as fieldTypes from "./field-types.ts";
import {
  BPF_GRAPH_NODE,
  BPF_GRAPH_ROOT,
  BPF_KPTR,
  BPF_KPTR_REF,
  BPF_LIST_HEAD,
  BPF_LIST_NODE,
  BPF_RB_NODE,
  BPF_REFCOUNT,
  BPF_RES_SPIN_LOCK,
  BPF_SPIN_LOCK,
  BPF_UPTR,
} from "./field-types.ts";
import { type FoundField, findFields, findKptr } from "./find-fields.ts";
import type { BtfStruct } from "./kinds.ts";
import * as kinds from "./kinds.ts";

const PAGE_SIZE = 4096;

/** The structure behind a pointer in a value. */
export interface KptrTarget {
  /** The kernel's types, or those of the map for an object that programs allocate. */
  readonly btf: Btf;
  readonly typeId: number;
}

/** What a root holds. */
export interface GraphRoot {
  readonly btf: Btf;
  readonly valueTypeId: number;
  /** Of the node in the structure, in bytes. */
  readonly nodeOffset: number;
}

/** @linux include/linux/bpf.h `struct btf_field` (6.18) */
export interface BtfField {
  /** One bit. */
  readonly type: number;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly kptr: KptrTarget | undefined;
  readonly root: GraphRoot | undefined;
}

/** @linux include/linux/bpf.h `struct btf_record` (6.18) */
export class BtfRecord {
  /** By offset. */
  readonly fields: readonly BtfField[];
  readonly mask: number;

  constructor(fields: readonly BtfField[]) {
    this.fields = fields.toSorted((a, b) => a.offset - b.offset);
    this.mask = fields.reduce((mask, { type }) => mask | type, 0);
  }

  has(types: number): boolean {
    return (this.mask & types) !== 0;
  }

  /** Of the only field of that type; undefined: there is none. */
  offsetOf(type: number): number | undefined {
    return this.fields.find((field) => field.type === type)?.offset;
  }

  /** @linux kernel/bpf/syscall.c `btf_record_find` (6.18) */
  find(offset: number, types: number): BtfField | undefined {
    const field = this.fields.find((each) => each.offset === offset);
    return field !== undefined && (field.type & types) !== 0 ? field : undefined;
  }

  /** Two values may stand for each other. @linux kernel/bpf/syscall.c `btf_record_equal` (6.18) */
  isEqual(other: BtfRecord): boolean {
    if (this.fields.length !== other.fields.length) return false;
    return this.fields.every((a, i) => {
      const b = other.fields[i]!;
      return (
        a.type === b.type &&
        a.offset === b.offset &&
        a.kptr?.btf === b.kptr?.btf &&
        a.kptr?.typeId === b.kptr?.typeId &&
        a.root?.btf === b.root?.btf &&
        a.root?.valueTypeId === b.root?.valueTypeId &&
        a.root?.nodeOffset === b.root?.nodeOffset
      );
    });
  }
}

/** What the kernel knows of the targets of pointers. */
export interface KernelTypes {
  readonly btf: Btf;
  /** Whether objects of this structure may be held by a value: the kernel can give them back. */
  hasDtor(struct: string): boolean;
}

/**
 * The record of a structure, undefined when it has no such field, or a negative errno.
 *
 * @param valueSize in bytes
 * @linux kernel/bpf/btf.c `btf_parse_fields` (6.18)
 */
export function parseFields(
  btf: Btf,
  type: kinds.BtfType,
  mask: number,
  valueSize: number,
  kernel: KernelTypes | undefined,
): BtfRecord | undefined | number {
  const found = findFields(btf, type, mask);
  if (typeof found === "number") return found;
  if (found.length === 0) return undefined;
  const fields: BtfField[] = [];
  let next = 0;
  for (const each of found) {
    const size = sizeOf(each.type);
    if (each.offset + size > valueSize) return -EFAULT;
    if (each.offset < next) return -EEXIST;
    next = each.offset + size;
    const field = makeField(btf, each, size, kernel);
    if (typeof field === "number") return field;
    fields.push(field);
  }
  return checkTogether(new BtfRecord(fields));
}

function sizeOf(type: number): number {
  return fieldTypes.FIELD_TYPES.find((each) => each.type === type)?.size ?? 8;
}

function checkTogether(record: BtfRecord): BtfRecord | number {
  const hasLock = record.has(BPF_SPIN_LOCK);
  const hasResLock = record.has(BPF_RES_SPIN_LOCK);
  if (hasLock && hasResLock) return -EINVAL;
  if (record.has(BPF_GRAPH_ROOT) && !hasLock && !hasResLock) return -EINVAL;
  const isInBoth = record.has(BPF_LIST_NODE) && record.has(BPF_RB_NODE);
  return isInBoth && !record.has(BPF_REFCOUNT) ? -EINVAL : record;
}

function makeField(
  btf: Btf,
  found: FoundField,
  size: number,
  kernel: KernelTypes | undefined,
): BtfField | number {
  const { type, offset } = found;
  const plain = { type, offset, size, kptr: undefined, root: undefined };
  if ((type & (BPF_KPTR | BPF_UPTR)) !== 0) {
    const kptr = kptrTarget(btf, found, kernel);
    return typeof kptr === "number" ? kptr : { ...plain, kptr };
  }
  if ((type & BPF_GRAPH_ROOT) !== 0) {
    const root = graphRoot(btf, found);
    return typeof root === "number" ? root : { ...plain, root };
  }
  return plain;
}

/** The kernel's structure of that name, or else the map's own. @linux kernel/bpf/btf.c `btf_parse_kptr` (6.18) */
function kptrTarget(
  btf: Btf,
  { type, typeId }: FoundField,
  kernel: KernelTypes | undefined,
): KptrTarget | number {
  const own = btf.typeById(typeId)!;
  const name = btf.nameOf(own);
  // A structure without a name is none that the kernel could know.
  const known = name === "" ? undefined : kernel?.btf.findByNameKind(name, own.kind);
  if (known === undefined) return { btf, typeId };
  if (type === BPF_KPTR_REF && !kernel!.hasDtor(name)) return -ENOENT;
  return { btf: kernel!.btf, typeId: known.id };
}

/** Where the node lies in what a root holds. @linux kernel/bpf/btf.c `btf_parse_graph_root` (6.18) */
function graphRoot(btf: Btf, { type, typeId, nodeName }: FoundField): GraphRoot | number {
  const nodeType = type === BPF_LIST_HEAD ? "bpf_list_node" : "bpf_rb_node";
  const struct = btf.typeById(typeId) as BtfStruct;
  const members = struct.members.filter((member) => memberName(btf, member) === nodeName);
  let root: GraphRoot | undefined;
  for (const member of members) {
    if (root !== undefined) return -EINVAL;
    const node = btf.typeById(member.type)!;
    if (!kinds.isProperStruct(node) || btf.nameOf(node) !== nodeType) return -EINVAL;
    // As in Linux, by the flag of the node instead of that of the structure around it.
    const bits = kinds.memberBitOffset(node, member);
    if (bits % 64 !== 0) return -EINVAL;
    root = { btf, valueTypeId: typeId, nodeOffset: bits / 8 };
  }
  return root ?? -ENOENT;
}

function memberName(btf: Btf, member: kinds.BtfMember): string {
  return member.nameOff === 0 ? "(anon)" : btf.nameOf(member);
}

const OBJECT_FIELDS =
  BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK | BPF_GRAPH_ROOT | BPF_GRAPH_NODE | BPF_REFCOUNT | BPF_KPTR;

/** What makes a structure one that has to be looked at. */
const OBJECT_FIELD_NAMES = [
  "bpf_spin_lock",
  "bpf_list_head",
  "bpf_list_node",
  "bpf_rb_root",
  "bpf_rb_node",
  "bpf_refcount",
];

/**
 * The records of all structures that programs may allocate, by id, or a negative errno.
 *
 * @linux kernel/bpf/btf.c `btf_parse_struct_metas` (6.18)
 */
export function parseStructMetas(
  btf: Btf,
  kernel: KernelTypes | undefined,
): Map<number, BtfRecord> | number {
  const metas = new Map<number, BtfRecord>();
  const special = new Set<number>();
  for (const name of OBJECT_FIELD_NAMES) {
    const type = btf.findByNameKind(name, kinds.BTF_KIND_STRUCT);
    if (type !== undefined) special.add(type.id);
  }
  for (let id = 1; id < btf.nrTypes; id++) {
    if (typeof findKptr(btf, btf.typeById(id)!, BPF_KPTR) === "object") special.add(id);
  }
  if (special.size === 0) return metas;
  for (let id = 1; id < btf.nrTypes; id++) {
    const type = btf.typeById(id)!;
    if (!kinds.isProperStruct(type) || !type.members.some((member) => special.has(member.type)))
      continue;
    const record = parseFields(btf, type, OBJECT_FIELDS, type.size, kernel);
    // A structure with such a member must have a record.
    if (record === undefined) return -EFAULT;
    if (typeof record === "number") return record;
    metas.set(id, record);
  }
  return metas;
}

/** Nothing owns itself in a circle. @linux kernel/bpf/btf.c `btf_check_and_fixup_fields` (6.18) */
export function checkFields(btf: Btf, record: BtfRecord): 0 | number {
  for (const { type, kptr, root } of record.fields) {
    if (type === BPF_UPTR) {
      const err = checkUptr(kptr!);
      if (err !== 0) return err;
      continue;
    }
    if (root === undefined) continue;
    const value = btf.structMeta(root.valueTypeId);
    if (value === undefined) return -EFAULT;
    if (record.has(BPF_GRAPH_NODE) && value.has(BPF_GRAPH_ROOT)) return -ELOOP;
  }
  return 0;
}

/** It points to a page of a process. */
function checkUptr({ btf, typeId }: KptrTarget): 0 | number {
  const { size } = btf.typeById(typeId) as BtfStruct;
  if (btf.isKernel || size === 0) return -EINVAL;
  return size > PAGE_SIZE ? -E2BIG : 0;
}
