/** Whether a record alone makes sense, without what it refers to. */
import { EINVAL, ENOTSUPP } from "../../include/errno.ts";
import type { BtfType } from "./kinds.ts";
import * as kinds from "./kinds.ts";
import { isIdentifier, isSectionName } from "./names.ts";
import { type BtfVerifierEnv, encodingText } from "./verifier-env.ts";

const BTF_MAX_TYPE = 0xf_ffff;
const BTF_INT_MASK = 0x0fff_ffff;
const INT_BITS_MAX = 128;
const VAR_LINKAGE_MAX = 1;
const FLOAT_SIZES: readonly number[] = [2, 4, 8, 12, 16];

/** Logs the record. @linux kernel/bpf/btf.c `btf_kind_operations.check_meta` (6.18) */
export function checkMeta(env: BtfVerifierEnv, type: BtfType): 0 | number {
  switch (type.kind) {
    case kinds.BTF_KIND_INT:
      return checkInt(env, type);
    case kinds.BTF_KIND_ARRAY:
      return checkArray(env, type);
    case kinds.BTF_KIND_STRUCT:
    case kinds.BTF_KIND_UNION:
      return checkStruct(env, type);
    case kinds.BTF_KIND_ENUM:
    case kinds.BTF_KIND_ENUM64:
      return checkEnum(env, type);
    case kinds.BTF_KIND_FWD:
      return checkFwd(env, type);
    case kinds.BTF_KIND_FUNC_PROTO:
      return checkFuncProto(env, type);
    case kinds.BTF_KIND_FUNC:
      return checkFunc(env, type);
    case kinds.BTF_KIND_VAR:
      return checkVar(env, type);
    case kinds.BTF_KIND_DATASEC:
      return checkDatasec(env, type);
    case kinds.BTF_KIND_FLOAT:
      return checkFloat(env, type);
    case kinds.BTF_KIND_DECL_TAG:
      return checkDeclTag(env, type);
    default:
      return checkRef(env, type);
  }
}

function refuse(env: BtfVerifierEnv, type: BtfType, message: string): number {
  env.logType(type, message);
  return -EINVAL;
}

function logged(env: BtfVerifierEnv, type: BtfType): 0 {
  env.logType(type);
  return 0;
}

const BAD_VLEN = "vlen != 0";
const BAD_KFLAG = "Invalid btf_info kind_flag";
const BAD_NAME = "Invalid name";

/** "" for a record that uses neither of them. */
function headProblem({ vlen, kflag }: BtfType): string {
  if (vlen !== 0) return BAD_VLEN;
  return kflag ? BAD_KFLAG : "";
}

function isTypeId(id: number): boolean {
  return id <= BTF_MAX_TYPE;
}

/** An id of something else than void. */
function isValueTypeId(id: number): boolean {
  return id !== 0 && isTypeId(id);
}

function hasIdentifier({ strings }: BtfVerifierEnv, nameOff: number): boolean {
  return nameOff !== 0 && isIdentifier(strings, nameOff);
}

function hasIdentifierIfAny({ strings }: BtfVerifierEnv, nameOff: number): boolean {
  return nameOff === 0 || isIdentifier(strings, nameOff);
}

/** @linux kernel/bpf/btf.c `btf_int_check_meta` (6.18) */
function checkInt(env: BtfVerifierEnv, type: kinds.BtfInt): 0 | number {
  const problem = headProblem(type);
  if (problem !== "") return refuse(env, type, problem);
  const { intData, size } = type;
  if ((intData & ~BTF_INT_MASK) !== 0) {
    env.logBasic(type, `Invalid int_data:${intData.toString(16)}`);
    return -EINVAL;
  }
  const bits = kinds.intBits(type) + kinds.intBitOffset(type);
  if (bits > INT_BITS_MAX) return refuse(env, type, `nr_bits exceeds ${INT_BITS_MAX}`);
  if (Math.ceil(bits / 8) > size) return refuse(env, type, "nr_bits exceeds type_size");
  if (encodingText(kinds.intEncoding(type)) === "UNKN") {
    env.logType(type, "Unsupported encoding");
    return -ENOTSUPP;
  }
  return logged(env, type);
}

