import type { Insn } from "../../api.ts";
import { EFAULT, EINVAL, ENOSPC } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import type { BtfFuncProto } from "../btf/kinds.ts";
import { isKfuncCall, isMayGoto } from "../isa.ts";
import { xlated } from "../xlate/door.ts";
import { checkAttachTarget } from "./attach-target.ts";
import { checkBtfInfo, checkBtfInfoEarly } from "./btf-info.ts";
import { addSubprogs, checkCfg, checkSubprogs, computePostorder, computeScc } from "./cfg.ts";
import { doCheckMain, doCheckSubprogs } from "./check.ts";
import { checkConversions } from "./ctx-conversion.ts";
import { removeDeadCode } from "./dead-code.ts";
import { type InsnAux, type SubprogInfo, VerifierEnv } from "./env.ts";
import { explainingLine } from "./explaining-line.ts";
import { markFastcallPatterns, removeFastcallSpills } from "./fastcall.ts";
import { processFdArray } from "./fd-array.ts";
import { depthWithLoops, isAddressLost, isThrown, MAY_GOTO_STACK_BYTES } from "./fixed-up.ts";
import { resolvePseudoLdImm64 } from "./ld-imm.ts";
import { computeLiveRegisters } from "./live-registers.ts";
import { Liveness } from "./liveness.ts";
import { BPF_LOG_STATS } from "./log.ts";
import { checkMaxStackDepth } from "./stack-depth.ts";
import type { BufferAccess, TargetFunction, VerifierInput, VerifierMap } from "./verifier-input.ts";
import type { VerifierState } from "./verifier-state.ts";

/** What the verifier found out about a program. */
export interface VerifierOutcome {
  /** 0, or a negative errno: what the program alone deserves. */
  readonly verdict: 0 | number;
  /** The same, or -ENOSPC when the log did not fit into its buffer. */
  readonly errno: 0 | number;
  /** The line that explains a refusal, as far as the log holds one, else "". */
  readonly error: string;
  /** What of the log reaches the caller. */
  readonly log: string;
  readonly insnsProcessed: number;
  readonly totalStates: number;
  readonly peakStates: number;
  readonly maxStatesPerInsn: number;
  /** The program with addresses where descriptors of maps were; `aux` names the map. */
  readonly insns: readonly Insn[];
  /** The same before descriptors became addresses: as it was given, but for what the kernel's types say. */
  readonly insnsWithFds: readonly Insn[];
  /** Beside every instruction: whether any path reached it, what it accesses, its map. */
  readonly aux: readonly InsnAux[];
  readonly subprogs: readonly SubprogInfo[];
  /** Where the function starts that catches exceptions; 0: there is none. */
  readonly exceptionCallbackStart: number;
  /** Behind the last byte of the context that it may read or write. */
  readonly maxCtxOffset: number;
  readonly bufferAccess: BufferAccess;
  /** It may be attached as it was loaded for and not otherwise. */
  readonly enforcesAttachType: boolean;
  readonly usedMaps: readonly VerifierMap[];
  readonly usedBtfs: readonly Btf[];
  readonly isBpfCapable: boolean;
  /** Whether it may write into packets. */
  readonly hasDirectWrite: boolean;
  /** What it is attached to: for an extension, with the types of what it extends. */
  readonly progType: number;
  readonly expectedAttachType: number;
  readonly attachFuncName: string;
  readonly attachFuncProto: BtfFuncProto | undefined;
  /** Its functions, as far as others can be attached to them: none without types. */
  readonly functions: readonly TargetFunction[];
}

/**
 * Is told what happens while paths are explored. States are the verifier's own: they may be read,
 * and only until the call returns; as objects they can be told apart.
 */
export interface VerifierObserver {
  /** `env.insnIdx` is processed next, in `env.curState`. */
  beforeInsn(env: VerifierEnv): void;
  /** The instruction is done; `env.touchedRegs`, `env.isSlotTouched` tell what it read or changed. */
  afterInsn(env: VerifierEnv): void;
  /** Another path branches off here, to be followed later from `state`. */
  branch(env: VerifierEnv, state: VerifierState): void;
  /** The path of `state` is followed now: one that `branch` told of, or the first. */
  pathStart(env: VerifierEnv, state: VerifierState): void;
  /** The walk for precision has come to `insnIdx`; `env.bt` holds what must be known exactly behind it. */
  walkBack(env: VerifierEnv, insnIdx: number): void;
  /** What is known before `env.insnIdx` was kept for comparison. */
  checkpoint(env: VerifierEnv, state: VerifierState): void;
  /**
   * @param how "exit" also where a barrier ends what only a guess follows
   * @param by for "pruned": the checkpoint that covers `env.curState`
   */
  pathEnd(env: VerifierEnv, how: "exit" | "pruned" | "refused", by: VerifierState | null): void;
}

/** The checks in their order: the first that refuses ends it. */
const PASSES: readonly ((env: VerifierEnv) => 0 | number)[] = [
  processFdArray,
  checkBtfInfoEarly,
  addSubprogs,
  checkSubprogs,
  checkBtfInfo,
  resolvePseudoLdImm64,
  checkCfg,
  checkAttachTarget,
  prepareExploration,
  doCheckMain,
  doCheckSubprogs,
  removeFastcallSpills,
  checkMaxStackDepth,
  checkConversions,
  checkKfuncCallsGone,
];

