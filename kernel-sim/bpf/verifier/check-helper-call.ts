/** A call of a helper: may this program call it, are the arguments right, and what comes back? */
import type { Insn } from "../../api.ts";
import { EACCES, EINVAL, ENOTSUPP } from "../../include/errno.ts";
import { BPF_DYNPTR_TYPE_SKB, BPF_DYNPTR_TYPE_SKB_META } from "../dynptr.ts";
import { BPF_B } from "../isa.ts";
import {
  BPF_FUNC_DYNPTR_DATA,
  BPF_FUNC_DYNPTR_FROM_MEM,
  BPF_FUNC_DYNPTR_WRITE,
  BPF_FUNC_GET_FUNC_IP,
  BPF_FUNC_GET_LOCAL_STORAGE,
  BPF_FUNC_GET_SMP_PROCESSOR_ID,
  BPF_FUNC_MAP_LOOKUP_ELEM,
  BPF_FUNC_NAMES,
  BPF_FUNC_PER_CPU_PTR,
  BPF_FUNC_SET_RETVAL,
  BPF_FUNC_SNPRINTF,
  BPF_FUNC_TAIL_CALL,
  BPF_FUNC_THIS_CPU_PTR,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MODIFY_RETURN,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_TRACING,
  BPF_TRACE_FENTRY,
  BPF_TRACE_FEXIT,
} from "../uapi.ts";
import { markChainPrecision } from "./backtrack.ts";
import { regBoundsSanityCheck, regBoundsSync } from "./bounds.ts";
import { mayPointToSpinLock } from "./btf-record.ts";
import { checkHelperCallback } from "./callbacks.ts";
import { checkSnprintfCall } from "./const-str.ts";
import { dynptrRegOf, dynptrTypeOf, unmarkStackSlotsDynptr } from "./dynptr.ts";
import { returnEarly } from "./early-return.ts";
import type { VerifierEnv } from "./env.ts";
import { clearAllPktPointers } from "./forget-regs.ts";
import { CallMeta, canElideValueNullness, checkFuncArg } from "./func-arg.ts";
import {
  ARG_PTR_TO_DYNPTR,
  type FuncProto,
  RET_INTEGER,
  RET_PTR_TO_BTF_ID,
  RET_PTR_TO_MAP_VALUE,
  RET_PTR_TO_MEM,
  RET_PTR_TO_SOCK_COMMON,
  RET_PTR_TO_SOCKET,
  RET_PTR_TO_TCP_SOCK,
  RET_VOID,
} from "./func-proto.ts";
import {
  helperAcquires,
  helperCasts,
  helperChangesPktData,
  helperName,
  helpersNamed,
} from "./helper-traits.ts";
import { fromS32, isNegative, ZERO } from "./int64.ts";
import { setExchanged } from "./kptr.ts";
import { isVoidCgroupHook } from "./lsm-hooks.ts";
import { checkMapFuncCompatibility } from "./map-compat.ts";
import { checkMemAccess } from "./mem-access.ts";
import { acquireReference, checkResourceLeak, releaseReference } from "./references.ts";
import { clearCallerSavedRegs, markRegUnknown } from "./reg-arg.ts";
import { isConstReg, isNullReg } from "./reg-state.ts";
import {
  baseType,
  MEM_ALLOC,
  MEM_RCU,
  NOT_INIT,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  regTypeStr,
  typeMayBeNull,
} from "./reg-type.ts";
import { BPF_WRITE } from "./region-access.ts";
import { checkHelperSections } from "./sections.ts";
import type { VerifierMap } from "./verifier-input.ts";

const BPF_F_RDONLY_PROG = 1 << 7;
const R0 = 0;

