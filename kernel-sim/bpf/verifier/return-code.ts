/** What a program may answer: each hook understands a range of numbers. */
import { EACCES, EINVAL, ENOTSUPP } from "../../include/errno.ts";
import { ALWAYS_YES } from "../always-yes.ts";
import { BTF_KIND_PTR } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import * as uapi from "../uapi.ts";
import { markChainPrecision } from "./backtrack.ts";
import type { VerifierEnv } from "./env.ts";
import { eq, fromS32, leS, S64_MAX, S64_MIN, toBigS } from "./int64.ts";
import { funcRetvalRange, isVoidCgroupHook } from "./lsm-hooks.ts";
import { checkRegArg, isPointerValue, SRC_OP } from "./reg-arg.ts";
import type { Reg } from "./reg-state.ts";
import { baseType, PTR_TO_BTF_ID, regTypeStr, SCALAR_VALUE } from "./reg-type.ts";
import { checkPtrOffReg } from "./region-access.ts";
import type { RetvalRange } from "./states.ts";
import { tnumIn, tnumRange } from "./tnum.ts";

/**
 * Whether the register may be the answer of the program, or of the callback, that ends here.
 *
 * @linux kernel/bpf/verifier.c `check_return_code` (6.18)
 */
export function checkReturnCode(env: VerifierEnv, regno: number, regName: string): 0 | number {
  if (isAnswerFree(env)) return 0;
  const returned = returnedObject(env, regno);
  if (returned !== undefined) return returned;
  const err = checkRegArg(env, regno, SRC_OP);
  if (err !== 0) return err;
  if (isPointerValue(env, regno)) {
    env.verbose(`R${regno} leaks addr as return value\n`);
    return -EACCES;
  }
  // The function that nobody called: an exception may end others with it.
  const outermost = env.curState.frames[0]!;
  if (outermost.inAsyncCallbackFn) {
    const range = outermost.callbackRetRange;
    return enforceRange(env, regno, regName, range, "At async callback return");
  }
  if (outermost.subprogno !== 0 && !outermost.inExceptionCallbackFn) {
    const { type } = env.frame.reg(regno);
    if (type === SCALAR_VALUE) return 0;
    env.verbose(
      `At subprogram exit the register R${regno} is not a scalar value (${regTypeStr(type)})\n`,
    );
    return -EINVAL;
  }
  const range = rangeOf(env);
  if (typeof range === "number") return range;
  const enforced = enforceRange(env, regno, regName, range, "At program exit");
  if (enforced !== 0 && outermost.subprogno === 0 && isVoidCgroupHook(env)) {
    env.verbose("Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n");
  }
  if (enforced === 0 && isEgress(env) && tnumIn(CONGESTED, env.frame.reg(regno).varOff)) {
    env.enforcesAttachType = true;
  }
  return enforced;
}

/** An answer that means something on the way out alone. */
const CONGESTED = tnumRange(fromS32(2), fromS32(3));

function isEgress({ progType, expectedAttachType }: VerifierEnv): boolean {
  return (
    progType === uapi.BPF_PROG_TYPE_CGROUP_SKB && expectedAttachType === uapi.BPF_CGROUP_INET_EGRESS
  );
}

/** Whether the program itself ends here, or what ends it early. */
function isProgramExit({ curState }: VerifierEnv): boolean {
  const outermost = curState.frames[0]!;
  return outermost.subprogno === 0 || outermost.inExceptionCallbackFn;
}

/** Where nothing is answered, it does not matter what is in the register. */
function isAnswerFree(env: VerifierEnv): boolean {
  const { progType, expectedAttachType, attachFuncProto } = env;
  if (!isProgramExit(env) || attachFuncProto?.type !== 0) return false;
  if (progType === uapi.BPF_PROG_TYPE_LSM) return expectedAttachType !== uapi.BPF_LSM_CGROUP;
  return progType === uapi.BPF_PROG_TYPE_STRUCT_OPS;
}

/** The object that a program behind a table of functions answers with; undefined: it answers no such thing. */
function returnedObject(env: VerifierEnv, regno: number): 0 | number | undefined {
  const struct = structOpsAnswer(env);
  if (struct === undefined || !isProgramExit(env)) return undefined;
  if (env.curState.frames[0]!.inExceptionCallbackFn) return undefined;
  const reg = env.frame.reg(regno);
  const isSame = baseType(reg.type) === PTR_TO_BTF_ID && reg.btfType === struct;
  return isSame && reg.refObjId !== 0 ? checkPtrOffReg(env, reg, regno) : undefined;
}

/** The structure whose address such a program answers. */
function structOpsAnswer({ progType, attachFuncProto }: VerifierEnv): string | undefined {
  if (progType !== uapi.BPF_PROG_TYPE_STRUCT_OPS || attachFuncProto === undefined) return undefined;
  const btf = btfVmlinux();
  const pointer = btf.skipModifiers(attachFuncProto.type);
  const target = pointer?.kind === BTF_KIND_PTR ? btf.skipModifiers(pointer.type) : undefined;
  return target && btf.nameOf(target);
}

