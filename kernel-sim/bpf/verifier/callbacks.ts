/** Functions of the program that helpers call: what they get, and how often they are followed. */
import type { Insn } from "../../api.ts";
import { EFAULT, ENOMEM, ENOTSUPP } from "../../include/errno.ts";
import { BPF_DYNPTR_TYPE_LOCAL } from "../dynptr.ts";
import {
  BPF_FUNC_FIND_VMA,
  BPF_FUNC_FOR_EACH_MAP_ELEM,
  BPF_FUNC_LOOP,
  BPF_FUNC_TIMER_SET_CALLBACK,
  BPF_FUNC_USER_RINGBUF_DRAIN,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
} from "../uapi.ts";
import { markChainPrecision } from "./backtrack.ts";
import { markDynptrReg } from "./dynptr.ts";
import type { VerifierEnv } from "./env.ts";
import { setupFuncEntry } from "./func-call.ts";
import { fromS32, ltU } from "./int64.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";
import { pushAsyncCb, pushStack } from "./paths.ts";
import { isNullReg, S32_MAX, S32_MIN } from "./reg-state.ts";
import {
  CONST_PTR_TO_MAP,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  SCALAR_VALUE,
} from "./reg-type.ts";
import type { FuncState, RetvalRange } from "./states.ts";
import { checkSubprogCall } from "./subprog-call.ts";
import type { VerifierMap } from "./verifier-input.ts";

/**
 * Puts what the helper passes into the registers of the function, which know nothing yet.
 *
 * @linux kernel/bpf/verifier.c `set_callee_state_fn` (6.18)
 */
export type SetCalleeState = (env: VerifierEnv, caller: FuncState, callee: FuncState) => 0 | number;

const CONTINUE_OR_STOP: RetvalRange = { min: 0, max: 1 };
const ZERO_ONLY: RetvalRange = { min: 0, max: 0 };
const ANY_INT: RetvalRange = { min: S32_MIN, max: S32_MAX };

/**
 * Has the function followed later, and the call goes on as if it had returned. How often it is
 * called, nobody knows: where it ends, it comes back to the call.
 *
 * @linux kernel/bpf/verifier.c `push_callback_call` (6.18)
 */
export function pushCallbackCall(
  env: VerifierEnv,
  subprog: number,
  isAsync: { readonly mayWorkSleep: boolean } | null,
  setCalleeState: SetCalleeState,
): 0 | number {
  const { insnIdx } = env;
  const caller = env.frame;
  const err = checkSubprogCall(env, subprog);
  if (err === -EFAULT) return err;
  const info = env.subprogs[subprog]!;
  info.isCb = true;
  if (isAsync !== null) {
    info.isAsyncCb = true;
    const state = pushAsyncCb(env, info.start, insnIdx, subprog, isAsync.mayWorkSleep);
    if (state === null) return -EFAULT;
    state.frame.asyncEntryCnt = caller.asyncEntryCnt + 1;
    return setCalleeState(env, caller, state.frame);
  }
  const state = pushStack(env, info.start, insnIdx);
  if (state === null) return -ENOMEM;
  const entryErr = setupFuncEntry(env, state, subprog, insnIdx, setCalleeState);
  if (entryErr !== 0) return entryErr;
  state.callbackUnrollDepth++;
  state.frames[state.curframe - 1]!.callbackDepth++;
  caller.callbackDepth = 0;
  return 0;
}

/** A helper that is given a function: has that followed. Nothing to do for others. */
export function checkHelperCallback(
  env: VerifierEnv,
  { imm: id }: Insn,
  subprog: number,
  map: VerifierMap | null,
): 0 | number {
  switch (id) {
    case BPF_FUNC_FOR_EACH_MAP_ELEM:
      return pushCallbackCall(env, subprog, null, (_, caller, callee) =>
        setMapElemState(env, caller, callee, map!),
      );
    case BPF_FUNC_TIMER_SET_CALLBACK:
      return pushCallbackCall(env, subprog, { mayWorkSleep: false }, setTimerState);
    case BPF_FUNC_FIND_VMA:
      return pushCallbackCall(env, subprog, null, setFindVmaState);
    case BPF_FUNC_USER_RINGBUF_DRAIN:
      return pushCallbackCall(env, subprog, null, setUserRingbufState);
    case BPF_FUNC_LOOP:
      return checkLoop(env, subprog);
    default:
      return 0;
  }
}