/** @linux kernel/bpf/btf.c `btf_ref_type_check_meta` (6.18) */
function checkRef(env: BtfVerifierEnv, type: BtfType): 0 | number {
  const { kind, vlen, kflag, nameOff } = type;
  const isTag = kind === kinds.BTF_KIND_TYPE_TAG;
  if (vlen !== 0) return refuse(env, type, BAD_VLEN);
  if (kflag && !isTag) return refuse(env, type, BAD_KFLAG);
  if (!isTypeId(type.sizeOrType)) return refuse(env, type, "Invalid type_id");
  let isNameOk = nameOff === 0;
  if (kind === kinds.BTF_KIND_TYPEDEF) isNameOk = hasIdentifier(env, nameOff);
  else if (isTag) isNameOk = env.strings[nameOff] !== 0;
  return isNameOk ? logged(env, type) : refuse(env, type, BAD_NAME);
}

/** @linux kernel/bpf/btf.c `btf_fwd_check_meta` (6.18) */
function checkFwd(env: BtfVerifierEnv, type: kinds.BtfFwd): 0 | number {
  if (type.vlen !== 0) return refuse(env, type, BAD_VLEN);
  if (type.sizeOrType !== 0) return refuse(env, type, "type != 0");
  if (!hasIdentifier(env, type.nameOff)) return refuse(env, type, BAD_NAME);
  return logged(env, type);
}

/** @linux kernel/bpf/btf.c `btf_array_check_meta` (6.18) */
function checkArray(env: BtfVerifierEnv, type: kinds.BtfArray): 0 | number {
  if (type.nameOff !== 0) return refuse(env, type, BAD_NAME);
  const problem = headProblem(type);
  if (problem !== "") return refuse(env, type, problem);
  if (type.sizeOrType !== 0) return refuse(env, type, "size != 0");
  if (!isValueTypeId(type.elemType)) return refuse(env, type, "Invalid elem");
  if (!isValueTypeId(type.indexType)) return refuse(env, type, "Invalid index");
  return logged(env, type);
}

/** @linux kernel/bpf/btf.c `btf_struct_check_meta` (6.18) */
function checkStruct(env: BtfVerifierEnv, type: kinds.BtfStruct): 0 | number {
  if (!hasIdentifierIfAny(env, type.nameOff)) return refuse(env, type, BAD_NAME);
  env.logType(type);
  let lastOffset = 0;
  for (const member of type.members) {
    const offset = kinds.memberBitOffset(type, member);
    const problem = memberProblem(env, type, member, offset, lastOffset);
    env.logMember(type, member, problem);
    if (problem !== "") return -EINVAL;
    lastOffset = offset;
  }
  return 0;
}

/** @param offset in bits, as is that of the member before */
function memberProblem(
  env: BtfVerifierEnv,
  struct: kinds.BtfStruct,
  { nameOff, type }: kinds.BtfMember,
  offset: number,
  lastOffset: number,
): string {
  if (!env.btf.isNameOffset(nameOff)) return `Invalid member name_offset:${nameOff}`;
  if (!hasIdentifierIfAny(env, nameOff)) return BAD_NAME;
  if (!isValueTypeId(type)) return "Invalid type_id";
  const isUnion = struct.kind === kinds.BTF_KIND_UNION;
  if ((isUnion && offset !== 0) || lastOffset > offset) return "Invalid member bits_offset";
  if (Math.ceil(offset / 8) > struct.size) return "Member bits_offset exceeds its struct size";
  return "";
}

/** @linux kernel/bpf/btf.c `btf_enum_check_meta`, `btf_enum64_check_meta` (6.18) */
function checkEnum(env: BtfVerifierEnv, type: kinds.BtfEnum): 0 | number {
  if (![1, 2, 4, 8].includes(type.size)) return refuse(env, type, "Unexpected size");
  if (!hasIdentifierIfAny(env, type.nameOff)) return refuse(env, type, BAD_NAME);
  env.logType(type);
  for (const value of type.values) {
    if (!env.btf.isNameOffset(value.nameOff)) {
      env.verbose(`\tInvalid name_offset:${value.nameOff}`);
      return -EINVAL;
    }
    if (!hasIdentifier(env, value.nameOff)) return refuse(env, type, BAD_NAME);
    if (env.log.isNeeded) {
      env.verbose(`\t${env.nameText(value.nameOff)} val=${kinds.enumValueText(type, value)}\n`);
    }
  }
  return 0;
}

