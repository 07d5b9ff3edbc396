/** Memory, through pointers of all kinds. */
import { EACCES } from "../../include/errno.ts";
import { BPF_REG_SIZE, sizeInBytes } from "../isa.ts";
import { checkPtrAlignment } from "./alignment.ts";
import { regBoundsSync } from "./bounds.ts";
import { checkPtrToBtfAccess } from "./btf-access.ts";
import { checkCtxAccess } from "./ctx/ops.ts";
import type { VerifierEnv } from "./env.ts";
import { fromS32, fromU32, Int64 } from "./int64.ts";
import { checkMapKptrAccess, kptrAt } from "./kptr.ts";
import { funcRetvalRange } from "./lsm-hooks.ts";
import { checkMapStructAccess } from "./map-struct-access.ts";
import { checkObjectAccess } from "./object-access.ts";
import { isPointerValue, markRegKnownZero, markRegUnknown } from "./reg-arg.ts";
import { coerceRegToSize, coerceRegToSizeSx } from "./reg-size.ts";
import type { Reg, RegState } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  MEM_ALLOC,
  MEM_RDONLY,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  PTR_UNTRUSTED,
  regTypeStr,
  SCALAR_VALUE,
  typeIsPtrAllocObj,
  typeIsSkPointer,
  typeMayBeNull,
} from "./reg-type.ts";
import {
  BPF_READ,
  BPF_WRITE,
  checkBufferAccess,
  checkMapAccess,
  checkMapAccessType,
  checkMemRegionAccess,
  checkPacketAccess,
  checkPtrOffReg,
  mayAccessPacket,
} from "./region-access.ts";
import { checkSockAccess } from "./sock-access.ts";
import { checkStackRead, checkStackWrite } from "./stack-access.ts";
import { tnumIsConst } from "./tnum.ts";
import type { VerifierMap } from "./verifier-input.ts";

/** One access, as the checks for the kinds of pointers pass it on. */
interface Access {
  readonly insnIdx: number;
  readonly regno: number;
  /** With the fixed offset of the pointer. */
  readonly off: number;
  readonly size: number;
  /** BPF_READ or BPF_WRITE. */
  readonly kind: number;
  /** The register that is loaded or stored, or -1. */
  readonly valueRegno: number;
  readonly isLdsx: boolean;
}

/**
 * Whether memory may be accessed through a register, and what then is in `valueRegno`.
 *
 * @param valueRegno -1 when no register is loaded or stored
 * @linux kernel/bpf/verifier.c `check_mem_access` (6.18)
 */
export function checkMemAccess(
  env: VerifierEnv,
  insnIdx: number,
  regno: number,
  off: number,
  bpfSize: number,
  kind: number,
  valueRegno: number,
  isStrictAlignmentOnce: boolean,
  isLdsx: boolean,
): 0 | number {
  const reg = env.frame.reg(regno);
  const size = sizeInBytes(bpfSize);
  const err = checkPtrAlignment(env, reg, off, size, isStrictAlignmentOnce);
  if (err !== 0) return err;
  const isStack = reg.type === PTR_TO_STACK;
  const accessErr = isStack
    ? checkStack(env, insnIdx, regno, off + reg.off, size, kind, valueRegno)
    : check(env, reg, { insnIdx, regno, off: off + reg.off, size, kind, valueRegno, isLdsx });
  if (accessErr !== 0) return accessErr;
  if (size === BPF_REG_SIZE || valueRegno < 0 || kind !== BPF_READ) return 0;
  if (env.frame.reg(valueRegno).type !== SCALAR_VALUE) return 0;
  const value = env.frame.own(valueRegno);
  if (isLdsx) coerceRegToSizeSx(value, size);
  else coerceRegToSize(value, size);
  return 0;
}

function checkStack(
  env: VerifierEnv,
  insnIdx: number,
  regno: number,
  off: number,
  size: number,
  kind: number,
  valueRegno: number,
): 0 | number {
  if (kind === BPF_READ) return checkStackRead(env, regno, off, size, valueRegno);
  return checkStackWrite(env, regno, off, size, valueRegno, insnIdx);
}

