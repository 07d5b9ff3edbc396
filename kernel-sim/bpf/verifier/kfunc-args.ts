/** The arguments of a call of a function of the kernel, one by one. */
import { EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import {
  BPF_LIST_HEAD,
  BPF_RB_ROOT,
  BPF_REFCOUNT,
  BPF_TASK_WORK,
  BPF_WORKQUEUE,
} from "../btf/field-types.ts";
import { BTF_KIND_PTR, BTF_KIND_STRUCT, type BtfParam, type BtfType } from "../btf/kinds.ts";
import { btfTypeStr } from "../btf/type-text.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { BPF_DYNPTR_TYPE_INVALID } from "../dynptr.ts";
import { KF_RCU, KF_RELEASE } from "../kfuncs/kfunc-flags.ts";
import { BPF_ATTACH_TYPE_NAMES, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_TRACING } from "../uapi.ts";
import { markChainPrecision } from "./backtrack.ts";
import { regBtfRecord } from "./btf-record.ts";
import { checkConstStr } from "./const-str.ts";
import { dynptrRegOf, dynptrTypeFlag, dynptrTypeOf, processDynptrFunc } from "./dynptr.ts";
import type { VerifierEnv } from "./env.ts";
import { checkArgOffset } from "./func-arg.ts";
import { ARG_DONTCARE, ARG_PTR_TO_DYNPTR } from "./func-proto.ts";
import { isInRbtreeCallback, processGraphNode, processGraphRoot } from "./graph.ts";
import { checkHelperMemAccess, checkMemSizeReg } from "./helper-memory.ts";
import { processIrqFlag } from "./irq-flag.ts";
import { processIterArg } from "./iterators.ts";
import {
  hasSuffix,
  isConstMemSize,
  type KfuncArgKind,
  kfuncArgKind,
  typeText,
} from "./kfunc-arg-kind.ts";
import type { KfuncMeta } from "./kfunc-call.ts";
import { kernelCtxStruct } from "./kfunc-ctx.ts";
import {
  isNocastAlias,
  isProjectionOf,
  isScalarType,
  reg2BtfStruct,
  structIdsMatch,
  structNameOf,
} from "./kfunc-struct.ts";
import { checkMapFieldPointer } from "./map-field-pointer.ts";
import { markPtrNotNull } from "./null-check.ts";
import { copyOfReg, isNullReg, type Reg } from "./reg-state.ts";
import * as t from "./reg-type.ts";
import { baseType, regTypeStr, typeMayBeNull } from "./reg-type.ts";
import { BPF_READ, BPF_WRITE } from "./region-access.ts";
import { processSpinLock } from "./spin-lock.ts";
import { tnumIsConst } from "./tnum.ts";
import { hasUnsafeModifiers, isTrustedReg, TRUSTED_MODIFIERS } from "./trusted-reg.ts";

const MAX_BPF_FUNC_REG_ARGS = 5;

/** One argument that is a pointer. */
interface PtrArg {
  readonly index: number;
  readonly regno: number;
  readonly param: BtfParam;
  /** What it points to. */
  readonly ref: BtfType;
}

/** @linux kernel/bpf/verifier.c `check_kfunc_args` (6.18) */
export function checkKfuncArgs(env: VerifierEnv, meta: KfuncMeta, insnIdx: number): 0 | number {
  const { params } = meta.kfunc.proto;
  if (params.length > MAX_BPF_FUNC_REG_ARGS) {
    env.verbose(`Function ${meta.name} has ${params.length} > ${MAX_BPF_FUNC_REG_ARGS} args\n`);
    return -EINVAL;
  }
  for (let index = 0; index < params.length; index++) {
    const param = params[index]!;
    if (hasSuffix(param, "__ign")) continue;
    if (hasSuffix(param, "__prog")) continue;
    const type = btfVmlinux().skipModifiers(param.type)!;
    if (isScalarType(type)) {
      const err = checkScalar(env, meta, param, index + 1);
      if (err !== 0) return err;
      continue;
    }
    if (type.kind !== BTF_KIND_PTR) {
      env.verbose(`Unrecognized arg#${index} type ${btfTypeStr(type)}\n`);
      return -EINVAL;
    }
    const ref = btfVmlinux().skipModifiers(type.type)!;
    const kind = checkPtr(env, meta, { index, regno: index + 1, param, ref }, insnIdx);
    if (typeof kind === "number") return kind;
    // The size behind it was looked at with the memory.
    if (kind === "mem-size") index++;
  }
  if (!meta.has(KF_RELEASE) || meta.releaseRegno !== 0) return 0;
  env.verbose(`release kernel function ${meta.name} expects refcounted PTR_TO_BTF_ID\n`);
  return -EINVAL;
}

function checkScalar(
  env: VerifierEnv,
  meta: KfuncMeta,
  param: BtfParam,
  regno: number,
): 0 | number {
  const reg = env.frame.reg(regno);
  if (reg.type !== t.SCALAR_VALUE) {
    env.verbose(`R${regno} is not a scalar\n`);
    return -EINVAL;
  }
  if (!hasSuffix(param, "__k")) return 0;
  const err = noteConstant(env, meta, reg, regno);
  return err !== 0 ? err : markChainPrecision(env, regno);
}

function noteConstant(env: VerifierEnv, meta: KfuncMeta, reg: Reg, regno: number): 0 | number {
  if (meta.isArgConstantFound) {
    env.verifierBug("only one constant argument permitted");
    return -EFAULT;
  }
  if (!tnumIsConst(reg.varOff)) {
    env.verbose(`R${regno} must be a known constant\n`);
    return -EINVAL;
  }
  meta.isArgConstantFound = true;
  meta.argConstant = reg.varOff.value;
  return 0;
}

function checkPtr(
  env: VerifierEnv,
  meta: KfuncMeta,
  arg: PtrArg,
  insnIdx: number,
): KfuncArgKind | number {
  const { index, regno, param, ref } = arg;
  const reg = env.frame.reg(regno);
  const isNullOk = hasSuffix(param, "__nullable");
  const mayBeNull = isNullReg(reg) || typeMayBeNull(reg.type);
  if ((meta.wantsTrustedArgs || meta.has(KF_RCU)) && mayBeNull && !isNullOk) {
    env.verbose(`Possibly NULL pointer passed to trusted arg${index}\n`);
    return -EACCES;
  }
  if (reg.refObjId !== 0) {
    if (meta.has(KF_RELEASE) && meta.refObjId !== 0) {
      env.verifierBug(
        `more than one arg with ref_obj_id R${regno} ${reg.refObjId} ${meta.refObjId}`,
      );
      return -EFAULT;
    }
    meta.refObjId = reg.refObjId;
    if (meta.has(KF_RELEASE)) meta.releaseRegno = regno;
  }
  const kind = kfuncArgKind(env, meta, ref, index);
  if (typeof kind === "number" || kind === "null") return kind;
  let err = checkTrust(env, meta, kind, reg, regno);
  if (err === 0) {
    const isReleased = meta.has(KF_RELEASE) && reg.refObjId !== 0;
    err = checkArgOffset(env, regno, isReleased ? ARG_DONTCARE | t.OBJ_RELEASE : ARG_DONTCARE);
  }
  if (err === 0) err = checkKind(env, meta, kind, arg, insnIdx);
  return err !== 0 ? err : kind;
}

function checkTrust(
  env: VerifierEnv,
  meta: KfuncMeta,
  kind: KfuncArgKind,
  reg: Reg,
  regno: number,
): 0 | number {
  if (kind !== "map" && kind !== "alloc-obj" && kind !== "btf-id") return 0;
  if (kind === "map") {
    if (isUnionEmpty(reg)) {
      env.verbose(`pointer in R${regno} isn't map pointer\n`);
      return -EINVAL;
    }
    const err = checkSameMap(env, meta, reg);
    if (err !== 0) return err;
    meta.map = reg.map;
    meta.mapUid = reg.mapUid;
  }
  const isRcuOk = meta.has(KF_RCU);
  if ((!meta.wantsTrustedArgs && !isRcuOk) || isTrustedReg(reg)) return 0;
  if (!isRcuOk) {
    env.verbose(`R${regno} must be referenced or trusted\n`);
    return -EINVAL;
  }
  if ((reg.type & t.MEM_RCU) !== 0) return 0;
  env.verbose(`R${regno} must be a rcu pointer\n`);
  return -EINVAL;
}

/** What lies in the value of a map is told that map, and no other. */
function checkSameMap(env: VerifierEnv, meta: KfuncMeta, { map, mapUid }: Reg): 0 | number {
  const { record } = map ?? {};
  if (meta.map === null || record === undefined) return 0;
  if (!record.has(BPF_WORKQUEUE | BPF_TASK_WORK)) return 0;
  if (meta.map === map && meta.mapUid === mapUid) return 0;
  const [what, first, second] = record.has(BPF_TASK_WORK)
    ? ["bpf_task_work", "R2", "R3"]
    : ["workqueue", "R1", "R2"];
  return refuse(
    env,
    `${what} pointer in ${first} map_uid=${meta.mapUid} doesn't match map pointer in ${second} map_uid=${mapUid}`,
  );
}

/** Whether nothing lies where a pointer to a map has its map: Linux takes for one what lies there. */
function isUnionEmpty(reg: Reg): boolean {
  const { range, memSize, dynptrId, object, subprogno, map, btf, btfType } = reg;
  const isNumbered = range !== 0 || memSize !== 0 || dynptrId !== 0 || subprogno !== 0;
  return !isNumbered && object === null && map === null && btf === null && btfType === "";
}

function checkKind(
  env: VerifierEnv,
  meta: KfuncMeta,
  kind: KfuncArgKind,
  arg: PtrArg,
  insnIdx: number,
): 0 | number {
  const { index, regno } = arg;
  const reg = env.frame.reg(regno);
  switch (kind) {
    case "ctx":
      return checkCtx(env, meta, reg, index);
    case "alloc-obj":
      return checkAllocObj(env, meta, reg, index);
    case "dynptr":
      return checkDynptr(env, meta, arg, insnIdx);
    case "iter":
      if (meta.name === "bpf_iter_css_task_new" && !mayIterateCssTasks(env)) {
        env.verbose("css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs\n");
        return -EINVAL;
      }
      return processIterArg(env, regno, insnIdx, meta);
    case "map":
    case "btf-id":
      return checkBtfId(env, meta, kind, arg);
    case "mem":
      return checkMem(env, arg);
    case "mem-size":
      return checkMemSize(env, meta, arg);
    case "callback":
      if (reg.type !== t.PTR_TO_FUNC) {
        env.verbose(`arg${index} expected pointer to func\n`);
        return -EINVAL;
      }
      meta.subprogno = reg.subprogno;
      return 0;
    case "const-str":
      if (reg.type === t.PTR_TO_MAP_VALUE) return checkConstStr(env, regno);
      env.verbose(`arg#${index} doesn't point to a const string\n`);
      return -EINVAL;
    case "irq-flag":
      if (reg.type === t.PTR_TO_STACK) return processIrqFlag(env, regno, meta);
      env.verbose(`arg#${index} doesn't point to an irq flag on stack\n`);
      return -EINVAL;
    default:
      return checkField(env, meta, kind, regno);
  }
}

const ALLOCATED = t.PTR_TO_BTF_ID | t.MEM_ALLOC;

/** Fields of map values and of objects of the program's own types. */
function checkField(
  env: VerifierEnv,
  meta: KfuncMeta,
  kind: KfuncArgKind,
  regno: number,
): 0 | number {
  switch (kind) {
    case "list-head":
      return checkRoot(env, regno) || processGraphRoot(env, regno, meta, BPF_LIST_HEAD);
    case "rb-root":
      return checkRoot(env, regno) || processGraphRoot(env, regno, meta, BPF_RB_ROOT);
    case "list-node":
      return checkOwned(env, regno) || processGraphNode(env, regno, meta, BPF_LIST_HEAD);
    case "rb-node":
      return checkRbNode(env, meta, regno) || processGraphNode(env, regno, meta, BPF_RB_ROOT);
    case "refcounted-kptr":
      return checkRefcounted(env, meta, regno);
    case "res-spin-lock":
      return checkResLock(env, meta, regno);
    default:
      return checkValueField(env, meta, kind, regno);
  }
}

function refuse(env: VerifierEnv, message: string): number {
  env.verbose(`${message}\n`);
  return -EINVAL;
}

function checkRoot(env: VerifierEnv, regno: number): 0 | number {
  const { type, refObjId } = env.frame.reg(regno);
  if (type !== t.PTR_TO_MAP_VALUE && type !== ALLOCATED) {
    return refuse(env, `arg#${regno - 1} expected pointer to map value or allocated object`);
  }
  if (type !== ALLOCATED || refObjId !== 0) return 0;
  return refuse(env, "allocated object must be referenced");
}

function checkOwned(env: VerifierEnv, regno: number): 0 | number {
  const { type, refObjId } = env.frame.reg(regno);
  if (type !== ALLOCATED) {
    return refuse(env, `arg#${regno - 1} expected pointer to allocated object`);
  }
  return refObjId !== 0 ? 0 : refuse(env, "allocated object must be referenced");
}

function checkRbNode(env: VerifierEnv, { name }: KfuncMeta, regno: number): 0 | number {
  if (name === "bpf_rbtree_add_impl") return checkOwned(env, regno);
  const { type, refObjId } = env.frame.reg(regno);
  if ((type & t.NON_OWN_REF) === 0 && refObjId === 0) {
    return refuse(env, `${name} can only take non-owning or refcounted bpf_rb_node pointer`);
  }
  return isInRbtreeCallback(env) ? refuse(env, `${name} not allowed in rbtree cb`) : 0;
}

function checkRefcounted(env: VerifierEnv, meta: KfuncMeta, regno: number): 0 | number {
  const reg = env.frame.reg(regno);
  if (!t.typeIsPtrAllocObj(reg.type)) {
    return refuse(env, `arg#${regno - 1} is neither owning or non-owning ref`);
  }
  if ((reg.type & t.NON_OWN_REF) === 0) meta.isArgOwningRef = true;
  const record = regBtfRecord(reg);
  if (record === undefined) {
    env.verifierBug("Couldn't find btf_record");
    return -EFAULT;
  }
  if (!record.has(BPF_REFCOUNT)) {
    return refuse(env, `arg#${regno - 1} doesn't point to a type with bpf_refcount field`);
  }
  meta.argBtf = reg.btf;
  meta.argBtfId = reg.btfId;
  return 0;
}

function checkResLock(env: VerifierEnv, { name }: KfuncMeta, regno: number): 0 | number {
  const { type } = env.frame.reg(regno);
  if (type !== t.PTR_TO_MAP_VALUE && type !== ALLOCATED) {
    return refuse(env, `arg#${regno - 1} doesn't point to map value or allocated object`);
  }
  const isLock = name.startsWith("bpf_res_spin_lock");
  return processSpinLock(env, regno, { isLock, isRes: true, isIrq: name.includes("_irq") });
}

function checkValueField(
  env: VerifierEnv,
  meta: KfuncMeta,
  kind: KfuncArgKind,
  regno: number,
): 0 | number {
  const { map, mapUid } = env.frame.reg(regno);
  if (env.frame.reg(regno).type !== t.PTR_TO_MAP_VALUE) {
    return refuse(env, `arg#${regno - 1} doesn't point to a map value`);
  }
  const type = kind === "workqueue" ? BPF_WORKQUEUE : BPF_TASK_WORK;
  const err = checkMapFieldPointer(env, regno, type);
  if (err === 0) Object.assign(meta, { map, mapUid });
  return err;
}

/** What the kernel takes for the context of programs that have none: `void *`. */

function checkCtx(env: VerifierEnv, meta: KfuncMeta, { type }: Reg, index: number): 0 | number {
  if (type !== t.PTR_TO_CTX) {
    env.verbose(`arg#${index} expected pointer to ctx, but got ${regTypeStr(type)}\n`);
    return -EINVAL;
  }
  if (meta.name !== "bpf_cast_to_kern_ctx") return 0;
  const struct = kernelCtxStruct(env.progType);
  if (struct === undefined) {
    env.verbose(`kern ctx type id ${btfVmlinux().ptrTo(0)?.id ?? 0} is not a struct\n`);
    return -EINVAL;
  }
  meta.retStruct = struct;
  return 0;
}

function checkAllocObj(
  env: VerifierEnv,
  meta: KfuncMeta,
  { type, refObjId, btf, btfId }: Reg,
  index: number,
): 0 | number {
  const isPercpu = type === (ALLOCATED | t.MEM_PERCPU);
  if (type !== ALLOCATED && !isPercpu) {
    env.verbose(`arg#${index} expected pointer to allocated object\n`);
    return -EINVAL;
  }
  const drop = isPercpu ? "bpf_percpu_obj_drop_impl" : "bpf_obj_drop_impl";
  if (meta.name !== drop) {
    env.verbose(`arg#${index} expected for ${drop}()\n`);
    return -EINVAL;
  }
  meta.argBtf = btf;
  meta.argBtfId = btfId;
  return refObjId !== 0 ? 0 : refuse(env, "allocated object must be referenced");
}

const DYNPTR_MAKERS: Readonly<Record<string, number>> = {
  bpf_dynptr_from_skb: t.DYNPTR_TYPE_SKB,
  bpf_dynptr_from_xdp: t.DYNPTR_TYPE_XDP,
  bpf_dynptr_from_skb_meta: t.DYNPTR_TYPE_SKB_META,
};

function checkDynptr(
  env: VerifierEnv,
  meta: KfuncMeta,
  { regno, param }: PtrArg,
  insnIdx: number,
): 0 | number {
  const reg = env.frame.reg(regno);
  const isUninit = hasSuffix(param, "__uninit");
  let argType = ARG_PTR_TO_DYNPTR | (DYNPTR_MAKERS[meta.name] ?? 0);
  if (reg.type === t.CONST_PTR_TO_DYNPTR) argType |= t.MEM_RDONLY;
  if (isUninit) argType |= t.MEM_UNINIT;
  let cloneRefObjId = 0;
  if (meta.name === "bpf_dynptr_clone" && isUninit) {
    if (meta.dynptr.type === BPF_DYNPTR_TYPE_INVALID) {
      env.verifierBug("no dynptr type for parent of clone");
      return -EFAULT;
    }
    argType |= dynptrTypeFlag(meta.dynptr.type);
    cloneRefObjId = meta.dynptr.refObjId;
  }
  const err = processDynptrFunc(env, regno, insnIdx, argType, cloneRefObjId);
  if (err !== 0 || isUninit) return err;
  const { id, refObjId } = dynptrRegOf(env, reg);
  meta.dynptr = { id, type: dynptrTypeOf(env, reg), refObjId };
  return 0;
}

/** @linux kernel/bpf/verifier.c `check_css_task_iter_allowlist` (6.18) */
function mayIterateCssTasks({ progType, expectedAttachType, inSleepable }: VerifierEnv): boolean {
  if (progType === BPF_PROG_TYPE_LSM) return true;
  const isIter = expectedAttachType === BPF_ATTACH_TYPE_NAMES.indexOf("trace_iter");
  return (progType === BPF_PROG_TYPE_TRACING && isIter) || inSleepable;
}

function checkBtfId(
  env: VerifierEnv,
  meta: KfuncMeta,
  kind: KfuncArgKind,
  { index, regno, ref }: PtrArg,
): 0 | number {
  const reg = env.frame.reg(regno);
  const { type } = reg;
  const isRcu = (type & t.MEM_RCU) !== 0;
  const isBtf = baseType(type) === t.PTR_TO_BTF_ID && (!hasUnsafeModifiers(type) || isRcu);
  if (!isBtf && reg2BtfStruct(reg) === undefined) {
    const expected = regTypeStr(baseType(type) | (type & TRUSTED_MODIFIERS));
    env.verbose(`arg#${index} is ${regTypeStr(type)} expected ${expected} or socket\n`);
    return -EINVAL;
  }
  const wantedType =
    kind === "map" ? btfVmlinux().findByNameKind("bpf_map", BTF_KIND_STRUCT)! : ref;
  return checkStruct(env, meta, reg, wantedType, index);
}

/** @linux kernel/bpf/verifier.c `process_kf_arg_ptr_to_btf_id` (6.18) */
function checkStruct(
  env: VerifierEnv,
  meta: KfuncMeta,
  reg: Reg,
  wantedType: BtfType,
  index: number,
): 0 | number {
  const given = structNameOf(reg);
  const wanted = btfVmlinux().nameOf(wantedType);
  const isStrict = (meta.has(KF_RELEASE) && reg.refObjId !== 0) || isNocastAlias(given, wanted);
  const isSame = structIdsMatch(given, reg.off, wanted, isStrict, (text) => env.verbose(text));
  if (isSame || isProjectionOf(wanted, given)) return 0;
  env.verbose(
    `kernel function ${meta.name} args#${index} expected pointer to ${typeText(wantedType)} but R${index + 1} has a pointer to STRUCT ${given}\n`,
  );
  return -EINVAL;
}

/** Looks at memory as if the pointer were not null. */
function asNotNull(env: VerifierEnv, regno: number, check: () => 0 | number): 0 | number {
  if (!typeMayBeNull(env.frame.reg(regno).type)) return check();
  const saved = copyOfReg(env.frame.reg(regno));
  markPtrNotNull(env.frame.own(regno));
  const err = check();
  env.frame.own(regno).assign(saved);
  return err;
}

/** @linux kernel/bpf/verifier.c `check_mem_reg` (6.18) */
function checkMem(env: VerifierEnv, { index, regno, ref }: PtrArg): 0 | number {
  const resolved = btfVmlinux().resolveSize(ref);
  if (resolved === undefined) {
    env.verbose(`arg#${index} reference type('${typeText(ref)}') size cannot be determined: -22\n`);
    return -EINVAL;
  }
  if (isNullReg(env.frame.reg(regno))) return 0;
  const access = (kind: number) =>
    checkHelperMemAccess(env, regno, resolved.size, kind, true, null);
  return asNotNull(env, regno, () => access(BPF_READ) || access(BPF_WRITE));
}

function checkMemSize(
  env: VerifierEnv,
  meta: KfuncMeta,
  { index, regno, param }: PtrArg,
): 0 | number {
  const sizeRegno = regno + 1;
  const isLeftOut = isNullReg(env.frame.reg(regno)) && hasSuffix(param, "__opt");
  if (!isLeftOut) {
    const raw = { isRaw: false, accessSize: 0, regno: 0 };
    const access = (kind: number) => checkMemSizeReg(env, sizeRegno, kind, true, raw);
    const err = asNotNull(env, regno, () => access(BPF_READ) || access(BPF_WRITE));
    if (err !== 0) {
      env.verbose(
        `arg#${index} arg#${index + 1} memory, len pair leads to invalid memory access\n`,
      );
      return err;
    }
  }
  const sizeParam = meta.kfunc.proto.params[index + 1]!;
  if (!isConstMemSize(env, sizeParam, sizeRegno)) return 0;
  return noteConstant(env, meta, env.frame.reg(sizeRegno), sizeRegno);
}
