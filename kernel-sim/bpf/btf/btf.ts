import {
  BTF_KIND_ARRAY,
  BTF_KIND_DATASEC,
  BTF_KIND_DECL_TAG,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_KIND_UNION,
  BTF_KIND_VAR,
  BTF_VOID,
  type BtfDeclTag,
  type BtfRef,
  type BtfType,
  isModifier,
} from "./kinds.ts";
import type { BtfRecord } from "./record.ts";

const MAX_RESOLVE_DEPTH = 32;
const U32_MAX = 0xffff_ffff;
const POINTER_BYTES = 8;
/** The kernel has fewer types, so that all of them need not be there to say that there is no such one. */
const LARGE_ID = 0x1_0000;
/** No message holds more of a name, and no identifier is as long. */
const NAME_MAX = 1024;

/** A type with its size. */
export interface SizedType {
  readonly id: number;
  readonly type: BtfType;
  /** In bytes. */
  readonly size: number;
}

/** How large a type is, and what it consists of. */
export interface ResolvedSize {
  /** In bytes. */
  readonly size: number;
  readonly elem: BtfType;
  /** 1 for what is no array. */
  readonly nelems: number;
}

/**
 * Types with their names: of a program, of maps, or of the kernel.
 *
 * @linux include/linux/btf.h, kernel/bpf/btf.c `struct btf` (6.18)
 */
export class Btf {
  /** Of the object in the kernel; 0 before it is one. */
  id = 0;
  /** Where Linux keeps what it was made from: so much of the machine's memory is in use. */
  address = 0;
  /** The types of the kernel itself, which no program or map brings. */
  isKernel = false;
  #data: Uint8Array;
  #types: readonly BtfType[];
  #strings: Uint8Array;
  /** Makes all of it, as long as only a part is there. */
  #makeWhole: (() => Btf) | undefined;
  readonly #names = new Map<number, string>();
  /** By id: where modifiers and pointers lead to, how long arrays are. */
  #resolvedIds: Uint32Array | undefined;
  #resolvedSizes: Uint32Array | undefined;
  #idsByName: ReadonlyMap<string, readonly number[]> | undefined;
  #declTags: ReadonlyMap<number, readonly BtfDeclTag[]> | undefined;
  /** Of the structures that programs may allocate. */
  structMetas: ReadonlyMap<number, BtfRecord> = new Map();

  /** @param types by id; the first one is void */
  constructor(data: Uint8Array, types: readonly BtfType[], strings: Uint8Array) {
    this.#data = data;
    this.#types = types;
    this.#strings = strings;
  }

  /** What it was made from. */
  get data(): Uint8Array {
    this.#becomeWhole();
    return this.#data;
  }

  /** With void. */
  get nrTypes(): number {
    this.#becomeWhole();
    return this.#types.length;
  }

  /** @linux kernel/bpf/btf.c `btf_type_by_id` (6.18) */
  typeById(id: number): BtfType | undefined {
    const type = this.#types[id];
    if (type !== undefined || this.#makeWhole === undefined || id > LARGE_ID) return type;
    this.#becomeWhole();
    return this.#types[id];
  }

  /**
   * More belongs to it, which is made when somebody asks for what is not there: nobody sees that it was not.
   *
   * @param makeWhole all of it; types and names have the same numbers in it
   */
  growLater(makeWhole: () => Btf): void {
    this.#makeWhole = makeWhole;
  }

  #becomeWhole(): void {
    const makeWhole = this.#makeWhole;
    if (makeWhole === undefined) return;
    const whole = makeWhole();
    this.#makeWhole = undefined;
    const known = this.#types;
    this.#types = whole.#types.map((type) => sameOf(known[type.id], type) ?? type);
    this.#data = whole.#data;
    this.#strings = whole.#strings;
    this.#resolvedIds = whole.#resolvedIds;
    this.#resolvedSizes = whole.#resolvedSizes;
    this.#idsByName = undefined;
    this.#declTags = undefined;
  }

  isNameOffset(offset: number): boolean {
    return offset < this.#strings.length;
  }

