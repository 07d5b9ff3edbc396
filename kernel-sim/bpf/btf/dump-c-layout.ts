/** How C lays types out without being told, so that a dump says only what differs. */
import type { Btf } from "./btf.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_DATASEC,
  BTF_KIND_DECL_TAG,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VAR,
  BTF_KIND_VOLATILE,
  type BtfStruct,
  isStruct,
  memberBitfieldSize,
} from "./kinds.ts";

const MAX_RESOLVE_DEPTH = 32;
const U32_MAX = 0xffff_ffff;
const LONG_NAMES =
  /^(?:long(?: int)?|int long|unsigned long(?: int)?|long unsigned(?: int)?|unsigned int long|long int unsigned|int unsigned long|int long unsigned)$/;

/** A member that fills a hole. */
interface Pad {
  readonly name: string;
  readonly bits: number;
}

export class CLayout {
  /** In bytes: as large as a `long` of these types. */
  readonly pointerBytes: number;
  readonly #btf: Btf;
  readonly #pads: readonly Pad[];
  readonly #alignments = new Map<number, number>();

  constructor(btf: Btf) {
    this.#btf = btf;
    this.pointerBytes = pointerBytesOf(btf);
    this.#pads = [
      { name: "long", bits: this.pointerBytes * 8 },
      { name: "int", bits: 32 },
      { name: "short", bits: 16 },
      { name: "char", bits: 8 },
    ];
  }

  /** In bytes; 1 for what must be packed, 0 for what has none. @linux tools/lib/bpf/btf.c `btf__align_of` (6.18) */
  alignOf(id: number): number {
    let alignment = this.#alignments.get(id);
    if (alignment === undefined) {
      alignment = this.#alignOf(id);
      this.#alignments.set(id, alignment);
    }
    return alignment;
  }

  #alignOf(id: number): number {
    const type = this.#btf.typeById(id);
    switch (type?.kind) {
      case BTF_KIND_INT:
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
      case BTF_KIND_FLOAT:
        return Math.min(this.pointerBytes, type.size);
      case BTF_KIND_PTR:
        return this.pointerBytes;
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        return this.alignOf(type.type);
      case BTF_KIND_ARRAY:
        return this.alignOf(type.elemType);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        return this.#structAlign(type);
      default:
        return 0;
    }
  }

  #structAlign(type: BtfStruct): number {
    let max = 1;
    for (const member of type.members) {
      const alignment = this.alignOf(member.type);
      if (alignment <= 0) return alignment;
      max = Math.max(max, alignment);
      const isBitfield = memberBitfieldSize(type, member) !== 0;
      if (!isBitfield && member.offset % (8 * alignment) !== 0) return 1;
    }
    return type.size % max === 0 ? max : 1;
  }

  /** Whether it can be laid out so only when it is packed. @linux tools/lib/bpf/btf_dump.c `btf_is_struct_packed` (6.18) */
  isPacked(type: BtfStruct): boolean {
    let max = 1;
    for (const member of type.members) {
      const alignment = this.alignOf(member.type);
      const isBitfield = memberBitfieldSize(type, member) !== 0;
      if (alignment !== 0 && !isBitfield && member.offset % (8 * alignment) !== 0) return true;
      max = Math.max(max, alignment);
    }
    return type.size % max !== 0;
  }

  /** In bytes; 0 for what has none. @linux tools/lib/bpf/btf.c `btf__resolve_size` (6.18) */
  sizeOf(start: number): number {
    let id = start;
    let nelems = 1;
    for (let depth = 0; depth < MAX_RESOLVE_DEPTH && id !== 0; depth++) {
      const type = this.#btf.typeById(id);
      switch (type?.kind) {
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_TYPE_TAG:
        case BTF_KIND_DECL_TAG:
        case BTF_KIND_VAR:
          id = type.type;
          break;
        case BTF_KIND_ARRAY:
          nelems *= type.nelems;
          if (nelems > U32_MAX) return 0;
          id = type.elemType;
          break;
        case BTF_KIND_PTR:
          return sized(this.pointerBytes, nelems);
        case BTF_KIND_INT:
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64:
        case BTF_KIND_FLOAT:
        case BTF_KIND_DATASEC:
          return sized(type.size, nelems);
        default:
          return type !== undefined && isStruct(type) ? sized(type.size, nelems) : 0;
      }
    }
    return 0;
  }

  /**
   * What stands between two members, so that C puts the second one where it is: for a wide hole the largest of long,
   * int, short and char that can begin in it.
   *
   * @linux tools/lib/bpf/btf_dump.c `btf_dump_emit_bit_padding` (6.18)
   * @param from in bits
   * @param to in bits
   * @param align of what comes next, in bytes
   * @param isInBitfield whether a bit field stands at either side
   * @param write answers whether there is room for more
   */
  pad(
    from: number,
    to: number,
    align: number,
    isInBitfield: boolean,
    write: (name: string, bits: number) => boolean,
  ): void {
    if (from >= to) return;
    const pad = this.#pads.find(({ bits }) => roundUp(from, bits) <= to);
    const { name, bits } = pad ?? { name: "char", bits: 8 };
    const start = roundUp(from, bits);
    let at = from;
    if (start > at && start <= to) {
      const isMissedByC = start === to && roundUp(at, align * 8) !== start;
      const isSwallowed = start !== to && to - start <= start - at;
      if (isInBitfield || isMissedByC || isSwallowed) write(name, isInBitfield ? start - at : 0);
      at = start;
    }
    while (to - at >= bits) {
      if (!write(name, bits)) return;
      at += bits;
    }
    const left = to - at;
    if (left > 0) write(this.#smallestFor(left), left);
  }

  #smallestFor(bits: number): string {
    return this.#pads.findLast((pad) => pad.bits >= bits)?.name ?? "long";
  }
}

/** @linux tools/lib/bpf/btf.c `determine_ptr_sz` (6.18) */
function pointerBytesOf(btf: Btf): number {
  for (let id = 1; id < btf.nrTypes; id++) {
    const type = btf.typeById(id);
    if (type?.kind !== BTF_KIND_INT || (type.size !== 4 && type.size !== 8)) continue;
    if (LONG_NAMES.test(btf.nameOf(type))) return type.size;
  }
  return 8;
}

function sized(size: number, nelems: number): number {
  return size * nelems > U32_MAX ? 0 : size * nelems;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
