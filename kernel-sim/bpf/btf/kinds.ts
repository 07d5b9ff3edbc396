/**
 * The records of a BTF type section, one interface a kind.
 *
 * @linux include/uapi/linux/btf.h (6.18)
 */
export const BTF_KIND_UNKN = 0;
export const BTF_KIND_INT = 1;
export const BTF_KIND_PTR = 2;
export const BTF_KIND_ARRAY = 3;
export const BTF_KIND_STRUCT = 4;
export const BTF_KIND_UNION = 5;
export const BTF_KIND_ENUM = 6;
export const BTF_KIND_FWD = 7;
export const BTF_KIND_TYPEDEF = 8;
export const BTF_KIND_VOLATILE = 9;
export const BTF_KIND_CONST = 10;
export const BTF_KIND_RESTRICT = 11;
export const BTF_KIND_FUNC = 12;
export const BTF_KIND_FUNC_PROTO = 13;
export const BTF_KIND_VAR = 14;
export const BTF_KIND_DATASEC = 15;
export const BTF_KIND_FLOAT = 16;
export const BTF_KIND_DECL_TAG = 17;
export const BTF_KIND_TYPE_TAG = 18;
export const BTF_KIND_ENUM64 = 19;

export const BTF_INT_SIGNED = 1;
export const BTF_INT_CHAR = 2;
export const BTF_INT_BOOL = 4;

export const BTF_FUNC_STATIC = 0;
export const BTF_FUNC_GLOBAL = 1;

interface Head {
  /** 0 for void. */
  readonly id: number;
  /** Where its name starts in the string section, 0 for none. */
  readonly nameOff: number;
  readonly vlen: number;
  readonly kflag: boolean;
  /** What the kinds call `size` or `type`. */
  readonly sizeOrType: number;
}

export interface BtfVoid extends Head {
  readonly kind: typeof BTF_KIND_UNKN;
}

export interface BtfInt extends Head {
  readonly kind: typeof BTF_KIND_INT;
  /** In bytes. */
  readonly size: number;
  /** Encoding, offset and length in bits, as the section has them. */
  readonly intData: number;
}

/** A pointer, a name for another type, or one that only qualifies it. */
export interface BtfRef extends Head {
  readonly kind:
    | typeof BTF_KIND_PTR
    | typeof BTF_KIND_TYPEDEF
    | typeof BTF_KIND_VOLATILE
    | typeof BTF_KIND_CONST
    | typeof BTF_KIND_RESTRICT
    | typeof BTF_KIND_TYPE_TAG;
  readonly type: number;
}

export interface BtfArray extends Head {
  readonly kind: typeof BTF_KIND_ARRAY;
  readonly elemType: number;
  readonly indexType: number;
  readonly nelems: number;
}

export interface BtfMember {
  readonly nameOff: number;
  readonly type: number;
  /** As the section has it; see `memberBitOffset`. */
  readonly offset: number;
}

/** A struct or a union. */
export interface BtfStruct extends Head {
  readonly kind: typeof BTF_KIND_STRUCT | typeof BTF_KIND_UNION;
  /** In bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
}

export interface BtfEnumValue {
  readonly nameOff: number;
  /** Of 32 bits, or the lower half. */
  readonly lo: number;
  /** The upper half, of ENUM64 only. */
  readonly hi: number;
}

export interface BtfEnum extends Head {
  readonly kind: typeof BTF_KIND_ENUM | typeof BTF_KIND_ENUM64;
  /** In bytes. */
  readonly size: number;
  readonly values: readonly BtfEnumValue[];
}

/** A struct, or with `kflag` a union, of which only the name is known. */
export interface BtfFwd extends Head {
  readonly kind: typeof BTF_KIND_FWD;
}

export interface BtfFunc extends Head {
  readonly kind: typeof BTF_KIND_FUNC;
  /** Its BTF_KIND_FUNC_PROTO. */
  readonly type: number;
  /** BTF_FUNC_STATIC, BTF_FUNC_GLOBAL, or 2 for one that is elsewhere. */
  readonly linkage: number;
}

export interface BtfParam {
  readonly nameOff: number;
  readonly type: number;
}