function enforceRange(
  env: VerifierEnv,
  regno: number,
  regName: string,
  range: RetvalRange,
  where: string,
): 0 | number {
  const { type } = env.frame.reg(regno);
  if (type !== SCALAR_VALUE) {
    env.verbose(`${where} the register R${regno} is not a known value (${regTypeStr(type)})\n`);
    return -EINVAL;
  }
  const err = markChainPrecision(env, regno);
  if (err !== 0) return err;
  const reg = env.frame.reg(regno);
  const { progType, expectedAttachType } = env;
  const isHook = progType === uapi.BPF_PROG_TYPE_LSM && expectedAttachType !== uapi.BPF_LSM_CGROUP;
  // The kernel calls the hook as a function that answers an int.
  if (isHook && isProgramExit(env) ? isWithinRange32(range, reg) : isWithinRange(range, reg)) {
    return 0;
  }
  verboseInvalidScalar(env, reg, range, where, regName);
  return -EINVAL;
}

/** Whether all that the register may hold is in the range. @linux kernel/bpf/verifier.c `retval_range_within` (6.18) */
export function isWithinRange({ min, max }: RetvalRange, reg: Reg): boolean {
  return leS(fromS32(min), reg.smin) && leS(reg.smax, fromS32(max));
}

function isWithinRange32({ min, max }: RetvalRange, reg: Reg): boolean {
  return min <= reg.s32Min && reg.s32Max <= max;
}

/** @linux kernel/bpf/verifier.c `verbose_invalid_scalar` (6.18) */
export function verboseInvalidScalar(
  env: VerifierEnv,
  reg: Reg,
  { min, max }: RetvalRange,
  where: string,
  regName: string,
): void {
  let known = "";
  if (!eq(reg.smin, S64_MIN)) known += ` smin=${toBigS(reg.smin)}`;
  if (!eq(reg.smax, S64_MAX)) known += ` smax=${toBigS(reg.smax)}`;
  if (known === "") known = " unknown scalar value";
  env.verbose(
    `${where} the register ${regName} has${known} should have been in [${min}, ${max}]\n`,
  );
}

const NO_OR_YES: RetvalRange = { min: 0, max: 1 };
const YES_ONLY: RetvalRange = { min: 1, max: 1 };
const TWO_BITS: RetvalRange = { min: 0, max: 3 };
const ZERO_ONLY: RetvalRange = { min: 0, max: 0 };

/** 0 where any number will do, a negative errno where no program may end. */
function rangeOf(env: VerifierEnv): RetvalRange | 0 | number {
  const { progType, expectedAttachType: attachType } = env;
  switch (progType) {
    case uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
      if (ALWAYS_YES.has(attachType)) return YES_ONLY;
      // A second bit says whether the port may be one that needs a capability.
      return attachType === uapi.BPF_CGROUP_INET4_BIND || attachType === uapi.BPF_CGROUP_INET6_BIND
        ? TWO_BITS
        : NO_OR_YES;
    case uapi.BPF_PROG_TYPE_CGROUP_SKB:
      // On the way out a second bit tells of congestion.
      return attachType === uapi.BPF_CGROUP_INET_EGRESS ? TWO_BITS : NO_OR_YES;
    case uapi.BPF_PROG_TYPE_CGROUP_SOCK:
    case uapi.BPF_PROG_TYPE_SOCK_OPS:
    case uapi.BPF_PROG_TYPE_CGROUP_DEVICE:
    case uapi.BPF_PROG_TYPE_CGROUP_SYSCTL:
    case uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case uapi.BPF_PROG_TYPE_SK_LOOKUP:
    case uapi.BPF_PROG_TYPE_NETFILTER:
      return NO_OR_YES;
    case uapi.BPF_PROG_TYPE_KPROBE:
      return SESSIONS.has(attachType) ? NO_OR_YES : 0;
    case uapi.BPF_PROG_TYPE_TRACING:
      return tracingRange(attachType);
    case uapi.BPF_PROG_TYPE_LSM:
      if (attachType !== uapi.BPF_LSM_CGROUP) return funcRetvalRange(env) ?? 0;
      return isVoidCgroupHook(env) ? YES_ONLY : NO_OR_YES;
    case uapi.BPF_PROG_TYPE_STRUCT_OPS:
      return structOpsAnswer(env) === undefined ? 0 : ZERO_ONLY;
    default:
      return 0;
  }
}

function tracingRange(attachType: number): RetvalRange | 0 | number {
  switch (attachType) {
    case uapi.BPF_TRACE_FENTRY:
    case uapi.BPF_TRACE_FEXIT:
      return ZERO_ONLY;
    case uapi.BPF_TRACE_RAW_TP:
    case uapi.BPF_MODIFY_RETURN:
      return 0;
    case uapi.BPF_TRACE_ITER:
      return NO_OR_YES;
    default:
      return -ENOTSUPP;
  }
}

const SESSIONS: ReadonlySet<number> = new Set([
  uapi.BPF_TRACE_KPROBE_SESSION,
  uapi.BPF_TRACE_UPROBE_SESSION,
]);
