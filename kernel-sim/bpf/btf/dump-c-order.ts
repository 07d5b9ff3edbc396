import { E2BIG, EINVAL, ELOOP } from "../../include/errno.ts";
import type { Btf } from "./btf.ts";
import type { CText } from "./dump-c-text.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_DATASEC,
  BTF_KIND_DECL_TAG,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_UNKN,
  BTF_KIND_VAR,
  BTF_KIND_VOLATILE,
  type BtfStruct,
  type BtfType,
  isStruct,
} from "./kinds.ts";

const ORDERING = 1;
const ORDERED = 2;

/** A link that needs the definition, and one that a forward declaration satisfies. */
const STRONG = 1;
const WEAK = 0;

/**
 * In which order C wants definitions: what a type contains stands before it, what it points to need not.
 *
 * @linux tools/lib/bpf/btf_dump.c `btf_dump_order_type` (6.18)
 */
export class COrder {
  readonly #btf: Btf;
  readonly #text: CText;
  readonly #states: Uint8Array;
  readonly #referenced: Uint8Array;
  #queue: number[] = [];

  constructor(btf: Btf, text: CText) {
    this.#btf = btf;
    this.#text = text;
    this.#states = new Uint8Array(btf.nrTypes);
    this.#states[0] = ORDERED;
    this.#referenced = referencedTypes(btf);
  }

  /** What is to be defined for a type, itself last, without what was asked for before; or a negative errno. */
  neededFor(id: number): readonly number[] | number {
    this.#queue = [];
    const err = this.#order(id, false);
    return err < 0 ? err : this.#queue;
  }

  #order(id: number, isThroughPtr: boolean): number {
    return this.#text.within(() => this.#orderType(id, isThroughPtr), -E2BIG);
  }

  #orderType(id: number, isThroughPtr: boolean): number {
    const type = this.#btf.typeById(id);
    const state = this.#states[id];
    if (type === undefined) return -EINVAL;
    if (state === ORDERED) return STRONG;
    if (state === ORDERING) {
      return isStruct(type) && isThroughPtr && type.nameOff !== 0 ? WEAK : -ELOOP;
    }
    switch (type.kind) {
      case BTF_KIND_INT:
      case BTF_KIND_FLOAT:
      case BTF_KIND_FUNC:
      case BTF_KIND_VAR:
      case BTF_KIND_DATASEC:
      case BTF_KIND_DECL_TAG:
        this.#states[id] = ORDERED;
        return WEAK;
      case BTF_KIND_PTR: {
        const link = this.#order(type.type, true);
        this.#states[id] = ORDERED;
        return link;
      }
      case BTF_KIND_ARRAY:
        return this.#order(type.elemType, false);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        return this.#orderStruct(type, isThroughPtr);
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
      case BTF_KIND_FWD:
        // One without a name that nothing refers to only declares its constants.
        if (type.nameOff !== 0 || this.#referenced[id] === 0) this.#queue.push(id);
        this.#states[id] = ORDERED;
        return STRONG;
      case BTF_KIND_TYPEDEF: {
        const link = this.#order(type.type, isThroughPtr);
        if (link < 0 || (isThroughPtr && link === WEAK)) return link;
        this.#queue.push(id);
        this.#states[id] = ORDERED;
        return STRONG;
      }
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        return this.#order(type.type, isThroughPtr);
      case BTF_KIND_FUNC_PROTO:
        return this.#orderAll([type.type, ...type.params.map((p) => p.type)], isThroughPtr);
      case BTF_KIND_UNKN:
        return -EINVAL;
    }
  }

  #orderStruct(type: BtfStruct, isThroughPtr: boolean): number {
    // One without a name is defined where it is used, even behind a pointer.
    if (isThroughPtr && type.nameOff !== 0) return WEAK;
    this.#states[type.id] = ORDERING;
    const link = this.#orderAll(
      type.members.map((member) => member.type),
      false,
    );
    if (link < 0) return link;
    if (type.nameOff !== 0) this.#queue.push(type.id);
    this.#states[type.id] = ORDERED;
    return STRONG;
  }

  #orderAll(ids: readonly number[], isThroughPtr: boolean): number {
    let strongest = WEAK;
    for (const id of ids) {
      const link = this.#order(id, isThroughPtr);
      if (link < 0) return link;
      strongest = Math.max(strongest, link);
    }
    return strongest;
  }
}

/** By id: 1 for what another type refers to. @linux tools/lib/bpf/btf_dump.c `btf_dump_mark_referenced` (6.18) */
function referencedTypes(btf: Btf): Uint8Array {
  const referenced = new Uint8Array(btf.nrTypes);
  for (let id = 1; id < btf.nrTypes; id++) {
    for (const target of referencesOf(btf.typeById(id)!)) referenced[target] = 1;
  }
  return referenced;
}

function referencesOf(type: BtfType): readonly number[] {
  switch (type.kind) {
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_PTR:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_TYPE_TAG:
    case BTF_KIND_FUNC:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return [type.type];
    case BTF_KIND_ARRAY:
      return [type.indexType, type.elemType];
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return type.members.map((member) => member.type);
    case BTF_KIND_FUNC_PROTO:
      return type.params.map((param) => param.type);
    case BTF_KIND_DATASEC:
      return type.vars.map((variable) => variable.type);
    default:
      return [];
  }
}