/** @linux kernel/bpf/verifier.c `check_helper_call` (6.18) */
export function checkHelperCall(env: VerifierEnv, insn: Insn, insnIdx: number): 0 | number {
  const id = insn.imm;
  const proto = protoOf(env, id);
  if (typeof proto === "number") return proto;
  const meta = new CallMeta(id);
  for (let i = 0; i < proto.args.length; i++) {
    const err = checkFuncArg(env, i, meta, proto);
    if (err !== 0) return err;
  }
  noteCalledMap(env, insnIdx, meta.map);
  let err = checkFuncMap(env, meta);
  if (err === 0) err = checkTailCallKey(env, meta);
  if (err === 0) err = fillRawMemory(env, meta, insnIdx);
  if (err === 0) err = releaseArg(env, proto, meta);
  if (err === 0) err = checkSpecialHelper(env, id, meta);
  if (err === 0) err = checkHelperCallback(env, insn, meta.subprogno, meta.map);
  if (err !== 0) return err;
  const changesPktData = helperChangesPktData(id) || writesPacketDynptr(env, id);
  clearCallerSavedRegs(env);
  err = setResult(env, proto, meta, insnIdx);
  if (err === 0) err = checkMapFuncCompatibility(env, meta.map, id);
  if (err === 0) err = checkGetFuncIp(env, id);
  if (err !== 0) return err;
  if (id === BPF_FUNC_TAIL_CALL) return followTailCall(env);
  if (changesPktData) clearAllPktPointers(env);
  return 0;
}

/** From a function, a tail call that works comes back to its caller, with the packet somewhere else. */
function followTailCall(env: VerifierEnv): 0 | number {
  return returnEarly(env, () => {
    clearAllPktPointers(env);
    markRegUnknown(env, R0);
  });
}

/** The prototype, or why the program may not call it. */
function protoOf(env: VerifierEnv, id: number): FuncProto | number {
  if (id < 0 || id >= BPF_FUNC_NAMES.length) {
    env.verbose(`invalid func ${helperName(id)}#${id}\n`);
    return -EINVAL;
  }
  const proto = env.ops?.helper(id, env);
  if (proto === undefined) {
    env.verbose(`program of this type cannot use helper ${helperName(id)}#${id}\n`);
    return -EINVAL;
  }
  if (!env.isGplCompatible && proto.gplOnly === true) {
    env.verbose("cannot call GPL-restricted function from non-GPL compatible program\n");
    return -EINVAL;
  }
  if (proto.isAllowed?.(env) === false) {
    env.verbose("helper call is not allowed in probe\n");
    return -EINVAL;
  }
  if (!env.inSleepable && proto.mightSleep === true) {
    env.verbose("helper call might sleep in a non-sleepable prog\n");
    return -EINVAL;
  }
  const text = `${helperName(id)}#${id}`;
  const err = checkHelperSections(env, text, proto.mightSleep === true);
  return err !== 0 ? err : proto;
}

/** Only the lookup in a map that is always the same can be inlined. @linux kernel/bpf/verifier.c `bpf_map_ptr_store` (6.18) */
function noteCalledMap(env: VerifierEnv, insnIdx: number, map: VerifierMap | null): void {
  const aux = env.aux[insnIdx]!;
  const isOther = aux.calledMap !== undefined && aux.calledMap !== map;
  aux.calledMap = isOther ? null : map;
}

const WRITERS = helpersNamed("map_update_elem", "map_delete_elem", "map_push_elem", "map_pop_elem");

/** Maps that programs must not change. @linux kernel/bpf/verifier.c `record_func_map` (6.18) */
function checkFuncMap(env: VerifierEnv, { funcId, map }: CallMeta): 0 | number {
  if (map === null || (map.flags & BPF_F_RDONLY_PROG) === 0 || !WRITERS.has(funcId)) return 0;
  env.verbose("write into map forbidden\n");
  return -EACCES;
}

/** A tail call to a known index becomes a jump. @linux kernel/bpf/verifier.c `record_func_key` (6.18) */
function checkTailCallKey(env: VerifierEnv, { funcId, map }: CallMeta): 0 | number {
  if (funcId !== BPF_FUNC_TAIL_CALL) return 0;
  if (map === null || map.type !== BPF_MAP_TYPE_PROG_ARRAY) {
    env.verbose("expected prog array map for tail call");
    return -EINVAL;
  }
  const key = env.frame.reg(INDEX_REGNO);
  if (!isConstReg(key, false) || key.varOff.value.hi !== 0) return 0;
  if (key.varOff.value.lo >>> 0 >= map.maxEntries) return 0;
  return markChainPrecision(env, INDEX_REGNO);
}

/** What index a tail call takes. */
const INDEX_REGNO = 3;

/** The helper writes memory that nobody had written before. */
function fillRawMemory(env: VerifierEnv, meta: CallMeta, insnIdx: number): 0 | number {
  for (let i = 0; i < meta.accessSize; i++) {
    const err = checkMemAccess(env, insnIdx, meta.regno, i, BPF_B, BPF_WRITE, -1, false, false);
    if (err !== 0) return err;
  }
  return 0;
}