/**
 * Whether a program may be loaded.
 *
 * @linux kernel/bpf/verifier.c `bpf_check` (6.18)
 */
export function verify(input: VerifierInput, observe?: VerifierObserver): VerifierOutcome {
  const env = new VerifierEnv(input, observe);
  env.liveness = new Liveness(env);
  let verdict: 0 | number = 0;
  for (const pass of PASSES) {
    verdict = pass(env);
    if (verdict !== 0) break;
  }
  if (verdict === 0 && isAddressLost(env)) verdict = refuseLostAddress(env);
  logStats(env, verdict);
  const fitted = env.log.fit();
  // A program that is fine is refused without an explanation when its log is too long.
  const error = verdict === 0 ? "" : explainingLine(fitted.text);
  const errno = fitted.isTruncated ? -ENOSPC : verdict;
  return outcomeOf(env, { verdict, errno, error, log: fitted.text });
}

function outcomeOf(
  env: VerifierEnv,
  said: Pick<VerifierOutcome, "verdict" | "errno" | "error" | "log">,
): VerifierOutcome {
  return {
    ...said,
    insnsProcessed: env.insnProcessed,
    totalStates: env.totalStates,
    peakStates: env.peakStates,
    maxStatesPerInsn: env.maxStatesPerInsn,
    insns: env.insns,
    insnsWithFds: env.insnsWithFds,
    aux: env.aux,
    subprogs: env.subprogs,
    exceptionCallbackStart: env.subprogs[env.exceptionCallbackSubprog]?.start ?? 0,
    maxCtxOffset: env.maxCtxOffset,
    bufferAccess: env.bufferAccess,
    enforcesAttachType: env.enforcesAttachType,
    usedMaps: env.usedMaps,
    usedBtfs: [...env.usedBtfs].filter((btf) => !btf.isKernel),
    isBpfCapable: env.bpfCapable,
    hasDirectWrite: env.hasDirectWrite,
    progType: env.progType,
    expectedAttachType: env.expectedAttachType,
    attachFuncName: env.attachFuncName,
    attachFuncProto: env.attachFuncProto,
    functions: said.verdict === 0 ? targetFunctions(env) : [],
  };
}

function targetFunctions({ funcInfo, subprogs }: VerifierEnv): TargetFunction[] {
  return funcInfo.map(({ typeId }, i) => {
    const { isUnreliable, isExceptionCb, changesPktData, mightSleep } = subprogs[i]!;
    return { typeId, isUnreliable, isExceptionCb, changesPktData, mightSleep };
  });
}

function prepareExploration(env: VerifierEnv): 0 {
  computePostorder(env);
  computeScc(env);
  computeLiveRegisters(env);
  markFastcallPatterns(env);
  return 0;
}

/** @linux kernel/bpf/verifier.c `fixup_kfunc_call` (6.18) */
function checkKfuncCallsGone(env: VerifierEnv): 0 | number {
  const isLeft = (insn: Insn, i: number) =>
    isKfuncCall(insn) && insn.imm === 0 && env.aux[i]!.isSeen;
  if (!env.insns.some(isLeft)) return 0;
  env.verbose("invalid kernel function call not eliminated in verifier pass\n");
  return -EINVAL;
}

/**
 * The address of a function that nobody calls stays in the program when the function is cut out.
 * That is found when the functions are compiled one by one.
 *
 * @linux kernel/bpf/verifier.c `jit_subprogs` (6.18)
 */
function refuseLostAddress(env: VerifierEnv): number {
  const outcome = outcomeOf(env, { verdict: 0, errno: 0, error: "", log: "" });
  const { insns } = xlated({ outcome, isSleepable: env.isSleepable, numberOf: () => 0 });
  env.verifierBug(`No program to jit at insn ${insns.length} (subprog < 0)`);
  return -EFAULT;
}

/** @linux kernel/bpf/verifier.c `print_verification_stats` (6.18) */
function logStats(env: VerifierEnv, verdict: number): void {
  if ((env.log.level & BPF_LOG_STATS) !== 0) {
    const depths = verdict === 0 ? fixedUpDepths(env) : env.subprogs.map((one) => one.stackDepth);
    env.verbose(`verification time ${env.insnProcessed} usec\nstack depth ${depths.join("+")}\n`);
  }
  env.verbose(
    `processed ${env.insnProcessed} insns (limit 1000000) max_states_per_insn ${env.maxStatesPerInsn} ` +
      `total_states ${env.totalStates} peak_states ${env.peakStates} mark_read 0\n`,
  );
}

/** How deep the stacks of the functions are that remain in the program that runs. */
function fixedUpDepths(env: VerifierEnv): number[] {
  const kept = removeDeadCode(env.insns, env.aux);
  const depths = env.subprogs.flatMap(({ start, stackDepth }, index) => {
    const end = env.subprogEnd(index);
    const own = kept.filter(({ slot }) => slot >= start && slot < end);
    if (own.length === 0) return [];
    const depth = depthWithLoops(stackDepth, own, env.aux);
    return own.some(({ insn }) => isMayGoto(insn)) ? depth + MAY_GOTO_STACK_BYTES : depth;
  });
  const isUncaught = env.exceptionCallbackSubprog === 0 && isThrown(kept, env.aux);
  return isUncaught ? [...depths, 0] : depths;
}
