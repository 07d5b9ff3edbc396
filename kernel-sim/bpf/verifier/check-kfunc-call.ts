/** A call of a function of the kernel: may this program call it here, and what comes back? */
import type { Insn } from "../../api.ts";
import { EACCES, EFAULT, EINVAL, ENOMEM } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_KIND_FWD,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  type BtfStruct,
  type BtfType,
} from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import * as kf from "../kfuncs/kfunc-flags.ts";
import { regBoundsSync } from "./bounds.ts";
import { mayPointToSpinLock } from "./btf-record.ts";
import { pushCallbackCall, setTaskWorkState, setTimerState } from "./callbacks.ts";
import { dynptrTypeFlag } from "./dynptr.ts";
import type { VerifierEnv } from "./env.ts";
import { clearAllPktPointers } from "./forget-regs.ts";
import {
  markRegGraphNode,
  refConvertOwningNonOwning,
  refSetNonOwning,
  setRbtreeAddState,
} from "./graph.ts";
import { fromS32, toBigS } from "./int64.ts";
import { isIterRcu, processIterNextCall } from "./iterators.ts";
import { typeText } from "./kfunc-arg-kind.ts";
import { checkKfuncArgs } from "./kfunc-args.ts";
import { type KfuncMeta, kfuncById, kfuncMetaOf } from "./kfunc-call.ts";
import { isScalarStruct, isScalarType, isStruct } from "./kfunc-struct.ts";
import { pushStack } from "./paths.ts";
import { acquireReference, releaseReference } from "./references.ts";
import { clearCallerSavedRegs, markRegUnknown } from "./reg-arg.ts";
import type { RegState } from "./reg-state.ts";
import * as t from "./reg-type.ts";
import { BPF_WRITE, mayAccessPacket } from "./region-access.ts";
import { checkReturnCode } from "./return-code.ts";
import { checkSections } from "./sections.ts";

const R0 = 0;
const MAX_ERRNO = 4095;

/** @linux kernel/bpf/verifier.c `check_kfunc_call` (6.18) */
export function checkKfuncCall(env: VerifierEnv, insn: Insn, insnIdx: number): 0 | number {
  // A call of nothing, which must be gone in the end.
  if (insn.imm === 0) return 0;
  const meta = kfuncMetaOf(env, insn);
  if (meta === undefined) {
    const name = kfuncById(insn.imm)?.name ?? "";
    env.verbose(`calling kernel function ${name} is not allowed\n`);
    return -EACCES;
  }
  const err =
    checkPlace(env, meta) ||
    checkKfuncArgs(env, meta, insnIdx) ||
    followCallback(env, meta) ||
    checkSections(env, meta.name, meta.has(kf.KF_SLEEPABLE), meta.has(kf.KF_RCU_PROTECTED)) ||
    releaseArg(env, meta) ||
    insertNode(env, meta) ||
    checkThrow(env, meta);
  if (err !== 0) return err;
  clearCallerSavedRegs(env);
  const resultErr = setResult(env, meta, insnIdx);
  if (resultErr !== 0) return resultErr;
  if (meta.name === "bpf_xdp_pull_data") clearAllPktPointers(env);
  return meta.has(kf.KF_ITER_NEXT) ? processIterNextCall(env, insnIdx, meta) : 0;
}

function checkPlace(env: VerifierEnv, meta: KfuncMeta): 0 | number {
  if (meta.name === "bpf_res_spin_lock" || meta.name === "bpf_res_spin_lock_irqsave") {
    const err = followFailedLock(env);
    if (err !== 0) return err;
  }
  if (meta.name === "__bpf_trap") {
    env.verbose("unexpected __bpf_trap() due to uninitialized variable?\n");
    return -EFAULT;
  }
  if (!meta.has(kf.KF_SLEEPABLE) || env.inSleepable) return 0;
  env.verbose(`program must be sleepable to call sleepable kfunc ${meta.name}\n`);
  return -EACCES;
}

