/** What an instruction holds for a way through types. */
import { E2BIG, EINVAL, EOPNOTSUPP, EUCLEAN } from "../../include/errno.ts";
import type { Btf } from "./btf.ts";
import * as core from "./core-spec.ts";
import * as kinds from "./kinds.ts";

const BITS_OF_WORD = 64;
const WORD_BYTES = 8;

/** A value, and what of it matters for the instruction that holds it. */
interface CoreValue {
  readonly value: bigint;
  /** Of what lies at an offset, in bytes; 0: it is no offset, or one of a bit field. */
  readonly size: number;
  readonly type: kinds.BtfType;
  /** Whether the instruction must hold this value already. */
  readonly isValidated: boolean;
}

/** @linux tools/lib/bpf/relo_core.h `struct bpf_core_relo_res` (6.18) */
export interface CoreResult {
  readonly before: bigint;
  readonly after: bigint;
  /** There is no such thing in the kernel: whoever comes to the instruction is refused. */
  readonly isPoison: boolean;
  readonly isValidated: boolean;
  /** In bytes. */
  readonly sizeBefore: number;
  /** In bytes. */
  readonly sizeAfter: number;
  /** No access of another size does the same. */
  readonly failsResize: boolean;
}

const NOTHING: CoreResult = {
  before: 0n,
  after: 0n,
  isPoison: false,
  isValidated: true,
  sizeBefore: 0,
  sizeAfter: 0,
  failsResize: false,
};

/** What stands there must be this type's number, whatever it is. */
export function localTypeId(id: number): CoreResult {
  return { ...NOTHING, isValidated: false, before: BigInt(id), after: BigInt(id) };
}

/**
 * @param target undefined: there is none
 * @linux tools/lib/bpf/relo_core.c `bpf_core_calc_relo` (6.18)
 */
export function coreResult(
  relo: core.CoreRelo,
  index: number,
  local: core.CoreSpec,
  target: core.CoreSpec | undefined,
  log: (text: string) => void,
): CoreResult | number {
  const before = coreValue(relo, local, log);
  const after = typeof before === "number" ? before : coreValue(relo, target, log);
  if (typeof before === "object" && typeof after === "object") {
    const [sizeBefore, sizeAfter] = [before.size, after.size];
    const failsResize = sizeBefore !== sizeAfter && !canResize(before.type, after.type);
    const values = { before: before.value, after: after.value, sizeBefore, sizeAfter };
    return { ...NOTHING, ...values, isValidated: before.isValidated, failsResize };
  }
  const err = typeof before === "number" ? before : (after as number);
  if (err === -EUCLEAN) return { ...NOTHING, isPoison: true };
  if (err === -EOPNOTSUPP) {
    const kind = `${core.coreKindName(relo.kind)} (${relo.kind | 0})`;
    const where = `at insn #${Math.floor(relo.insnOff / 8)}`;
    log(`prog '': relo #${index}: unrecognized CO-RE relocation ${kind} ${where}\n`);
  }
  return err;
}

/** Pointers, and numbers that are filled up with zeros. */
function canResize(before: kinds.BtfType, after: kinds.BtfType): boolean {
  const types = [before, after];
  if (types.every(({ kind }) => kind === kinds.BTF_KIND_PTR)) return true;
  return types.every(
    (type) => type.kind === kinds.BTF_KIND_INT && kinds.intEncoding(type) !== kinds.BTF_INT_SIGNED,
  );
}

/** A number that is no offset, modulo 2^64. */
function plainValue(number: number | bigint): CoreValue {
  const value = BigInt.asUintN(BITS_OF_WORD, BigInt(number));
  return { value, size: 0, type: kinds.BTF_VOID, isValidated: true };
}