export interface BtfFuncProto extends Head {
  readonly kind: typeof BTF_KIND_FUNC_PROTO;
  /** Of its result. */
  readonly type: number;
  readonly params: readonly BtfParam[];
}

export interface BtfVar extends Head {
  readonly kind: typeof BTF_KIND_VAR;
  readonly type: number;
  readonly linkage: number;
}

export interface BtfVarSecinfo {
  readonly type: number;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

export interface BtfDatasec extends Head {
  readonly kind: typeof BTF_KIND_DATASEC;
  /** In bytes. */
  readonly size: number;
  readonly vars: readonly BtfVarSecinfo[];
}

export interface BtfFloat extends Head {
  readonly kind: typeof BTF_KIND_FLOAT;
  /** In bytes. */
  readonly size: number;
}

export interface BtfDeclTag extends Head {
  readonly kind: typeof BTF_KIND_DECL_TAG;
  readonly type: number;
  /** Which member or argument it belongs to; -1: the type itself. */
  readonly componentIdx: number;
}

export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfRef
  | BtfArray
  | BtfStruct
  | BtfEnum
  | BtfFwd
  | BtfFunc
  | BtfFuncProto
  | BtfVar
  | BtfDatasec
  | BtfFloat
  | BtfDeclTag;

export const BTF_VOID: BtfVoid = Object.freeze({
  kind: BTF_KIND_UNKN,
  id: 0,
  nameOff: 0,
  vlen: 0,
  kflag: false,
  sizeOrType: 0,
});

export function intEncoding({ intData }: BtfInt): number {
  return (intData >>> 24) & 0x0f;
}

export function intBitOffset({ intData }: BtfInt): number {
  return (intData >>> 16) & 0xff;
}

export function intBits({ intData }: BtfInt): number {
  return intData & 0xff;
}

/** In bits. @linux include/linux/btf.h `__btf_member_bit_offset` (6.18) */
export function memberBitOffset({ kflag }: BtfStruct, { offset }: BtfMember): number {
  return kflag ? offset & 0xff_ffff : offset;
}

/** 0 for a member that is no bit field. @linux include/linux/btf.h `__btf_member_bitfield_size` (6.18) */
export function memberBitfieldSize({ kflag }: BtfStruct, { offset }: BtfMember): number {
  return kflag ? offset >>> 24 : 0;
}

/** @linux include/linux/btf.h `btf_type_is_struct` (6.18) */
export function isStruct(type: BtfType): type is BtfStruct {
  return type.kind === BTF_KIND_STRUCT || type.kind === BTF_KIND_UNION;
}

/** Of 8, 16, 32, 64 or 128 bits, none of them left out. @linux kernel/bpf/btf.c `btf_type_int_is_regular` (6.18) */
export function isRegularInt(type: BtfInt): boolean {
  return intBitOffset(type) === 0 && [8, 16, 32, 64, 128].includes(intBits(type));
}

/** As messages show it: with `kflag` a signed number. */
export function enumValueText({ kind, kflag }: BtfEnum, { lo, hi }: BtfEnumValue): string {
  if (kind === BTF_KIND_ENUM) return String(kflag ? lo : lo >>> 0);
  const bits = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
  return String(kflag ? BigInt.asIntN(64, bits) : BigInt.asUintN(64, bits));
}

/** @linux include/linux/btf.h `btf_type_is_modifier` (6.18) */
export function isModifier({ kind }: BtfType): boolean {
  switch (kind) {
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
      return true;
    default:
      return false;
  }
}

/** No union. @linux include/linux/btf.h `__btf_type_is_struct` (6.18) */
export function isProperStruct(type: BtfType): type is BtfStruct {
  return type.kind === BTF_KIND_STRUCT;
}

export function isEnum(type: BtfType): type is BtfEnum {
  return type.kind === BTF_KIND_ENUM || type.kind === BTF_KIND_ENUM64;
}

/** At most as large as a register. @linux include/linux/btf.h `btf_type_is_small_int` (6.18) */
export function isSmallInt(type: BtfType): boolean {
  return type.kind === BTF_KIND_INT && type.size <= 8;
}
