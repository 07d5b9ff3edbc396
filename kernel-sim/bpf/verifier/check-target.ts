/** Whether a program may be attached to what it names: when it is loaded, and again when it is attached elsewhere. */
import { EINVAL } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_PTR,
  BTF_KIND_TYPEDEF,
  type BtfFuncProto,
  type BtfType,
} from "../btf/kinds.ts";
import * as uapi from "../uapi.ts";
import { checkFuncModel } from "./func-model.ts";
import { checkTypeMatch } from "./func-type-match.ts";
import { isSleepableHook } from "./lsm-hooks.ts";
import type { AttachTarget, TargetFunction, TargetProgram } from "./verifier-input.ts";

/** The program that is attached. */
export interface AttachingProgram {
  readonly type: number;
  readonly expectedAttachType: number;
  readonly isSleepable: boolean;
  readonly changesPktData: boolean;
  readonly mightSleep: boolean;
  readonly btf: Btf | undefined;
  /** Its first function among its types. */
  readonly func: number | undefined;
  /** The program that it was loaded for, when it is attached to another one. */
  readonly loadedFor?: TargetProgram | undefined;
}

/** @linux include/linux/bpf_verifier.h `struct bpf_attach_target_info` (6.18) */
export interface TargetInfo {
  readonly name: string;
  /** undefined: five numbers are all that is known of its arguments. */
  readonly proto: BtfFuncProto | undefined;
}

const TRACEPOINT_PREFIX = "btf_trace_";

/** @linux kernel/bpf/verifier.c `bpf_check_attach_target` (6.18) */
export function checkTarget(
  log: (text: string) => void,
  prog: AttachingProgram,
  { btfId, btf: kernelBtf, prog: target }: AttachTarget,
): TargetInfo | number {
  const refuse = (text: string, errno = EINVAL): number => {
    log(`${text}\n`);
    return -errno;
  };
  if (btfId === 0) return refuse("Tracing programs must provide btf_id");
  const btf = target === undefined ? kernelBtf : target.btf;
  if (btf === undefined) {
    return refuse(
      "FENTRY/FEXIT program can only be attached to another program annotated with BTF",
    );
  }
  const type = btf.typeById(btfId);
  if (type === undefined) return refuse(`attach_btf_id ${btfId} is invalid`);
  const name = btf.nameOf(type);
  const isExtension = prog.type === uapi.BPF_PROG_TYPE_EXT;
  if (target === undefined && isExtension) return refuse("Cannot replace kernel functions");
  const func = target?.targetFunctions.find(({ typeId }) => typeId === btfId);
  const problem = target === undefined ? "" : programProblem(prog, target, func, name);
  if (problem !== "") return refuse(problem);
  switch (prog.expectedAttachType) {
    case uapi.BPF_TRACE_RAW_TP: {
      if (target !== undefined) {
        return refuse("Only FENTRY/FEXIT progs are attachable to another BPF prog");
      }
      return tracepoint(refuse, btf, type, name);
    }
    case uapi.BPF_TRACE_ITER: {
      if (type.kind !== BTF_KIND_FUNC) return refuse(`attach_btf_id ${btfId} is not a function`);
      const proto = protoOf(btf, type.type);
      if (proto === undefined) return -EINVAL;
      const err = checkFuncModel(log, btf, proto, name);
      return err !== 0 ? err : { name, proto };
    }
    case uapi.BPF_MODIFY_RETURN:
    case uapi.BPF_LSM_MAC:
    case uapi.BPF_LSM_CGROUP:
    case uapi.BPF_TRACE_FENTRY:
    case uapi.BPF_TRACE_FEXIT:
      break;
    default:
      if (!isExtension) return -EINVAL;
  }
  if (type.kind !== BTF_KIND_FUNC) return refuse(`attach_btf_id ${btfId} is not a function`);
  if (isExtension && checkTypeMatch(log, prog, btf, type) !== 0) return -EINVAL;
  const declared = protoOf(btf, type.type);
  if (declared === undefined) return -EINVAL;
  if (prog.loadedFor !== undefined && !isSameKind(prog.loadedFor, target)) return -EINVAL;
  const proto = func?.isUnreliable === true ? undefined : declared;
  const err = checkFuncModel(log, btf, proto, name);
  if (err !== 0) return err;
  const rule = prog.isSleepable
    ? sleepProblem(prog, target, name)
    : modifyProblem(prog, target, name);
  return rule === "" ? { name, proto } : refuse(rule);
}