/** The lock may be refused, which leaves everything as it was. */
function followFailedLock(env: VerifierEnv): 0 | number {
  const branch = pushStack(env, env.insnIdx + 1, env.insnIdx);
  if (branch === null) {
    env.verbose("failed to push state for failed lock acquisition\n");
    return -ENOMEM;
  }
  for (let regno = 0; regno <= 5; regno++) branch.frame.own(regno).markNotInit(!env.bpfCapable);
  const result = branch.frame.own(R0);
  result.markUnknown(!env.bpfCapable);
  result.s32Min = -MAX_ERRNO;
  result.s32Max = -1;
  result.smin = fromS32(-MAX_ERRNO);
  result.smax = fromS32(-1);
  regBoundsSync(result);
  return 0;
}

/** A function of the program that is called now or later. */
function followCallback(env: VerifierEnv, meta: KfuncMeta): 0 | number {
  const { name, subprogno, kfunc } = meta;
  if (subprogno < 0) return 0;
  const err = pushKfuncCallback(env, meta);
  if (err !== 0) env.verbose(`kfunc ${name}#${kfunc.id} failed callback verification\n`);
  return err;
}

function pushKfuncCallback(
  env: VerifierEnv,
  { name, subprogno, graphRoot }: KfuncMeta,
): 0 | number {
  switch (name) {
    case "bpf_rbtree_add_impl":
      return pushCallbackCall(env, subprogno, null, (_, __, callee) =>
        setRbtreeAddState(env, callee, graphRoot!),
      );
    case "bpf_wq_set_callback_impl":
      return pushCallbackCall(env, subprogno, { mayWorkSleep: true }, setTimerState);
    default:
      return pushCallbackCall(env, subprogno, { mayWorkSleep: true }, setTaskWorkState);
  }
}

const INSERTS: ReadonlySet<string> = new Set([
  "bpf_list_push_front_impl",
  "bpf_list_push_back_impl",
  "bpf_rbtree_add_impl",
]);

/** The object that goes into a list or a tree is no longer the program's. */
function insertNode(env: VerifierEnv, { name, kfunc, graphRoot }: KfuncMeta): 0 | number {
  if (!INSERTS.has(name)) return 0;
  env.aux[env.insnIdx]!.insertOff = graphRoot!.nodeOffset;
  const { refObjId } = env.frame.reg(2);
  refConvertOwningNonOwning(env, refObjId);
  const err = releaseReference(env, refObjId);
  if (err !== 0) env.verbose(`kfunc ${name}#${kfunc.id} reference has not been acquired before\n`);
  return err;
}

function releaseArg(env: VerifierEnv, { releaseRegno, name, kfunc }: KfuncMeta): 0 | number {
  if (releaseRegno === 0) return 0;
  const err = releaseReference(env, env.frame.reg(releaseRegno).refObjId);
  if (err !== 0) env.verbose(`kfunc ${name}#${kfunc.id} reference has not been acquired before\n`);
  return err;
}

/** Where nobody catches it, what is thrown is what the program answers. */
function checkThrow(env: VerifierEnv, { name }: KfuncMeta): 0 | number {
  if (name !== "bpf_throw" || env.exceptionCallbackSubprog !== 0) return 0;
  return checkReturnCode(env, 1, "R1");
}

function setResult(env: VerifierEnv, meta: KfuncMeta, insnIdx: number): 0 | number {
  const type = btfVmlinux().skipModifiers(meta.kfunc.proto.type)!;
  if (isScalarType(type)) {
    markRegUnknown(env, R0);
    if (meta.name.startsWith("bpf_res_spin_lock")) {
      env.frame.own(R0).markConstZero(!env.bpfCapable);
    }
    return 0;
  }
  if (type.kind !== BTF_KIND_PTR) return 0;
  const to = btfVmlinux().skipModifiers(type.type)!;
  const err = setPointer(env, meta, to);
  if (err !== 0) return err;
  const result = env.frame.own(R0);
  const isSureReference = meta.name === "bpf_refcount_acquire_impl" && meta.isArgOwningRef;
  const mayBeNull = meta.has(kf.KF_RET_NULL) && !isSureReference;
  if (mayBeNull) {
    result.type |= t.PTR_MAYBE_NULL;
    result.id = env.newId();
  }
  if (meta.has(kf.KF_ACQUIRE)) {
    const id = acquireReference(env, insnIdx);
    if (mayBeNull) result.id = id;
    result.refObjId = id;
  } else if (isGraphNode(to)) {
    const nodeErr = refSetNonOwning(env, result);
    if (nodeErr !== 0) return nodeErr;
  }
  if (mayPointToSpinLock(result) && result.id === 0) result.id = env.newId();
  return 0;
}

