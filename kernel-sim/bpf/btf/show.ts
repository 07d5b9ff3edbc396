/**
 * Prints a value by its type, as C would write it.
 *
 * @linux kernel/bpf/btf.c `btf_type_show`, `struct btf_show` (6.18)
 */
import type { Btf } from "./btf.ts";
import {
  BTF_INT_BOOL,
  BTF_INT_SIGNED,
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VOLATILE,
  type BtfArray,
  type BtfEnum,
  type BtfInt,
  type BtfMember,
  type BtfStruct,
  type BtfType,
  memberBitfieldSize,
  memberBitOffset,
} from "./kinds.ts";

/** @linux include/uapi/linux/bpf.h `BTF_F_COMPACT` and following (6.18) */
export const BTF_F_COMPACT = 1 << 0;
export const BTF_F_NONAME = 1 << 1;
export const BTF_F_PTR_RAW = 1 << 2;
export const BTF_F_ZERO = 1 << 3;

/** Longest name of a member with its type. */
const NAME_BYTES = 80;
/** Pointers, arrays and names for types behind each other. */
const NESTING_MAX = 10;

interface ShownValue {
  readonly btf: Btf;
  readonly view: DataView;
  readonly flags: number;
  /** What stands in place of an address that is not to be seen. */
  readonly hashed: (address: bigint) => bigint;
}

/** The text of the value at the beginning of `view`. */
export function showType(typeId: number, value: ShownValue): string {
  const show = new Show(value);
  show.value(typeId, 0);
  return show.text;
}

class Show {
  text = "";
  readonly #btf: Btf;
  readonly #view: DataView;
  readonly #flags: number;
  readonly #hashed: (address: bigint) => bigint;
  #depth = 0;
  /** Numbers printed so far: what holds none but zeros is left out. */
  #printed = 0;
  #typeId = 0;
  #member: BtfMember | undefined;
  /** In an element of an array, whose type is said already; also of members of an element. */
  #isElement = false;
  /** In an array of characters, and whether its text has ended. */
  #isText = false;
  #isTextEnded = false;

  constructor({ btf, view, flags, hashed }: ShownValue) {
    this.#btf = btf;
    this.#view = view;
    this.#flags = flags;
    this.#hashed = hashed;
  }

  value(typeId: number, at: number): void {
    this.#typeId = typeId;
    const type = this.#skipped(typeId, true);
    switch (type?.kind) {
      case BTF_KIND_INT:
        this.#int(type, at);
        return;
      case BTF_KIND_PTR:
        this.#ptr(at);
        return;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        this.#enum(type, at);
        return;
      case BTF_KIND_ARRAY:
        this.#ifAny(() => this.#array(type, at));
        return;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        this.#ifAny(() => this.#struct(type, at));
        return;
      default:
        this.text += `<unsupported kind:${type?.kind ?? 0}>`;
    }
  }