function check(env: VerifierEnv, reg: Reg, access: Access): 0 | number {
  const { type } = reg;
  switch (type) {
    case PTR_TO_MAP_KEY:
      return checkMapKey(env, reg, access);
    case PTR_TO_MAP_VALUE:
      return checkMapValue(env, reg, access);
    case PTR_TO_CTX:
      return checkCtx(env, reg, access);
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      return checkPacket(env, access);
    case PTR_TO_FLOW_KEYS:
      return checkFlowKeys(env, access);
    case PTR_TO_TP_BUFFER:
      return thenUnknown(
        env,
        access,
        checkBufferAccess(env, "tracepoint", reg, access.regno, access.off, access.size),
      );
    case CONST_PTR_TO_MAP:
      return checkMapStruct(env, reg, access);
    case PTR_TO_ARENA:
      return thenUnknown(env, access, 0);
  }
  if (baseType(type) === PTR_TO_MEM) return checkMem(env, reg, access);
  const { regno, off, size, kind, valueRegno } = access;
  if (typeIsPtrAllocObj(type) && !typeMayBeNull(type)) {
    return checkObjectAccess(env, reg, regno, off, size, kind, valueRegno);
  }
  if (typeIsSkPointer(type)) return checkSock(env, access);
  if (baseType(type) === PTR_TO_BTF_ID && !typeMayBeNull(type) && (type & MEM_ALLOC) === 0) {
    return checkPtrToBtfAccess(env, reg, regno, off, size, kind, valueRegno);
  }
  if (baseType(type) === PTR_TO_BUF && !typeMayBeNull(type)) return checkBuf(env, reg, access);
  env.verbose(`R${access.regno} invalid mem access '${regTypeStr(type)}'\n`);
  return -EACCES;
}

/** What is read is not known. */
function thenUnknown(env: VerifierEnv, { kind, valueRegno }: Access, err: 0 | number): 0 | number {
  if (err === 0 && kind === BPF_READ && valueRegno >= 0) markRegUnknown(env, valueRegno);
  return err;
}

/** An address must not be put where the task could read it. */
function checkNoLeak(env: VerifierEnv, { kind, valueRegno }: Access, where: string): 0 | number {
  if (kind !== BPF_WRITE || valueRegno < 0 || !isPointerValue(env, valueRegno)) return 0;
  env.verbose(`R${valueRegno} leaks addr into ${where}\n`);
  return -EACCES;
}

function refuseWrite(env: VerifierEnv, regno: number, type: number): number {
  env.verbose(`R${regno} cannot write into ${regTypeStr(type)}\n`);
  return -EACCES;
}

function checkMapStruct(env: VerifierEnv, reg: Reg, access: Access): 0 | number {
  const { regno, off, size, kind, valueRegno } = access;
  return checkMapStructAccess(env, reg, regno, off, size, kind, valueRegno);
}

function checkMapKey(env: VerifierEnv, reg: Reg, access: Access): 0 | number {
  const { regno, off, size, kind } = access;
  if (kind === BPF_WRITE) {
    env.verbose(`write to change key R${regno} not allowed\n`);
    return -EACCES;
  }
  const { keySize } = reg.map!;
  return thenUnknown(env, access, checkMemRegionAccess(env, regno, off, size, keySize, false));
}

function checkMapValue(env: VerifierEnv, reg: Reg, access: Access): 0 | number {
  const { regno, off, size, kind, valueRegno, isLdsx } = access;
  const err =
    checkNoLeak(env, access, "map") ||
    checkMapAccessType(env, regno, off, size, kind) ||
    checkMapAccess(env, regno, off, size, false, true);
  if (err !== 0) return err;
  const kptr = kptrAt(reg, off);
  if (kptr !== undefined) return checkMapKptrAccess(env, access.insnIdx, kptr, valueRegno);
  if (kind !== BPF_READ || valueRegno < 0) return 0;
  const map = reg.map!;
  if (tnumIsConst(reg.varOff) && isReadOnly(map)) {
    const bytes = map.readValue(off + reg.varOff.value.lo, size);
    const value = env.frame.own(valueRegno);
    value.type = SCALAR_VALUE;
    value.markKnown(numberOf(bytes, isLdsx));
  } else {
    markRegUnknown(env, valueRegno);
  }
  return 0;
}

const BPF_F_RDONLY_PROG = 1 << 7;

/** Whether the content can no longer change. @linux kernel/bpf/verifier.c `bpf_map_is_rdonly` (6.18) */
function isReadOnly({ flags, frozen, valueAddress }: VerifierMap): boolean {
  return (flags & BPF_F_RDONLY_PROG) !== 0 && frozen && valueAddress !== 0n;
}

/** @linux kernel/bpf/verifier.c `bpf_map_direct_read` (6.18) */
function numberOf(bytes: Uint8Array, isSigned: boolean): Int64 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (bytes.length) {
    case 1:
      return isSigned ? fromS32(view.getInt8(0)) : fromU32(view.getUint8(0));
    case 2:
      return isSigned ? fromS32(view.getInt16(0, true)) : fromU32(view.getUint16(0, true));
    case 4:
      return isSigned ? fromS32(view.getInt32(0, true)) : fromU32(view.getInt32(0, true));
    default:
      return new Int64(view.getInt32(4, true), view.getInt32(0, true));
  }
}