function isGraphNode(type: BtfType): boolean {
  const name = isStruct(type) ? btfVmlinux().nameOf(type) : "";
  return name === "bpf_list_node" || name === "bpf_rb_node";
}

function setPointer(env: VerifierEnv, meta: KfuncMeta, to: BtfType): 0 | number {
  const special = checkSpecialKfunc(env, meta);
  if (special !== undefined) return special;
  if (isGraphNode(to)) {
    markRegGraphNode(env.frame.own(R0), meta.graphRoot!);
    return 0;
  }
  if (to.id === 0) {
    markRegUnknown(env, R0);
    return 0;
  }
  const name = btfVmlinux().nameOf(to);
  // A structure that few programs name is known by its name only, until somebody asks for more.
  const isKnown = isStruct(to) || (to.kind === BTF_KIND_FWD && hasStruct(name));
  return isKnown ? setStruct(env, meta, name) : setMem(env, meta, to);
}

function hasStruct(name: string): boolean {
  return btfVmlinux().findByNameKind(name, BTF_KIND_STRUCT) !== undefined;
}

function known(env: VerifierEnv, type: number): RegState {
  const result = env.frame.own(R0);
  result.markKnownZero();
  result.type = type;
  return result;
}

/** What the result is says the call rather than the prototype. @linux kernel/bpf/verifier.c `check_special_kfunc` (6.18) */
function checkSpecialKfunc(env: VerifierEnv, meta: KfuncMeta): 0 | number | undefined {
  switch (meta.name) {
    case "bpf_obj_new_impl":
    case "bpf_percpu_obj_new_impl":
      return checkObjNew(env, meta);
    case "bpf_refcount_acquire_impl":
      setObject(env, t.MEM_ALLOC, meta.argBtf!, meta.argBtfId);
      return 0;
    case "bpf_cast_to_kern_ctx":
      known(env, t.PTR_TO_BTF_ID | t.PTR_TRUSTED).btfType = meta.retStruct;
      return 0;
    case "bpf_rdonly_cast":
      return checkRdonlyCast(env, meta);
    case "bpf_dynptr_slice":
    case "bpf_dynptr_slice_rdwr":
      return checkSlice(env, meta);
    default:
      return undefined;
  }
}

/** The largest object that each CPU may have for itself. */
const BPF_GLOBAL_PERCPU_MA_MAX_SIZE = 512;

function refuse(env: VerifierEnv, message: string): number {
  env.verbose(`${message}\n`);
  return -EINVAL;
}