function releaseArg(env: VerifierEnv, { args }: FuncProto, meta: CallMeta): 0 | number {
  const { funcId, releaseRegno, refObjId } = meta;
  if (releaseRegno === 0) return 0;
  let err = -EINVAL;
  if (baseType(args[releaseRegno - 1]!) === ARG_PTR_TO_DYNPTR) {
    err = unmarkStackSlotsDynptr(env, env.frame.reg(releaseRegno));
  } else if (refObjId !== 0) err = releaseReference(env, refObjId);
  else if (isNullReg(env.frame.reg(releaseRegno))) err = 0;
  if (err !== 0) {
    env.verbose(`func ${helperName(funcId)}#${funcId} reference has not been acquired before\n`);
  }
  return err;
}

function checkSpecialHelper(env: VerifierEnv, id: number, meta: CallMeta): 0 | number {
  if (id === BPF_FUNC_TAIL_CALL) return checkResourceLeak(env, false, true, "tail_call");
  if (id === BPF_FUNC_DYNPTR_FROM_MEM) return checkDynptrFromMem(env);
  if (id === BPF_FUNC_DYNPTR_DATA) {
    const dynptr = dynptrRegOf(env, env.frame.reg(1));
    meta.dynptrId = dynptr.id;
    meta.refObjId = dynptr.refObjId;
    return 0;
  }
  if (id === BPF_FUNC_PER_CPU_PTR || id === BPF_FUNC_THIS_CPU_PTR) {
    const { type, btfType, btf, btfId } = env.frame.reg(1);
    if ((type & MEM_RCU) !== 0) {
      meta.percpuObject = { btfType, btf, btfId };
      env.aux[env.insnIdx]!.takesPercpuObject = true;
    }
    return 0;
  }
  if (id === BPF_FUNC_GET_LOCAL_STORAGE && !isNullReg(env.frame.reg(2))) {
    env.verbose("get_local_storage() doesn't support non-zero flags\n");
    return -EINVAL;
  }
  if (id === BPF_FUNC_SET_RETVAL && isVoidCgroupHook(env)) {
    env.verbose("BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n");
    return -EINVAL;
  }
  return id === BPF_FUNC_SNPRINTF ? checkSnprintfCall(env) : 0;
}

/** @linux kernel/bpf/verifier.c `check_helper_call` (6.18) */
function checkDynptrFromMem(env: VerifierEnv): 0 | number {
  const { type } = env.frame.reg(1);
  if (type === PTR_TO_MAP_VALUE) return 0;
  env.verbose(`Unsupported reg type ${regTypeStr(type)} for bpf_dynptr_from_mem data\n`);
  return -EACCES;
}

/** A write through a dynptr may move the packet, as a helper for packets does. */
function writesPacketDynptr(env: VerifierEnv, id: number): boolean {
  if (id !== BPF_FUNC_DYNPTR_WRITE) return false;
  const type = dynptrTypeOf(env, env.frame.reg(1));
  return type === BPF_DYNPTR_TYPE_SKB || type === BPF_DYNPTR_TYPE_SKB_META;
}

/** Only what hangs on a function knows its address. @linux kernel/bpf/verifier.c `check_get_func_ip` (6.18) */
function checkGetFuncIp(env: VerifierEnv, id: number): 0 | number {
  const { progType } = env;
  if (id !== BPF_FUNC_GET_FUNC_IP || progType === BPF_PROG_TYPE_KPROBE) return 0;
  const isTracing = progType === BPF_PROG_TYPE_TRACING;
  if (isTracing && hasTrampoline(env)) return 0;
  const where = isTracing
    ? "supported only for fentry/fexit/fmod_ret programs"
    : `not supported for program type ${progType}`;
  env.verbose(`func ${helperName(id)}#${id} ${where}\n`);
  return -ENOTSUPP;
}

/** @linux include/linux/bpf.h `bpf_prog_has_trampoline` (6.18) */
function hasTrampoline({ expectedAttachType }: VerifierEnv): boolean {
  return (
    expectedAttachType === BPF_TRACE_FENTRY ||
    expectedAttachType === BPF_TRACE_FEXIT ||
    expectedAttachType === BPF_MODIFY_RETURN
  );
}