function coreValue(
  relo: core.CoreRelo,
  spec: core.CoreSpec | undefined,
  log: (text: string) => void,
): CoreValue | number {
  if (core.isFieldBased(relo.kind)) return fieldValue(relo, spec, log);
  if (core.isTypeBased(relo.kind)) return typeValue(relo.kind, spec);
  if (core.isEnumvalBased(relo.kind)) return enumvalValue(relo.kind, spec);
  return -EOPNOTSUPP;
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_calc_type_relo` (6.18) */
function typeValue(kind: number, spec: core.CoreSpec | undefined): CoreValue | number {
  if (spec === undefined) return plainValue(0);
  switch (kind) {
    case core.BPF_CORE_TYPE_ID_TARGET:
      return { ...plainValue(spec.rootTypeId), isValidated: false };
    case core.BPF_CORE_TYPE_SIZE: {
      const size = core.coreSize(spec.btf, spec.rootTypeId);
      return size < 0 ? -EINVAL : plainValue(size);
    }
    case core.BPF_CORE_TYPE_EXISTS:
    case core.BPF_CORE_TYPE_MATCHES:
      return plainValue(1);
    default:
      return -EOPNOTSUPP;
  }
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_calc_enumval_relo` (6.18) */
function enumvalValue(kind: number, spec: core.CoreSpec | undefined): CoreValue | number {
  if (kind === core.BPF_CORE_ENUMVAL_EXISTS) return plainValue(spec === undefined ? 0 : 1);
  if (spec === undefined) return -EUCLEAN;
  const step = spec.steps[0]!;
  const type = spec.btf.typeById(step.typeId) as kinds.BtfEnum;
  const { lo, hi } = type.values[step.idx]!;
  // Signed, whatever the type says: `val` is an `__s32`.
  if (type.kind === kinds.BTF_KIND_ENUM) return plainValue(lo);
  return plainValue((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_calc_field_relo` (6.18) */
function fieldValue(
  relo: core.CoreRelo,
  spec: core.CoreSpec | undefined,
  log: (text: string) => void,
): CoreValue | number {
  if (relo.kind === core.BPF_CORE_FIELD_EXISTS) return plainValue(spec === undefined ? 0 : 1);
  if (spec === undefined) return -EUCLEAN;
  const step = spec.steps.at(-1)!;
  const type = spec.btf.typeById(step.typeId)!;
  if (step.name === undefined) return elementValue(relo, spec, type, log);
  const member = (type as kinds.BtfStruct).members[step.idx]!;
  const field = spec.btf.skipModifiers(member.type)!;
  const bits = kinds.memberBitfieldSize(type as kinds.BtfStruct, member);
  if (bits > 0) return bitfieldValue(relo, spec, field, bits, log);
  const size = core.coreSize(spec.btf, field.id);
  if (size < 0) return -EINVAL;
  const at = Math.floor(spec.bitOffset / 8);
  if (relo.kind === core.BPF_CORE_FIELD_BYTE_OFFSET) return offsetValue(spec.btf, at, field);
  const place = { at, size, bitOffset: spec.bitOffset, bits: size * 8 };
  return plainValue(placeValue(relo.kind, place, field));
}

/** Where a field lies, in bytes and in bits. */
interface Place {
  readonly at: number;
  readonly size: number;
  readonly bitOffset: number;
  readonly bits: number;
}

/** Modulo 2^64, for fields that are larger than a word. */
function placeValue(kind: number, { at, size, bitOffset, bits }: Place, field: kinds.BtfType) {
  switch (kind) {
    case core.BPF_CORE_FIELD_BYTE_OFFSET:
      return at;
    case core.BPF_CORE_FIELD_BYTE_SIZE:
      return size;
    case core.BPF_CORE_FIELD_SIGNED:
      return isSigned(field) ? 1 : 0;
    case core.BPF_CORE_FIELD_LSHIFT_U64:
      return (BITS_OF_WORD - (bitOffset + bits - at * 8)) >>> 0;
    default:
      return (BITS_OF_WORD - bits) >>> 0;
  }
}

function isSigned(type: kinds.BtfType): boolean {
  if (kinds.isEnum(type)) return type.kflag;
  if (type.kind !== kinds.BTF_KIND_INT) return false;
  return (kinds.intEncoding(type) & kinds.BTF_INT_SIGNED) !== 0;
}

function offsetValue(btf: Btf, at: number, type: kinds.BtfType): CoreValue | number {
  let elem: kinds.BtfType = type;
  while (elem.kind === kinds.BTF_KIND_ARRAY) elem = btf.skipModifiers(elem.elemType)!;
  const size = core.coreSize(btf, elem.id);
  return size < 0 ? -EINVAL : { value: BigInt(at), size, type, isValidated: true };
}

function elementValue(
  relo: core.CoreRelo,
  { btf, bitOffset }: core.CoreSpec,
  type: kinds.BtfType,
  log: (text: string) => void,
): CoreValue | number {
  if (relo.kind === core.BPF_CORE_FIELD_BYTE_OFFSET) {
    return offsetValue(btf, Math.floor(bitOffset / 8), type);
  }
  if (relo.kind === core.BPF_CORE_FIELD_BYTE_SIZE) {
    const size = core.coreSize(btf, type.id);
    return size < 0 ? -EINVAL : plainValue(size);
  }
  log(`${atInsn(relo)} can't be applied to array access\n`);
  return -EINVAL;
}

function atInsn({ kind, insnOff }: core.CoreRelo): string {
  return `prog '': relo ${kind} at insn #${Math.floor(insnOff / 8)}`;
}

/** Read with the smallest word that holds it. */
function bitfieldValue(
  relo: core.CoreRelo,
  { bitOffset }: core.CoreSpec,
  field: kinds.BtfType,
  bits: number,
  log: (text: string) => void,
): CoreValue | number {
  const startOf = (size: number) => Math.floor(Math.floor(bitOffset / 8) / size) * size;
  let size = field.sizeOrType;
  while (bitOffset + bits - startOf(size) * 8 > size * 8) {
    if (size >= WORD_BYTES) {
      log(`${atInsn(relo)} can't be satisfied for bitfield\n`);
      return -E2BIG;
    }
    size *= 2;
  }
  const place = { at: startOf(size), size, bitOffset, bits };
  const isValidated =
    relo.kind === core.BPF_CORE_FIELD_SIGNED || relo.kind === core.BPF_CORE_FIELD_RSHIFT_U64;
  return { ...plainValue(placeValue(relo.kind, place, field)), isValidated };
}
