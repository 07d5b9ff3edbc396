/** The arguments of a call of a helper, one by one. */

import { EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import { BPF_TIMER } from "../btf/field-types.ts";
import type { BtfField } from "../btf/record.ts";
import { BPF_F_INNER_MAP } from "../maps/flags.ts";
import {
  BPF_FUNC_MAP_PEEK_ELEM,
  BPF_FUNC_SPIN_LOCK,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_SOCKHASH,
  BPF_MAP_TYPE_SOCKMAP,
} from "../uapi.ts";
import { checkPtrAlignment } from "./alignment.ts";
import { checkRegType } from "./arg-types.ts";
import { markChainPrecision } from "./backtrack.ts";
import { checkConstStr } from "./const-str.ts";
import { isDynptrAcquired, processDynptrFunc } from "./dynptr.ts";
import type { VerifierEnv } from "./env.ts";
import type { FuncProto } from "./func-proto.ts";
import * as arg from "./func-proto.ts";
import { isInRbtreeCallback } from "./graph.ts";
import { checkHelperMemAccess, checkMemSizeReg, constantMapKey } from "./helper-memory.ts";
import { type Int64, ZERO } from "./int64.ts";
import { processKptrFunc } from "./kptr.ts";
import { checkMapFieldPointer } from "./map-field-pointer.ts";
import { checkRegArg, isPointerValue, SRC_OP } from "./reg-arg.ts";
import { isNullReg, type Reg } from "./reg-state.ts";
import * as reg from "./reg-type.ts";
import { baseType, typeIsPktPointer, typeMayBeNull } from "./reg-type.ts";
import { BPF_READ, BPF_WRITE, checkPtrOffReg, mayAccessPacket } from "./region-access.ts";
import { processSpinLock, SPIN_LOCK, SPIN_UNLOCK } from "./spin-lock.ts";
import type { RawMode } from "./stack-access.ts";
import { tnumIsConst } from "./tnum.ts";
import type { VerifierMap } from "./verifier-input.ts";

/** What the arguments of one call say together. @linux kernel/bpf/verifier.c `struct bpf_call_arg_meta` (6.18) */
export class CallMeta implements RawMode {
  readonly funcId: number;
  map: VerifierMap | null = null;
  mapUid = 0;
  isRaw = false;
  accessSize = 0;
  regno = 0;
  /** The register whose object is given back. */
  releaseRegno = 0;
  refObjId = 0;
  memSize = 0;
  /** Whose memory the result is a slice of. */
  dynptrId = 0;
  /** The largest size that an argument may be. */
  msizeMax: Int64 = ZERO;
  /** The function that the helper calls. */
  subprogno = 0;
  /** The key of an array, if it is known. */
  constMapKey: Int64 | undefined = undefined;
  /** The pointer in a value that is exchanged. */
  kptrField: BtfField | undefined = undefined;
  /** What the object is of which the helper finds that of one CPU. */
  percpuObject: Pick<Reg, "btfType" | "btf" | "btfId"> | undefined = undefined;

  constructor(funcId: number) {
    this.funcId = funcId;
  }
}

/** @linux kernel/bpf/verifier.c `check_func_arg` (6.18) */
export function checkFuncArg(
  env: VerifierEnv,
  index: number,
  meta: CallMeta,
  proto: FuncProto,
): 0 | number {
  const regno = index + 1;
  let argType = proto.args[index]!;
  let err = checkRegArg(env, regno, SRC_OP);
  if (err !== 0) return err;
  if (argType === arg.ARG_ANYTHING) {
    if (!isPointerValue(env, regno)) return 0;
    env.verbose(`R${regno} leaks addr into helper function\n`);
    return -EACCES;
  }
  const given = env.frame.reg(regno);
  if (typeIsPktPointer(given.type) && !mayAccessPacket(env, BPF_READ, proto.pktAccess === true)) {
    env.verbose("helper access to the packet is not allowed\n");
    return -EACCES;
  }
  if (baseType(argType) === arg.ARG_PTR_TO_MAP_VALUE) {
    const resolved = resolveMapArgType(env, meta, argType);
    if (resolved < 0) return resolved;
    argType = resolved;
  }
  if (!isNullReg(given) || !typeMayBeNull(argType)) {
    err = checkRegType(
      env,
      regno,
      argType,
      meta.funcId,
      proto.argBtf?.[index] ?? "",
      meta.kptrField,
    );
    if (err === 0) err = checkArgOffset(env, regno, argType);
    if (err !== 0) return err;
  }
  if ((argType & reg.OBJ_RELEASE) !== 0) {
    if (baseType(argType) === arg.ARG_PTR_TO_DYNPTR) {
      err = checkReleasedDynptr(env, given, regno);
      if (err !== 0) return err;
    } else if (given.refObjId === 0 && !isNullReg(given)) {
      env.verbose(`R${regno} must be referenced when passed to release function\n`);
      return -EINVAL;
    }
    meta.releaseRegno = regno;
  }
  // The object that a pointer is put into may be held, too.
  if (given.refObjId !== 0 && baseType(argType) !== arg.ARG_KPTR_XCHG_DEST) {
    if (meta.refObjId !== 0) {
      env.verbose(`more than one arg with ref_obj_id R${regno} ${given.refObjId} ${meta.refObjId}`);
      return -EACCES;
    }
    meta.refObjId = given.refObjId;
  }
  return checkArgContents(env, index, meta, proto, argType, given);
}

/** Only what lies on the stack and was acquired can be given back. */
function checkReleasedDynptr(env: VerifierEnv, given: Reg, regno: number): 0 | number {
  if (given.type !== reg.PTR_TO_STACK) {
    env.verbose("cannot release unowned const bpf_dynptr\n");
    return -EINVAL;
  }
  if (isDynptrAcquired(env, given)) return 0;
  env.verbose(`arg ${regno} is an unacquired reference\n`);
  return -EINVAL;
}

/** What the argument points to. */
function checkArgContents(
  env: VerifierEnv,
  index: number,
  meta: CallMeta,
  proto: FuncProto,
  argType: number,
  given: Reg,
): 0 | number {
  const regno = index + 1;
  const access = accessOf(argType);
  switch (baseType(argType)) {
    case arg.ARG_CONST_MAP_PTR:
      if (meta.map !== null && (meta.map !== given.map || meta.mapUid !== given.mapUid)) {
        env.verbose(
          `timer pointer in R1 map_uid=${meta.mapUid} doesn't match map pointer in R2 map_uid=${given.mapUid}\n`,
        );
        return -EINVAL;
      }
      meta.map = given.map;
      meta.mapUid = given.mapUid;
      return 0;
    case arg.ARG_PTR_TO_MAP_KEY:
      return checkMapKey(env, regno, meta);
    case arg.ARG_PTR_TO_MAP_VALUE: {
      if (typeMayBeNull(argType) && isNullReg(given)) return 0;
      if (meta.map === null) return missingMap(env);
      meta.isRaw = (argType & reg.MEM_UNINIT) !== 0;
      return checkHelperMemAccess(env, regno, meta.map.valueSize, access, false, meta);
    }
    case arg.ARG_PTR_TO_SPIN_LOCK: {
      const isLock = meta.funcId === BPF_FUNC_SPIN_LOCK;
      if (isInRbtreeCallback(env)) {
        env.verbose("can't spin_{lock,unlock} in rbtree cb\n");
        return -EACCES;
      }
      return processSpinLock(env, regno, isLock ? SPIN_LOCK : SPIN_UNLOCK);
    }
    case arg.ARG_PTR_TO_TIMER: {
      const err = checkMapFieldPointer(env, regno, BPF_TIMER);
      meta.map = given.map;
      meta.mapUid = given.mapUid;
      return err;
    }
    case arg.ARG_PTR_TO_MEM: {
      // Of which size is said by the next argument.
      meta.isRaw = (argType & reg.MEM_UNINIT) !== 0;
      if ((argType & reg.MEM_FIXED_SIZE) === 0) return 0;
      const size = proto.argSizes![index]!;
      const err = checkHelperMemAccess(env, regno, size, access, false, meta);
      if (err !== 0 || (argType & reg.MEM_ALIGNED) === 0) return err;
      return checkPtrAlignment(env, env.frame.reg(regno), 0, size, true);
    }
    case arg.ARG_CONST_SIZE:
    case arg.ARG_CONST_SIZE_OR_ZERO: {
      meta.msizeMax = given.umax;
      const isZeroOk = argType === arg.ARG_CONST_SIZE_OR_ZERO;
      return checkMemSizeReg(env, regno, accessOf(proto.args[index - 1]!), isZeroOk, meta);
    }
    case arg.ARG_CONST_ALLOC_SIZE_OR_ZERO:
      if (!tnumIsConst(given.varOff)) {
        env.verbose(`R${regno} is not a known constant'\n`);
        return -EACCES;
      }
      meta.memSize = given.varOff.value.lo >>> 0;
      return markChainPrecision(env, regno);
    case arg.ARG_PTR_TO_FUNC:
      meta.subprogno = given.subprogno;
      return 0;
    case arg.ARG_PTR_TO_CONST_STR:
      return checkConstStr(env, regno);
    case arg.ARG_KPTR_XCHG_DEST:
      return takeKptrField(env, regno, meta);
    case arg.ARG_PTR_TO_DYNPTR:
      return processDynptrFunc(env, regno, env.insnIdx, argType, 0);
    default:
      return 0;
  }
}

function accessOf(argType: number): number {
  return (argType & reg.MEM_WRITE) !== 0 ? BPF_WRITE : BPF_READ;
}

function missingMap(env: VerifierEnv): number {
  env.verifierBug("invalid map_ptr to access map->key");
  return -EFAULT;
}

function checkMapKey(env: VerifierEnv, regno: number, meta: CallMeta): 0 | number {
  const { map } = meta;
  if (map === null) return missingMap(env);
  const err = checkHelperMemAccess(env, regno, map.keySize, BPF_READ, false, null);
  if (err !== 0 || !canElideValueNullness(map)) return err;
  const found = constantMapKey(env, regno, map.keySize);
  if (found === undefined) return 0;
  if ("err" in found) return found.err;
  meta.constMapKey = found.key;
  return 0;
}

function takeKptrField(env: VerifierEnv, regno: number, meta: CallMeta): 0 | number {
  const field = processKptrFunc(env, regno);
  if (typeof field === "number") return field;
  meta.map = env.frame.reg(regno).map;
  meta.kptrField = field;
  return 0;
}

/**
 * Every index of an array has a value, unless it may stand for arrays of other lengths.
 *
 * @linux kernel/bpf/verifier.c `can_elide_value_nullness` (6.18)
 */
export function canElideValueNullness({ type, flags }: VerifierMap): boolean {
  if ((flags & BPF_F_INNER_MAP) !== 0) return false;
  return type === BPF_MAP_TYPE_ARRAY || type === BPF_MAP_TYPE_PERCPU_ARRAY;
}

/** Some maps take other things as values. @linux kernel/bpf/verifier.c `resolve_map_arg_type` (6.18) */
function resolveMapArgType(env: VerifierEnv, meta: CallMeta, argType: number): number {
  switch (meta.map?.type) {
    case undefined:
      return missingMap(env);
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_SOCKHASH:
      if (argType === arg.ARG_PTR_TO_MAP_VALUE) return arg.ARG_PTR_TO_BTF_ID_SOCK_COMMON;
      env.verbose("invalid arg_type for sockmap/sockhash\n");
      return -EINVAL;
    case BPF_MAP_TYPE_BLOOM_FILTER:
      return meta.funcId === BPF_FUNC_MAP_PEEK_ELEM ? arg.ARG_PTR_TO_MAP_VALUE : argType;
    default:
      return argType;
  }
}

/** Pointers to these may be moved; others must be as they came. */
const MAY_BE_MOVED: ReadonlySet<number> = new Set([
  reg.PTR_TO_STACK,
  reg.PTR_TO_PACKET,
  reg.PTR_TO_PACKET_META,
  reg.PTR_TO_MAP_KEY,
  reg.PTR_TO_MAP_VALUE,
  reg.PTR_TO_MEM,
  reg.PTR_TO_MEM | reg.MEM_RDONLY,
  reg.PTR_TO_MEM | reg.MEM_RINGBUF,
  reg.PTR_TO_BUF,
  reg.PTR_TO_BUF | reg.MEM_RDONLY,
  reg.PTR_TO_ARENA,
  reg.SCALAR_VALUE,
]);

/** These may have a fixed offset. */
const MAY_HAVE_OFFSET: ReadonlySet<number> = new Set([
  reg.PTR_TO_BTF_ID,
  reg.PTR_TO_BTF_ID | reg.MEM_ALLOC,
  reg.PTR_TO_BTF_ID | reg.PTR_TRUSTED,
  reg.PTR_TO_BTF_ID | reg.MEM_RCU,
  reg.PTR_TO_BTF_ID | reg.MEM_ALLOC | reg.NON_OWN_REF,
  reg.PTR_TO_BTF_ID | reg.MEM_ALLOC | reg.NON_OWN_REF | reg.MEM_RCU,
]);

/** @linux kernel/bpf/verifier.c `check_func_arg_reg_off` (6.18) */
export function checkArgOffset(env: VerifierEnv, regno: number, argType: number): 0 | number {
  const given = env.frame.reg(regno);
  if ((argType & reg.OBJ_RELEASE) !== 0) {
    if (baseType(argType) === arg.ARG_PTR_TO_DYNPTR && given.type === reg.PTR_TO_STACK) return 0;
    if (given.off !== 0) {
      env.verbose(
        `R${regno} must have zero offset when passed to release func or trusted arg to kfunc\n`,
      );
      return -EINVAL;
    }
    return checkPtrOffReg(env, given, regno);
  }
  if (MAY_BE_MOVED.has(given.type)) return 0;
  return checkPtrOffReg(env, given, regno, MAY_HAVE_OFFSET.has(given.type));
}
