/** Whether a member lies within its structure. */
import { EINVAL } from "../../include/errno.ts";
import type { BtfMember, BtfStruct, BtfType } from "./kinds.ts";
import * as kinds from "./kinds.ts";
import type { BtfVerifierEnv } from "./verifier-env.ts";

const U32_MAX = 0xffff_ffff;
const BITS_PER_U128 = 128;
const POINTER_BYTES = 8;
const ENUM_BITFIELD_MAX = 32;

/**
 * The type of the member is resolved.
 *
 * @linux kernel/bpf/btf.c `btf_kind_operations.check_member`, `check_kflag_member` (6.18)
 */
export function checkMember(
  env: BtfVerifierEnv,
  struct: BtfStruct,
  member: BtfMember,
  type: BtfType,
): 0 | number {
  if (kinds.isModifier(type)) return checkModified(env, struct, member);
  if (struct.kflag && kinds.memberBitfieldSize(struct, member) !== 0) {
    const isBitfieldType = type.kind === kinds.BTF_KIND_INT || kinds.isEnum(type);
    if (!isBitfieldType && !isUnsupported(type)) {
      return refuse(env, struct, member, "Invalid member bitfield_size");
    }
  }
  const problem = problemOf(env, struct, member, type);
  if (problem === "") return 0;
  if (problem !== UNSUPPORTED) return refuse(env, struct, member, problem);
  env.logBasic(struct, `Unsupported check_${struct.kflag ? "kflag_" : ""}member`);
  return -EINVAL;
}

function refuse(
  env: BtfVerifierEnv,
  struct: BtfStruct,
  member: BtfMember,
  message: string,
): number {
  env.logMember(struct, member, message);
  return -EINVAL;
}

/** @linux kernel/bpf/btf.c `btf_modifier_check_member` (6.18) */
function checkModified(env: BtfVerifierEnv, struct: BtfStruct, member: BtfMember): 0 | number {
  const resolved = env.btf.typeIdSize(member.type);
  if (resolved === undefined) return refuse(env, struct, member, "Invalid member");
  // Messages name the type behind the modifiers.
  return checkMember(env, struct, { ...member, type: resolved.id }, resolved.type);
}

const UNSUPPORTED = "unsupported";
const NOT_ALIGNED = "Member is not byte aligned";
const TOO_LONG = "Member exceeds struct_size";

function isUnsupported({ kind }: BtfType): boolean {
  switch (kind) {
    case kinds.BTF_KIND_FWD:
    case kinds.BTF_KIND_FUNC:
    case kinds.BTF_KIND_FUNC_PROTO:
    case kinds.BTF_KIND_VAR:
    case kinds.BTF_KIND_DATASEC:
    case kinds.BTF_KIND_DECL_TAG:
      return true;
    default:
      return false;
  }
}

function problemOf(
  env: BtfVerifierEnv,
  struct: BtfStruct,
  member: BtfMember,
  type: BtfType,
): string {
  switch (type.kind) {
    case kinds.BTF_KIND_INT:
      return struct.kflag
        ? kflagIntProblem(struct, member, type)
        : intProblem(struct, member, type);
    case kinds.BTF_KIND_ENUM:
    case kinds.BTF_KIND_ENUM64:
      return struct.kflag
        ? kflagEnumProblem(struct, member)
        : wholeBytesProblem(struct, member, type.size);
    case kinds.BTF_KIND_PTR:
      return wholeBytesProblem(struct, member, POINTER_BYTES);
    case kinds.BTF_KIND_STRUCT:
    case kinds.BTF_KIND_UNION:
      return wholeBytesProblem(struct, member, type.size);
    case kinds.BTF_KIND_ARRAY:
      return wholeBytesProblem(struct, member, env.btf.typeIdSize(type.id)?.size ?? 0);
    case kinds.BTF_KIND_FLOAT:
      return floatProblem(struct, member, type);
    default:
      return UNSUPPORTED;
  }
}

/** @param bytes the size of the member */
function wholeBytesProblem(struct: BtfStruct, { offset }: BtfMember, bytes: number): string {
  if (offset % 8 !== 0) return NOT_ALIGNED;
  return struct.size - offset / 8 < bytes ? TOO_LONG : "";
}

/** @linux kernel/bpf/btf.c `btf_int_check_member` (6.18) */
function intProblem(struct: BtfStruct, { offset }: BtfMember, type: kinds.BtfInt): string {
  const start = offset + kinds.intBitOffset(type);
  if (start > U32_MAX) return "bits_offset exceeds U32_MAX";
  return copiedBitsProblem(struct, start, kinds.intBits(type));
}

/** @param start in bits */
function copiedBitsProblem(struct: BtfStruct, start: number, bits: number): string {
  const copied = bits + (start % 8);
  if (copied > BITS_PER_U128) return "nr_copy_bits exceeds 128";
  return struct.size - Math.floor(start / 8) < Math.ceil(copied / 8) ? TOO_LONG : "";
}

/** @linux kernel/bpf/btf.c `btf_int_check_kflag_member` (6.18) */
function kflagIntProblem(struct: BtfStruct, member: BtfMember, type: kinds.BtfInt): string {
  if (!kinds.isRegularInt(type)) return "Invalid member base type";
  const start = kinds.memberBitOffset(struct, member);
  const bits = kinds.memberBitfieldSize(struct, member);
  const intBits = kinds.intBits(type);
  if (bits === 0 && start % 8 !== 0) return "Invalid member offset";
  if (bits > intBits) return "Invalid member bitfield_size";
  return copiedBitsProblem(struct, start, bits === 0 ? intBits : bits);
}

/** @linux kernel/bpf/btf.c `btf_enum_check_kflag_member` (6.18) */
function kflagEnumProblem(struct: BtfStruct, member: BtfMember): string {
  const start = kinds.memberBitOffset(struct, member);
  const bits = kinds.memberBitfieldSize(struct, member);
  if (bits === 0 && start % 8 !== 0) return NOT_ALIGNED;
  if (bits > ENUM_BITFIELD_MAX) return "Invalid member bitfield_size";
  const end = start + (bits === 0 ? ENUM_BITFIELD_MAX : bits);
  return struct.size < Math.ceil(end / 8) ? TOO_LONG : "";
}

/** @linux kernel/bpf/btf.c `btf_float_check_member` (6.18) */
function floatProblem(struct: BtfStruct, { offset }: BtfMember, { size }: kinds.BtfFloat): string {
  const alignBits = Math.min(POINTER_BYTES, size) * 8;
  if (offset % alignBits !== 0) return "Member is not properly aligned";
  return Math.floor(offset / 8) + size > struct.size ? TOO_LONG : "";
}
