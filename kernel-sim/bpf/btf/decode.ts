/** Reads the records of a type section, as far as their own bytes go. */
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
  BTF_KIND_VAR,
  BTF_KIND_VOLATILE,
  type BtfType,
} from "./kinds.ts";

/** `struct btf_type`: name, info, size or type. */
export const BTF_TYPE_BYTES = 12;

/** The part that all kinds have. */
export interface TypeHead {
  readonly id: number;
  readonly kind: number;
  readonly nameOff: number;
  readonly vlen: number;
  readonly kflag: boolean;
  readonly sizeOrType: number;
  /** As it stands there, with bits that have no meaning. */
  readonly info: number;
}

export function decodeHead(view: DataView, at: number, id: number): TypeHead {
  const info = view.getUint32(at + 4, true);
  return {
    id,
    kind: (info >>> 24) & 0x1f,
    nameOff: view.getUint32(at, true),
    vlen: info & 0xffff,
    kflag: info >>> 31 === 1,
    sizeOrType: view.getUint32(at + 8, true),
    info,
  };
}

/** How many bytes follow the head. */
export function tailBytes({ kind, vlen }: Pick<TypeHead, "kind" | "vlen">): number {
  switch (kind) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return 4;
    case BTF_KIND_ARRAY:
      return 12;
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_DATASEC:
    case BTF_KIND_ENUM64:
      return vlen * 12;
    case BTF_KIND_ENUM:
    case BTF_KIND_FUNC_PROTO:
      return vlen * 8;
    default:
      return 0;
  }
}

/** @param at where the tail starts; it must lie within `view` as a whole */
export function decodeType(view: DataView, at: number, head: TypeHead): BtfType {
  const { id, kind, nameOff, vlen, kflag, sizeOrType } = head;
  const common = { id, nameOff, vlen, kflag, sizeOrType };
  const u32 = (index: number) => view.getUint32(at + index * 4, true);
  const rows = <T>(words: number, row: (index: number) => T): T[] =>
    Array.from({ length: vlen }, (_, i) => row(i * words));
  switch (kind) {
    case BTF_KIND_INT:
      return { ...common, kind, size: sizeOrType, intData: u32(0) };
    case BTF_KIND_PTR:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
      return { ...common, kind, type: sizeOrType };
    case BTF_KIND_ARRAY:
      return { ...common, kind, elemType: u32(0), indexType: u32(1), nelems: u32(2) };
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: {
      const members = rows(3, (i) => ({ nameOff: u32(i), type: u32(i + 1), offset: u32(i + 2) }));
      return { ...common, kind, size: sizeOrType, members };
    }
    case BTF_KIND_ENUM: {
      const values = rows(2, (i) => ({ nameOff: u32(i), lo: u32(i + 1) | 0, hi: 0 }));
      return { ...common, kind, size: sizeOrType, values };
    }
    case BTF_KIND_ENUM64: {
      const values = rows(3, (i) => ({ nameOff: u32(i), lo: u32(i + 1) | 0, hi: u32(i + 2) | 0 }));
      return { ...common, kind, size: sizeOrType, values };
    }
    case BTF_KIND_FUNC:
      return { ...common, kind, type: sizeOrType, linkage: vlen };
    case BTF_KIND_FUNC_PROTO: {
      const params = rows(2, (i) => ({ nameOff: u32(i), type: u32(i + 1) }));
      return { ...common, kind, type: sizeOrType, params };
    }
    case BTF_KIND_VAR:
      return { ...common, kind, type: sizeOrType, linkage: u32(0) };
    case BTF_KIND_DATASEC: {
      const vars = rows(3, (i) => ({ type: u32(i), offset: u32(i + 1), size: u32(i + 2) }));
      return { ...common, kind, size: sizeOrType, vars };
    }
    case BTF_KIND_FLOAT:
      return { ...common, kind, size: sizeOrType };
    case BTF_KIND_DECL_TAG:
      return { ...common, kind, type: sizeOrType, componentIdx: u32(0) | 0 };
    default:
      return { ...common, kind: BTF_KIND_FWD };
  }
}