/** @linux kernel/bpf/btf.c `btf_func_proto_check_meta` (6.18) */
function checkFuncProto(env: BtfVerifierEnv, type: kinds.BtfFuncProto): 0 | number {
  if (type.nameOff !== 0) return refuse(env, type, BAD_NAME);
  if (type.kflag) return refuse(env, type, BAD_KFLAG);
  return logged(env, type);
}

/** @linux kernel/bpf/btf.c `btf_func_check_meta` (6.18) */
function checkFunc(env: BtfVerifierEnv, type: kinds.BtfFunc): 0 | number {
  if (!hasIdentifier(env, type.nameOff)) return refuse(env, type, BAD_NAME);
  if (type.linkage > kinds.BTF_FUNC_GLOBAL) return refuse(env, type, "Invalid func linkage");
  if (type.kflag) return refuse(env, type, BAD_KFLAG);
  return logged(env, type);
}

/** @linux kernel/bpf/btf.c `btf_var_check_meta` (6.18) */
function checkVar(env: BtfVerifierEnv, type: kinds.BtfVar): 0 | number {
  const problem = headProblem(type);
  if (problem !== "") return refuse(env, type, problem);
  if (!hasIdentifier(env, type.nameOff)) return refuse(env, type, BAD_NAME);
  if (!isValueTypeId(type.type)) return refuse(env, type, "Invalid type_id");
  if (type.linkage > VAR_LINKAGE_MAX) return refuse(env, type, "Linkage not supported");
  return logged(env, type);
}

/** @linux kernel/bpf/btf.c `btf_datasec_check_meta` (6.18) */
function checkDatasec(env: BtfVerifierEnv, type: kinds.BtfDatasec): 0 | number {
  const { size, nameOff, kflag } = type;
  if (size === 0) return refuse(env, type, "size == 0");
  if (kflag) return refuse(env, type, BAD_KFLAG);
  const isNameOk = nameOff !== 0 && isSectionName(env.strings, nameOff);
  if (!isNameOk) return refuse(env, type, BAD_NAME);
  env.logType(type);
  let end = 0;
  let sum = 0;
  for (const vsi of type.vars) {
    const problem = varSecinfoProblem(type, vsi, end);
    env.logVarSecinfo(type, vsi, problem);
    if (problem !== "") return -EINVAL;
    // Of 32 bits, as in Linux.
    end = (vsi.offset + vsi.size) >>> 0;
    sum += vsi.size;
  }
  return size < sum ? refuse(env, type, "Invalid btf_info size") : 0;
}

function varSecinfoProblem(
  { size: total }: kinds.BtfDatasec,
  { type, offset, size }: kinds.BtfVarSecinfo,
  lastEnd: number,
): string {
  if (!isValueTypeId(type)) return "Invalid type_id";
  if (offset < lastEnd || offset >= total) return "Invalid offset";
  if (size === 0 || size > total) return "Invalid size";
  return (offset + size) >>> 0 > total ? "Invalid offset+size" : "";
}

/** @linux kernel/bpf/btf.c `btf_float_check_meta` (6.18) */
function checkFloat(env: BtfVerifierEnv, type: kinds.BtfFloat): 0 | number {
  const problem = headProblem(type);
  if (problem !== "") return refuse(env, type, problem);
  if (!FLOAT_SIZES.includes(type.size)) return refuse(env, type, "Invalid type_size");
  return logged(env, type);
}

/** @linux kernel/bpf/btf.c `btf_decl_tag_check_meta` (6.18) */
function checkDeclTag(env: BtfVerifierEnv, type: kinds.BtfDeclTag): 0 | number {
  if (env.strings[type.nameOff] === 0) return refuse(env, type, "Invalid value");
  if (type.vlen !== 0) return refuse(env, type, BAD_VLEN);
  if (type.componentIdx < -1) return refuse(env, type, "Invalid component_idx");
  return logged(env, type);
}