function checkObjNew(env: VerifierEnv, { argConstant, name }: KfuncMeta): 0 | number {
  if (argConstant.hi !== 0) {
    return refuse(env, "local type ID argument must be in range [0, U32_MAX]");
  }
  const btf = env.progBtf;
  if (btf === undefined) {
    return refuse(env, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF");
  }
  const id = argConstant.lo >>> 0;
  const type = btf.typeById(id);
  if (type?.kind !== BTF_KIND_STRUCT) {
    return refuse(env, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct");
  }
  const isPercpu = name === "bpf_percpu_obj_new_impl";
  const err = isPercpu ? checkPercpuObj(env, btf, type) : 0;
  if (err !== 0) return err;
  env.aux[env.insnIdx]!.objNew = { btf, typeId: id, isPercpu };
  const flags = isPercpu ? t.MEM_ALLOC | t.MEM_PERCPU : t.MEM_ALLOC;
  setObject(env, flags, btf, id);
  return 0;
}

function checkPercpuObj(env: VerifierEnv, btf: Btf, type: BtfStruct): 0 | number {
  if (type.size > BPF_GLOBAL_PERCPU_MA_MAX_SIZE) {
    return refuse(
      env,
      `bpf_percpu_obj_new type size (${type.size}) is greater than ${BPF_GLOBAL_PERCPU_MA_MAX_SIZE}`,
    );
  }
  if (!isScalarStruct(env, btf, type)) {
    return refuse(env, "bpf_percpu_obj_new type ID argument must be of a struct of scalars");
  }
  if (btf.structMeta(type.id) === undefined) return 0;
  return refuse(env, "bpf_percpu_obj_new type ID argument must not contain special fields");
}

function setObject(env: VerifierEnv, flags: number, btf: Btf, id: number): void {
  const result = known(env, t.PTR_TO_BTF_ID | flags);
  result.btf = btf;
  result.btfId = id;
  result.btfType = btf.nameOf(btf.typeById(id)!);
}

function checkRdonlyCast(env: VerifierEnv, { argConstant }: KfuncMeta): 0 | number {
  const type = btfVmlinux().typeById(argConstant.lo >>> 0);
  if (type === undefined) {
    env.verbose(`Unknown type ID ${toBigS(argConstant)} passed to kfunc bpf_rdonly_cast\n`);
    return -EINVAL;
  }
  if (isStruct(type)) {
    known(env, t.PTR_TO_BTF_ID | t.PTR_UNTRUSTED).btfType = btfVmlinux().nameOf(type);
    return 0;
  }
  if (type.id === 0) {
    known(env, t.PTR_TO_MEM | t.MEM_RDONLY | t.PTR_UNTRUSTED).memSize = 0;
    return 0;
  }
  env.verbose("kfunc bpf_rdonly_cast type ID argument must be of a struct or void\n");
  return -EINVAL;
}

function checkSlice(
  env: VerifierEnv,
  { name, dynptr, argConstant, isArgConstantFound }: KfuncMeta,
): 0 | number {
  if (!isArgConstantFound) {
    env.verifierBug("bpf_dynptr_slice(_rdwr) no constant size");
    return -EFAULT;
  }
  const result = known(env, t.PTR_TO_MEM | dynptrTypeFlag(dynptr.type));
  result.memSize = argConstant.lo >>> 0;
  if (name === "bpf_dynptr_slice") {
    result.type |= t.MEM_RDONLY;
  } else if (!mayAccessPacket(env, BPF_WRITE, undefined)) {
    env.verbose("the prog does not allow writes to packet data\n");
    return -EINVAL;
  } else {
    env.hasDirectWrite = true;
  }
  result.dynptrId = dynptr.id;
  return 0;
}

function setMem(env: VerifierEnv, meta: KfuncMeta, to: BtfType): 0 | number {
  const size = meta.r0Size || (btfVmlinux().resolveSize(to)?.size ?? 0);
  if (size === 0) {
    env.verbose(
      `kernel function ${meta.name} returns pointer type ${typeText(to)} is not supported\n`,
    );
    return -EINVAL;
  }
  const isWritable = meta.name === "bpf_session_cookie";
  const result = known(env, isWritable ? t.PTR_TO_MEM : t.PTR_TO_MEM | t.MEM_RDONLY);
  result.memSize = size;
  // Nothing of it may be looked at when what it belongs to was given back.
  result.refObjId = meta.refObjId;
  return 0;
}

function setStruct(env: VerifierEnv, meta: KfuncMeta, name: string): 0 {
  const result = known(env, t.PTR_TO_BTF_ID);
  result.btfType = name;
  if (meta.name === "bpf_get_kmem_cache") result.type |= t.PTR_UNTRUSTED;
  else if (meta.has(kf.KF_RCU_PROTECTED)) result.type |= t.MEM_RCU;
  if (meta.has(kf.KF_ITER_NEXT)) result.type |= isIterRcu(env, meta) ? t.MEM_RCU : t.PTR_TRUSTED;
  return 0;
}