const RESULT_TYPES: Readonly<Record<number, number>> = {
  [RET_PTR_TO_MAP_VALUE]: PTR_TO_MAP_VALUE,
  [RET_PTR_TO_SOCKET]: PTR_TO_SOCKET,
  [RET_PTR_TO_SOCK_COMMON]: PTR_TO_SOCK_COMMON,
  [RET_PTR_TO_TCP_SOCK]: PTR_TO_TCP_SOCK,
  [RET_PTR_TO_MEM]: PTR_TO_MEM,
  [RET_PTR_TO_BTF_ID]: PTR_TO_BTF_ID,
};

/** What r0 holds after the call. */
function setResult(
  env: VerifierEnv,
  { ret, retBtf }: FuncProto,
  meta: CallMeta,
  insnIdx: number,
): 0 | number {
  const kind = baseType(ret);
  if (kind === RET_INTEGER) {
    markRegUnknown(env, R0);
    return refineResult(env, meta);
  }
  const result = env.frame.own(R0);
  if (kind === RET_VOID) {
    result.type = NOT_INIT;
    return 0;
  }
  result.markKnownZero();
  result.type = RESULT_TYPES[kind]! | (ret & ~kind);
  if (kind === RET_PTR_TO_MAP_VALUE) {
    result.map = meta.map;
    result.mapUid = meta.mapUid;
    if (isElementSure(meta)) result.type &= ~PTR_MAYBE_NULL;
  }
  if (kind === RET_PTR_TO_MEM) result.memSize = meta.memSize;
  if (meta.percpuObject !== undefined) {
    // Of an object of the program's each CPU has one: it cannot be missing, and may be written.
    result.type = PTR_TO_BTF_ID | MEM_ALLOC | MEM_RCU;
    Object.assign(result, meta.percpuObject);
  }
  if (meta.kptrField !== undefined) setExchanged(result, meta.kptrField);
  else if (kind === RET_PTR_TO_BTF_ID) result.btfType = retBtf!;
  if (typeMayBeNull(result.type)) result.id = env.newId();
  else if (kind === RET_PTR_TO_MAP_VALUE && mayPointToSpinLock(result)) result.id = env.newId();
  result.dynptrId = meta.dynptrId;
  if (helperCasts(meta.funcId) || meta.funcId === BPF_FUNC_DYNPTR_DATA) {
    result.refObjId = meta.refObjId;
  } else if (helperAcquires(meta.funcId, meta.map)) {
    const id = acquireReference(env, insnIdx);
    result.id = id;
    result.refObjId = id;
  }
  return 0;
}

/** An array has a value at every index that it has. */
function isElementSure({ funcId, map, constMapKey: key }: CallMeta): boolean {
  if (funcId !== BPF_FUNC_MAP_LOOKUP_ELEM || map === null || key === undefined) return false;
  if (!canElideValueNullness(map) || isNegative(key)) return false;
  return key.hi === 0 && key.lo >>> 0 < map.maxEntries;
}

const MAX_ERRNO = 4095;
const ANSWERS_LENGTH = helpersNamed(
  "get_stack",
  "get_task_stack",
  "probe_read_str",
  "probe_read_kernel_str",
  "probe_read_user_str",
);

/** Some helpers answer nothing outside of a range. @linux kernel/bpf/verifier.c `do_refine_retval_range` (6.18) */
function refineResult(env: VerifierEnv, { funcId, msizeMax }: CallMeta): 0 | number {
  const result = env.frame.own(R0);
  if (ANSWERS_LENGTH.has(funcId)) {
    result.smax = msizeMax;
    result.s32Max = msizeMax.lo;
    result.smin = fromS32(-MAX_ERRNO);
    result.s32Min = -MAX_ERRNO;
    regBoundsSync(result);
  } else if (funcId === BPF_FUNC_GET_SMP_PROCESSOR_ID) {
    const last = env.input.cpus - 1;
    const max = fromS32(last);
    result.umax = max;
    result.smax = max;
    result.u32Max = last;
    result.s32Max = last;
    result.umin = ZERO;
    result.smin = ZERO;
    result.u32Min = 0;
    result.s32Min = 0;
    regBoundsSync(result);
  }
  return regBoundsSanityCheck(env, result, "retval");
}