  /** What a type is, behind what only qualifies it and, if wanted, behind names. */
  #skipped(typeId: number, isBehindNames: boolean): BtfType | undefined {
    let type = this.#btf.typeById(typeId);
    for (; type !== undefined; ) {
      switch (type.kind) {
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_TYPE_TAG:
          break;
        case BTF_KIND_TYPEDEF:
          if (isBehindNames) break;
          return type;
        default:
          return type;
      }
      type = this.#btf.typeById(type.type);
    }
    return type;
  }

  /** Within others, only what has something to show. @linux kernel/bpf/btf.c `btf_struct_show` (6.18) */
  #ifAny(show: () => void): void {
    const { text } = this;
    const before = this.#printed;
    show();
    const isNothing = this.#printed === before;
    if (isNothing && this.#depth > 0 && (this.#flags & BTF_F_ZERO) === 0) this.text = text;
  }

  get #isCompact(): boolean {
    return (this.#flags & BTF_F_COMPACT) !== 0;
  }

  #indent(): string {
    return this.#isCompact ? "" : " ".repeat(this.#depth);
  }

  #newline(): string {
    return this.#isCompact ? "" : "\n";
  }

  #delimiter(): string {
    return this.#depth === 0 ? "" : ",";
  }

  #print(text: string, isZero: boolean): void {
    if (isZero && (this.#flags & BTF_F_ZERO) === 0 && this.#depth > 0) return;
    this.#printed++;
    this.text += this.#indent() + this.#name() + text + this.#delimiter() + this.#newline();
  }

  #begin(): void {
    this.text += this.#indent() + this.#name() + this.#newline();
    this.#depth++;
  }

  #end(bracket: string): void {
    this.#depth--;
    this.text += this.#indent() + bracket + this.#delimiter() + this.#newline();
  }

  #struct(type: BtfStruct, at: number): void {
    this.#begin();
    for (const member of type.members) {
      this.#member = member;
      const bits = memberBitOffset(type, member);
      const size = memberBitfieldSize(type, member);
      if (size > 0) {
        const value = this.#bits(at * 8 + bits, size);
        this.#print(`0x${value.toString(16)}`, value === 0n);
      } else this.value(member.type, at + bits / 8);
      this.#member = undefined;
    }
    this.#end("}");
  }

  /** @linux kernel/bpf/btf.c `__btf_array_show` (6.18) */
  #array(type: BtfArray, at: number): void {
    const element = this.#skipped(type.elemType, true);
    const size = this.#btf.typeIdSize(type.elemType)?.size ?? 0;
    this.#isText = element?.kind === BTF_KIND_INT && size === 1;
    this.#isTextEnded = false;
    this.#begin();
    for (let i = 0; i < type.nelems && !this.#isTextEnded; i++) {
      this.#isElement = true;
      this.value(type.elemType, at + i * size);
      this.#isElement = false;
    }
    this.#isText = false;
    this.#isTextEnded = false;
    this.#end("]");
  }

  /** @linux kernel/bpf/btf.c `btf_int_show` (6.18) */
  #int(type: BtfInt, at: number): void {
    const encoding = (type.intData >>> 24) & 0xf;
    const bits = type.intData & 0xff;
    const isSigned = (encoding & BTF_INT_SIGNED) !== 0;
    const value = this.#bits(at * 8, bits);
    if (bits === 8 && this.#isText) {
      if (value === 0n) {
        this.#isTextEnded = true;
        return;
      }
      if (value >= 0x20n && value < 0x7fn) {
        this.#print(`'${String.fromCharCode(Number(value))}'`, false);
        return;
      }
    }
    if (bits > 64) this.#print(`0x${value.toString(16)}`, value === 0n);
    else if ((encoding & BTF_INT_BOOL) !== 0) this.#print(value === 0n ? "0" : "1", value === 0n);
    else this.#print(String(isSigned ? BigInt.asIntN(bits, value) : value), value === 0n);
  }

  #bits(from: number, count: number): bigint {
    let value = 0n;
    for (let i = Math.ceil((from + count) / 8) - 1; i >= from >> 3; i--) {
      value = (value << 8n) | BigInt(i < this.#view.byteLength ? this.#view.getUint8(i) : 0);
    }
    return BigInt.asUintN(count, value >> BigInt(from & 7));
  }

  /** @linux kernel/bpf/btf.c `btf_ptr_show` (6.18) */
  #ptr(at: number): void {
    const address = this.#bits(at * 8, 64);
    const isRaw = (this.#flags & BTF_F_PTR_RAW) !== 0 || address === 0n;
    const shown = isRaw ? address : this.#hashed(address);
    this.#print(`0x${shown.toString(16).padStart(16, "0")}`, address === 0n);
  }

  /** @linux kernel/bpf/btf.c `btf_enum_show`, `btf_enum64_show` (6.18) */
  #enum(type: BtfEnum, at: number): void {
    const bits = type.size * 8;
    const value = this.#bits(at * 8, bits);
    const found = type.values.find(
      ({ lo, hi }) => BigInt.asUintN(bits, (BigInt(hi) << 32n) | BigInt(lo >>> 0)) === value,
    );
    if (found !== undefined) this.#print(this.#btf.nameOf(found), false);
    else this.#print(String(type.kflag ? BigInt.asIntN(bits, value) : value), value === 0n);
  }

  /** The name of the member, its type, and a bracket for what follows. @linux kernel/bpf/btf.c `btf_show_name` (6.18) */
  #name(): string {
    if (this.#isElement) return "";
    let stars = "";
    let suffix = "";
    let bracket = "";
    let name: string | undefined;
    let isTypedef = false;
    let type = this.#btf.typeById(this.#member?.type ?? this.#typeId);
    // The type of a member may be qualified, which is no part of its name.
    if (this.#member !== undefined) type = this.#skipped(this.#member.type, false);
    for (let i = 0; type !== undefined; i++) {
      if (i === NESTING_MAX) return "";
      if (type.kind === BTF_KIND_TYPEDEF) {
        name ??= this.#btf.nameOf(type);
        isTypedef = true;
        type = this.#skipped(type.type, false);
      } else if (type.kind === BTF_KIND_ARRAY) {
        bracket = "[";
        suffix += "[]";
        type = this.#skipped(type.elemType, false);
      } else if (type.kind === BTF_KIND_PTR) {
        stars += "*";
        type = this.#skipped(type.type, false);
      } else break;
    }
    name ??= type === undefined ? "" : this.#btf.nameOf(type);
    const prefix = isTypedef ? "" : prefixOf(type);
    const isAggregate = type?.kind === BTF_KIND_STRUCT || type?.kind === BTF_KIND_UNION;
    if (isAggregate && bracket === "") bracket = "{";
    if (stars !== "") bracket = "";
    if ((this.#flags & BTF_F_NONAME) !== 0) return bracket;
    const member = this.#member === undefined ? "" : this.#btf.nameOf(this.#member);
    const shown = member === "" ? "" : `.${member} = `;
    const space = prefix !== "" && name !== "" ? " " : "";
    const pointer = stars === "" ? "" : ` ${stars}`;
    return `${shown}(${prefix}${space}${name}${pointer}${suffix})${bracket}`.slice(
      0,
      NAME_BYTES - 1,
    );
  }
}

function prefixOf(type: BtfType | undefined): string {
  switch (type?.kind) {
    case BTF_KIND_STRUCT:
      return "struct";
    case BTF_KIND_UNION:
      return "union";
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return "enum";
    default:
      return "";
  }
}