  /** The string that starts there; undefined: outside of the section. */
  nameByOffset(offset: number): string | undefined {
    const known = this.#names.get(offset);
    if (known !== undefined) return known;
    if (!this.isNameOffset(offset)) return undefined;
    const last = Math.min(offset + NAME_MAX, this.#strings.length);
    let name = "";
    for (let at = offset; at < last && this.#strings[at] !== 0; at++) {
      name += String.fromCharCode(this.#strings[at]!);
    }
    this.#names.set(offset, name);
    return name;
  }

  /** Of a type, a member, an argument, a value: "" for one that has none. */
  nameOf({ nameOff }: { readonly nameOff: number }): string {
    return this.nameByOffset(nameOff) ?? "";
  }

  /** Looks through names for types and qualifiers. @linux kernel/bpf/btf.c `btf_type_skip_modifiers` (6.18) */
  skipModifiers(id: number): BtfType | undefined {
    let type = this.typeById(id);
    while (type !== undefined && isModifier(type)) type = this.typeById((type as BtfRef).type);
    return type;
  }

  /** What a pointer points to; undefined: it is none. @linux kernel/bpf/btf.c `btf_type_resolve_ptr` (6.18) */
  resolvePtr(id: number): BtfType | undefined {
    const ptr = this.skipModifiers(id);
    return ptr?.kind === BTF_KIND_PTR ? this.skipModifiers(ptr.type) : undefined;
  }

  /** undefined: it has no size. @linux kernel/bpf/btf.c `__btf_resolve_size` (6.18) */
  resolveSize(start: BtfType): ResolvedSize | undefined {
    let type: BtfType = start;
    let nelems = 1;
    for (let depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
      if (isModifier(type)) {
        type = this.typeById((type as BtfRef).type) ?? BTF_VOID;
      } else if (type.kind === BTF_KIND_ARRAY) {
        nelems *= type.nelems;
        if (nelems > U32_MAX) return undefined;
        type = this.typeById(type.elemType) ?? BTF_VOID;
      } else {
        const size = sizeOf(type);
        if (size === undefined || size * nelems > U32_MAX) return undefined;
        return { size: size * nelems, elem: type, nelems };
      }
    }
    return undefined;
  }

  /**
   * The type behind modifiers with its id and size; undefined: it has none.
   *
   * @linux kernel/bpf/btf.c `btf_type_id_size` (6.18)
   */
  typeIdSize(id: number): SizedType | undefined {
    let type = this.typeById(id);
    if (type === undefined) return undefined;
    if (isModifier(type) || type.kind === BTF_KIND_VAR) {
      type = this.#resolvedIds === undefined ? this.skipModifiers(id) : this.resolvedType(id);
      if (type === undefined) return undefined;
    }
    const size = this.#sizeOf(type);
    return size === undefined ? undefined : { id: type.id, type, size };
  }

  #sizeOf(type: BtfType): number | undefined {
    if (type.kind !== BTF_KIND_ARRAY) {
      return type.kind === BTF_KIND_DATASEC ? type.size : sizeOf(type);
    }
    return this.#resolvedSizes?.[type.id] ?? this.resolveSize(type)?.size;
  }

  /** Where the modifiers of a type, or a pointer, lead to. @linux kernel/bpf/btf.c `btf_type_id_resolve` (6.18) */
  resolvedType(id: number): BtfType | undefined {
    return this.typeById(this.#resolvedIds![id]!);
  }

  startResolution(): void {
    this.#resolvedIds = new Uint32Array(this.nrTypes);
    this.#resolvedSizes = new Uint32Array(this.nrTypes);
  }

  /** @param size in bytes */
  setResolution(id: number, resolvedId: number, size: number): void {
    this.#resolvedIds![id] = resolvedId;
    this.#resolvedSizes![id] = size;
  }

  /** The first type of that name and kind. @linux kernel/bpf/btf.c `btf_find_by_name_kind` (6.18) */
  findByNameKind(name: string, kind: number): BtfType | undefined {
    const found = this.#findByNameKind(name, kind);
    if (this.#makeWhole === undefined) return found;
    // What is only named so far may be more once all is there.
    if (found !== undefined && kind !== BTF_KIND_FWD) return found;
    this.#becomeWhole();
    return this.#findByNameKind(name, kind);
  }

  #findByNameKind(name: string, kind: number): BtfType | undefined {
    this.#idsByName ??= this.#indexNames();
    for (const id of this.#idsByName.get(name) ?? []) {
      const type = this.#types[id]!;
      if (type.kind === kind) return type;
    }
    return undefined;
  }

  /** The record of a structure that programs may allocate. @linux kernel/bpf/btf.c `btf_find_struct_meta` (6.18) */
  structMeta(id: number): BtfRecord | undefined {
    return this.structMetas.get(id);
  }

  /**
   * What tags are put on a type (`componentIdx` -1), or on one of its members or arguments.
   *
   * @linux kernel/bpf/btf.c `btf_find_next_decl_tag` (6.18)
   */
  declTagsOf(id: number, componentIdx: number): string[] {
    this.#declTags ??= this.#indexDeclTags();
    const tags = this.#declTags.get(id) ?? [];
    return tags.filter((tag) => tag.componentIdx === componentIdx).map((tag) => this.nameOf(tag));
  }

  /** The first pointer to a type. */
  ptrTo(id: number): BtfType | undefined {
    return this.#types.find((type) => type.kind === BTF_KIND_PTR && type.type === id);
  }

  #indexNames(): ReadonlyMap<string, readonly number[]> {
    const index = new Map<string, number[]>();
    for (const type of this.#types) {
      if (type.nameOff === 0) continue;
      const name = this.nameOf(type);
      const ids = index.get(name);
      if (ids === undefined) index.set(name, [type.id]);
      else ids.push(type.id);
    }
    return index;
  }

  #indexDeclTags(): ReadonlyMap<number, readonly BtfDeclTag[]> {
    const index = new Map<number, BtfDeclTag[]>();
    for (const type of this.#types) {
      if (type.kind !== BTF_KIND_DECL_TAG) continue;
      const tags = index.get(type.type);
      if (tags === undefined) index.set(type.type, [type]);
      else tags.push(type);
    }
    return index;
  }
}

/** Whoever holds a type goes on with the same one, unless more is known of it now. */
function sameOf(known: BtfType | undefined, type: BtfType): BtfType | undefined {
  return known?.kind === type.kind && known.vlen === type.vlen ? known : undefined;
}

function sizeOf(type: BtfType): number | undefined {
  switch (type.kind) {
    case BTF_KIND_INT:
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
    case BTF_KIND_FLOAT:
      return type.size;
    case BTF_KIND_PTR:
      return POINTER_BYTES;
    default:
      return undefined;
  }
}