/** What was checked for one program holds for others of its kind. */
function isSameKind(one: TargetProgram, other: TargetProgram | undefined): boolean {
  return one.type === other?.type && one.expectedAttachType === other.expectedAttachType;
}

/** Why nothing of the kind can be attached to a program. */
function programProblem(
  { type, changesPktData, mightSleep }: AttachingProgram,
  target: TargetProgram,
  func: TargetFunction | undefined,
  name: string,
): string {
  const isExtension = type === uapi.BPF_PROG_TYPE_EXT;
  if (func === undefined) return `Subprog ${name} doesn't exist`;
  if (func.isExceptionCb) {
    return `${isExtension ? "Extension" : "FENTRY/FEXIT"} programs cannot attach to exception callback`;
  }
  if (isExtension) {
    if (func.isUnreliable) return "Cannot replace static functions";
    if (changesPktData && !func.changesPktData) {
      return "Extension program changes packet data, while original does not";
    }
    if (mightSleep && !func.mightSleep)
      return "Extension program may sleep, while original does not";
  }
  if (type === uapi.BPF_PROG_TYPE_TRACING) {
    return target.isTracingTracer ? "Cannot nest tracing program attach more than once" : "";
  }
  if (target.type === type) return "Cannot recursively attach";
  const isTracer =
    target.type === uapi.BPF_PROG_TYPE_TRACING &&
    (target.expectedAttachType === uapi.BPF_TRACE_FENTRY ||
      target.expectedAttachType === uapi.BPF_TRACE_FEXIT);
  return isTracer && isExtension ? "Cannot extend fentry/fexit" : "";
}

/**
 * @simplified arguments have their names in the type of the tracepoint itself: there is no function that calls its
 * programs.
 */
function tracepoint(
  refuse: (text: string) => number,
  btf: Btf,
  type: BtfType,
  name: string,
): TargetInfo | number {
  const { id } = type;
  if (type.kind !== BTF_KIND_TYPEDEF) return refuse(`attach_btf_id ${id} is not a typedef`);
  if (!name.startsWith(TRACEPOINT_PREFIX)) {
    return refuse(`attach_btf_id ${id} points to wrong type name ${name}`);
  }
  const pointer = btf.typeById(type.type);
  if (pointer?.kind !== BTF_KIND_PTR) return -EINVAL;
  const proto = protoOf(btf, pointer.type);
  return proto === undefined ? -EINVAL : { name: name.slice(TRACEPOINT_PREFIX.length), proto };
}

function protoOf(btf: Btf, id: number): BtfFuncProto | undefined {
  const proto = btf.typeById(id);
  return proto?.kind === BTF_KIND_FUNC_PROTO ? proto : undefined;
}

/**
 * @simplified as on a kernel without CONFIG_FUNCTION_ERROR_INJECTION, no function but those for tests may sleep or be
 * answered for by a program.
 */
function sleepProblem(
  { type }: AttachingProgram,
  target: TargetProgram | undefined,
  name: string,
): string {
  const isOk =
    type === uapi.BPF_PROG_TYPE_LSM
      ? isSleepableHook(name)
      : type === uapi.BPF_PROG_TYPE_TRACING && target === undefined && SLEEPABLE.has(name);
  return isOk ? "" : `${name} is not sleepable`;
}

function modifyProblem(
  { expectedAttachType }: AttachingProgram,
  target: TargetProgram | undefined,
  name: string,
): string {
  if (expectedAttachType !== uapi.BPF_MODIFY_RETURN) return "";
  if (target !== undefined) return "can't modify return codes of BPF programs";
  const isOk = MODIFIABLE.has(name) || name.startsWith("security_");
  return isOk ? "" : `${name}() is not modifiable`;
}

/** @linux net/bpf/test_run.c `bpf_test_modify_return_ids` (6.18) */
const MODIFIABLE: ReadonlySet<string> = new Set([
  "bpf_modify_return_test",
  "bpf_modify_return_test2",
  "bpf_fentry_test1",
]);
const SLEEPABLE: ReadonlySet<string> = new Set(["bpf_fentry_test1"]);