/** Its rounds are counted as long as their number is known. */
function checkLoop(env: VerifierEnv, subprog: number): 0 | number {
  updateLoopInlineState(env, subprog);
  const err = markChainPrecision(env, 1);
  if (err !== 0) return err;
  const { frame } = env;
  if (ltU(fromS32(frame.callbackDepth), frame.reg(1).umax)) {
    return pushCallbackCall(env, subprog, null, setLoopState);
  }
  frame.callbackDepth = 0;
  if ((env.log.level & BPF_LOG_LEVEL2) !== 0) {
    env.verbose(`frame${env.curState.curframe} bpf_loop iteration limit reached\n`);
  }
  return 0;
}

/** @linux kernel/bpf/verifier.c `update_loop_inline_state` (6.18) */
function updateLoopInlineState(env: VerifierEnv, subprogno: number): void {
  const aux = env.aux[env.insnIdx]!;
  if (aux.loopInline === null) {
    aux.loopInline = { subprogno, isFit: isLoopFlagZero(env) };
  } else if (aux.loopInline.isFit) {
    aux.loopInline.isFit = isLoopFlagZero(env) && aux.loopInline.subprogno === subprogno;
  }
}

const FLAGS_REGNO = 4;

function isLoopFlagZero(env: VerifierEnv): boolean {
  const isZero = isNullReg(env.frame.reg(FLAGS_REGNO));
  if (isZero) markChainPrecision(env, FLAGS_REGNO);
  return isZero;
}

const FOR_EACH_MAP_TYPES: readonly number[] = [
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
];

/** @linux kernel/bpf/verifier.c `set_map_elem_callback_state` (6.18) */
function setMapElemState(
  env: VerifierEnv,
  caller: FuncState,
  callee: FuncState,
  map: VerifierMap,
): 0 | number {
  if (!FOR_EACH_MAP_TYPES.includes(map.type)) {
    env.verbose("callback function not allowed for map\n");
    return -ENOTSUPP;
  }
  callee.own(1).assign(caller.reg(1));
  setElement(callee, map);
  callee.own(4).assign(caller.reg(3));
  return synchronous(callee);
}

/** Key and value in r2 and r3. */
function setElement(callee: FuncState, map: VerifierMap | null): void {
  for (const [regno, type] of [
    [2, PTR_TO_MAP_KEY],
    [3, PTR_TO_MAP_VALUE],
  ] as const) {
    const reg = callee.own(regno);
    reg.markKnownZero();
    reg.type = type;
    reg.map = map;
  }
}

function synchronous(callee: FuncState): 0 {
  callee.inCallbackFn = true;
  callee.callbackRetRange = CONTINUE_OR_STOP;
  return 0;
}

/** @linux kernel/bpf/verifier.c `set_loop_callback_state` (6.18) */
function setLoopState(_env: VerifierEnv, caller: FuncState, callee: FuncState): 0 {
  callee.own(1).type = SCALAR_VALUE;
  callee.own(2).assign(caller.reg(3));
  return synchronous(callee);
}

/** Of a function that is called when who asked for it has gone on: it gets the map, a key and its value. */
function later(callee: FuncState, map: VerifierMap | null, range = ZERO_ONLY): 0 {
  const first = callee.own(1);
  first.markKnownZero();
  first.type = CONST_PTR_TO_MAP;
  first.map = map;
  setElement(callee, map);
  callee.inAsyncCallbackFn = true;
  callee.callbackRetRange = range;
  return 0;
}

/** @linux kernel/bpf/verifier.c `set_timer_callback_state` (6.18) */
export function setTimerState(_env: VerifierEnv, caller: FuncState, callee: FuncState): 0 {
  return later(callee, caller.reg(1).map);
}

/** @linux kernel/bpf/verifier.c `set_find_vma_callback_state` (6.18) */
function setFindVmaState(_env: VerifierEnv, caller: FuncState, callee: FuncState): 0 {
  callee.own(1).assign(caller.reg(1));
  const vma = callee.own(2);
  vma.markKnownZero();
  vma.type = PTR_TO_BTF_ID;
  vma.btfType = "vm_area_struct";
  callee.own(3).assign(caller.reg(4));
  return synchronous(callee);
}

/** @linux kernel/bpf/verifier.c `set_user_ringbuf_callback_state` (6.18) */
function setUserRingbufState(env: VerifierEnv, caller: FuncState, callee: FuncState): 0 {
  markDynptrReg(env, callee.own(1), BPF_DYNPTR_TYPE_LOCAL);
  callee.own(2).assign(caller.reg(3));
  return synchronous(callee);
}

/** @linux kernel/bpf/verifier.c `set_task_work_schedule_callback_state` (6.18) */
export function setTaskWorkState(_env: VerifierEnv, caller: FuncState, callee: FuncState): 0 {
  return later(callee, caller.reg(3).map, ANY_INT);
}