function checkMem(env: VerifierEnv, reg: Reg, access: Access): 0 | number {
  const { regno, off, size, kind, valueRegno } = access;
  const { type } = reg;
  const isReadOnlyMem = (type & MEM_RDONLY) !== 0;
  if (typeMayBeNull(type)) {
    env.verbose(`R${regno} invalid mem access '${regTypeStr(type)}'\n`);
    return -EACCES;
  }
  if (kind === BPF_WRITE && isReadOnlyMem) return refuseWrite(env, regno, type);
  const isUntrusted = isReadOnlyMem && (type & PTR_UNTRUSTED) !== 0;
  const err =
    checkNoLeak(env, access, "mem") ||
    (isUntrusted ? 0 : checkMemRegionAccess(env, regno, off, size, reg.memSize, false));
  if (err === 0 && valueRegno >= 0 && (kind === BPF_READ || isReadOnlyMem)) {
    markRegUnknown(env, valueRegno);
  }
  return err;
}

function checkCtx(env: VerifierEnv, reg: Reg, access: Access): 0 | number {
  const { insnIdx, regno, off, size, kind, valueRegno, isLdsx } = access;
  const err = checkNoLeak(env, access, "ctx") || checkPtrOffReg(env, reg, regno);
  if (err !== 0) return err;
  const field = checkCtxAccess(env, insnIdx, off, size, kind, isLdsx);
  if (typeof field === "number") return field;
  if (kind !== BPF_READ || valueRegno < 0) return 0;
  if (field.regType === SCALAR_VALUE) {
    markRegUnknown(env, valueRegno);
    const range = field.isRetval === true ? funcRetvalRange(env) : undefined;
    if (range !== undefined) markS32Range(env.frame.own(valueRegno), range.min, range.max);
    return 0;
  }
  markRegKnownZero(env, valueRegno);
  const value = env.frame.own(valueRegno);
  if (typeMayBeNull(field.regType)) value.id = env.newId();
  value.btfType = field.btfType;
  value.refObjId = field.refObjId ?? 0;
  value.type = field.regType;
  return 0;
}

/** @linux kernel/bpf/verifier.c `__mark_reg_s32_range` (6.18) */
function markS32Range(reg: RegState, min: number, max: number): void {
  reg.intersectS32(min, max);
  reg.smin = fromS32(min);
  reg.smax = fromS32(max);
  regBoundsSync(reg);
}

function checkPacket(env: VerifierEnv, access: Access): 0 | number {
  const { regno, off, size, kind } = access;
  if (kind === BPF_WRITE && !mayAccessPacket(env, kind, undefined)) {
    env.verbose("cannot write into packet\n");
    return -EACCES;
  }
  if (kind === BPF_WRITE) env.hasDirectWrite = true;
  const err = checkNoLeak(env, access, "packet") || checkPacketAccess(env, regno, off, size, false);
  return thenUnknown(env, access, err);
}

const SIZEOF_FLOW_KEYS = 56;

/** @linux kernel/bpf/verifier.c `check_flow_keys_access` (6.18) */
function checkFlowKeys(env: VerifierEnv, access: Access): 0 | number {
  const err = checkNoLeak(env, access, "flow keys");
  if (err !== 0) return err;
  const { off, size } = access;
  if (off < 0 || off + size > SIZEOF_FLOW_KEYS) {
    env.verbose(`invalid access to flow keys off=${off} size=${size}\n`);
    return -EACCES;
  }
  return thenUnknown(env, access, 0);
}

function checkSock(env: VerifierEnv, access: Access): 0 | number {
  const { insnIdx, regno, off, size, kind } = access;
  if (kind === BPF_WRITE) return refuseWrite(env, regno, env.frame.reg(regno).type);
  return thenUnknown(env, access, checkSockAccess(env, insnIdx, regno, off, size, kind));
}

function checkBuf(env: VerifierEnv, reg: Reg, access: Access): 0 | number {
  const { regno, off, size, kind } = access;
  const isReadOnlyBuf = (reg.type & MEM_RDONLY) !== 0;
  if (isReadOnlyBuf && kind === BPF_WRITE) return refuseWrite(env, regno, reg.type);
  const name = isReadOnlyBuf ? "rdonly" : "rdwr";
  return thenUnknown(env, access, checkBufferAccess(env, name, reg, regno, off, size));
}
