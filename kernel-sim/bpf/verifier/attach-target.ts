/** Whether a program may sleep, and what it is attached to, where that is said when it is loaded. */
import { EINVAL } from "../../include/errno.ts";
import type { BtfFuncProto } from "../btf/kinds.ts";
import * as uapi from "../uapi.ts";
import { checkTarget } from "./check-target.ts";
import { ctxOpsOf } from "./ctx/ops.ts";
import type { VerifierEnv } from "./env.ts";
import { iterArgsOf } from "./iter-targets.ts";
import { checkLsmHook } from "./lsm-hooks.ts";
import { checkStructOps } from "./struct-ops.ts";

/** What is known of an argument beyond its type. @linux include/linux/bpf.h `struct bpf_ctx_arg_aux` (6.18) */
export interface CtxArgInfo {
  /** In the context. */
  readonly offset: number;
  readonly regType: number;
  /** The structure that it points to; "" for memory. */
  readonly btfType: string;
  /** The program gets a reference of its own with it. */
  readonly isRefcounted?: boolean;
  /** Its reference, once the program is looked at. */
  readonly refObjId?: number;
}

/** @linux kernel/bpf/verifier.c `check_attach_btf_id` (6.18) */
export function checkAttachTarget(env: VerifierEnv): 0 | number {
  const { progType, isSleepable, attach } = env;
  if (progType === uapi.BPF_PROG_TYPE_SYSCALL) {
    if (isSleepable) return 0;
    env.verbose("Syscall programs can only be sleepable\n");
    return -EINVAL;
  }
  if (isSleepable && !canBeSleepable(env)) {
    env.verbose(
      "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable\n",
    );
    return -EINVAL;
  }
  if (progType === uapi.BPF_PROG_TYPE_STRUCT_OPS) return checkStructOps(env);
  if (!NAMES_TARGET.includes(progType)) return 0;
  const target = checkTarget((text) => env.verbose(text), attachingProgram(env), attach);
  if (typeof target === "number") return target;
  env.attachFuncProto = target.proto;
  env.attachFuncName = target.name;
  if (attach.prog !== undefined && env.isExtension) becomeLike(env, attach.prog.type);
  return checkPlace(env, target.proto);
}

const NAMES_TARGET: readonly number[] = [
  uapi.BPF_PROG_TYPE_TRACING,
  uapi.BPF_PROG_TYPE_LSM,
  uapi.BPF_PROG_TYPE_EXT,
];

function attachingProgram(env: VerifierEnv) {
  const { progType: type, expectedAttachType, isSleepable, subprogs } = env;
  const { changesPktData, mightSleep } = subprogs[0]!;
  const func = env.funcInfo.length === 0 ? undefined : env.funcInfo[0]!.typeId;
  const btf = env.progBtf;
  return { type, expectedAttachType, isSleepable, changesPktData, mightSleep, btf, func };
}

/** What takes the place of a program's function is checked as that program was. */
function becomeLike(env: VerifierEnv, type: number): void {
  env.ops = ctxOpsOf(type);
  env.progType = type;
  env.expectedAttachType = env.attach.prog!.expectedAttachType;
}

/** What holds for single places, now that it is known to be one. */
function checkPlace(env: VerifierEnv, proto: BtfFuncProto | undefined): 0 | number {
  const { expectedAttachType, attachFuncName: name } = env;
  if (expectedAttachType === uapi.BPF_TRACE_RAW_TP) return 0;
  if (expectedAttachType === uapi.BPF_TRACE_ITER) {
    const args = iterArgsOf(name);
    if (args === undefined) return -EINVAL;
    env.ctxArgInfo = args;
    return 0;
  }
  const type = env.input.progType;
  if (type === uapi.BPF_PROG_TYPE_LSM) return checkLsmHook(env, name);
  // What belongs to another program has names of its own.
  if (proto === undefined || env.attach.prog !== undefined) return 0;
  if (type === uapi.BPF_PROG_TYPE_TRACING && NOT_TRACED.has(name)) {
    env.verbose(`Attaching tracing programs to function '${name}' is rejected.\n`);
    return -EINVAL;
  }
  if (ON_RETURN.includes(expectedAttachType) && NORETURN.has(name)) {
    env.verbose(`Attaching fexit/fmod_ret to __noreturn function '${name}' is rejected.\n`);
    return -EINVAL;
  }
  return 0;
}

/** The way to a program leads through them. @linux kernel/bpf/verifier.c `btf_id_deny` (6.18) */
const NOT_TRACED: ReadonlySet<string> = new Set([
  "___migrate_enable",
  "migrate_disable",
  "migrate_enable",
  "__rcu_read_lock",
  "__rcu_read_unlock",
]);

const ON_RETURN: readonly number[] = [uapi.BPF_TRACE_FEXIT, uapi.BPF_MODIFY_RETURN];
/** @linux kernel/bpf/verifier.c `noreturn_deny` (6.18) */
const NORETURN: ReadonlySet<string> = new Set([
  "__x64_sys_exit",
  "__x64_sys_exit_group",
  "do_exit",
  "do_group_exit",
  "kthread_complete_and_exit",
  "make_task_dead",
]);

/** @linux kernel/bpf/verifier.c `can_be_sleepable` (6.18) */
function canBeSleepable({ progType, expectedAttachType }: VerifierEnv): boolean {
  switch (progType) {
    case uapi.BPF_PROG_TYPE_TRACING:
      return (
        expectedAttachType === uapi.BPF_TRACE_FENTRY ||
        expectedAttachType === uapi.BPF_TRACE_FEXIT ||
        expectedAttachType === uapi.BPF_MODIFY_RETURN ||
        expectedAttachType === uapi.BPF_TRACE_ITER
      );
    case uapi.BPF_PROG_TYPE_LSM:
    case uapi.BPF_PROG_TYPE_STRUCT_OPS:
    // For probes of user programs.
    case uapi.BPF_PROG_TYPE_KPROBE:
      return true;
    default:
      return false;
  }
}
