/**
 * What follows from the jumps alone: functions, reachability, and where states are kept.
 */
import type { Insn } from "../../api.ts";
import { E2BIG, EINVAL, EPERM } from "../../include/errno.ts";
import {
  BPF_ABS,
  BPF_CALL,
  BPF_EXIT,
  BPF_IND,
  BPF_JA,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_X,
  bpfClass,
  bpfMode,
  bpfOp,
  bpfSrc,
  isHelperCall,
  isJump,
  isKfuncCall,
  isLdImm64,
  isMayGoto,
  isPseudoCall,
  isPseudoFunc,
  jumpOffset,
  successors,
} from "../isa.ts";
import { KF_ITER_NEXT, KF_SLEEPABLE } from "../kfuncs/kfunc-flags.ts";
import { addKfuncCall } from "./add-kfunc.ts";
import { SubprogInfo, type VerifierEnv } from "./env.ts";
import { exceptionCallbackInsnOff } from "./exception-callback.ts";
import {
  helperChangesPktData,
  isAsyncCallbackCallingHelper,
  isSyncCallbackCallingHelper,
} from "./helper-traits.ts";
import {
  isAsyncCallbackCallingKfunc,
  isSyncCallbackCallingKfunc,
  kfuncMetaOf,
} from "./kfunc-call.ts";
import { verboseLinfo } from "./line-info.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";

const BPF_MAX_SUBPROGS = 256;
const BPF_FUNC_TAIL_CALL = 12;

/** @linux kernel/bpf/verifier.c `add_subprog_and_kfunc` (6.18) */
export function addSubprogs(env: VerifierEnv): 0 | number {
  addSubprog(env, 0);
  for (const [i, insn] of env.insns.entries()) {
    const isCall = isPseudoCall(insn);
    if (!isCall && !isPseudoFunc(insn) && !isKfuncCall(insn)) continue;
    if (!env.bpfCapable) {
      env.verbose(
        "loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN\n",
      );
      return -EPERM;
    }
    const err = isKfuncCall(insn) ? addKfuncCall(env, insn) : addSubprog(env, i + insn.imm + 1);
    if (err < 0) return err;
  }
  const err = addExceptionCallback(env);
  if (err < 0) return err;
  if ((env.log.level & BPF_LOG_LEVEL2) !== 0) {
    for (const [i, { start }] of env.subprogs.entries()) env.verbose(`func#${i} @${start}\n`);
  }
  return 0;
}

/** Nothing in the program calls it: it is found by its BTF. */
function addExceptionCallback(env: VerifierEnv): 0 | number {
  const start = exceptionCallbackInsnOff(env);
  if (start <= 0) return start;
  const err = addSubprog(env, start);
  if (err !== 0) return err;
  const index = env.findSubprog(start);
  const info = env.subprogs[index]!;
  info.isCb = true;
  info.isAsyncCb = true;
  info.isExceptionCb = true;
  env.exceptionCallbackSubprog = index;
  return 0;
}

function addSubprog(env: VerifierEnv, start: number): 0 | number {
  if (start >= env.insns.length || start < 0) {
    env.verbose("call to invalid destination\n");
    return -EINVAL;
  }
  if (env.findSubprog(start) >= 0) return 0;
  if (env.subprogs.length >= BPF_MAX_SUBPROGS) {
    env.verbose("too many subprograms\n");
    return -E2BIG;
  }
  env.subprogs.push(new SubprogInfo(start));
  env.subprogs.sort((a, b) => a.start - b.start);
  return 0;
}

/** Jumps stay within their function. @linux kernel/bpf/verifier.c `check_subprogs` (6.18) */
export function checkSubprogs(env: VerifierEnv): 0 | number {
  for (const [index, subprog] of env.subprogs.entries()) {
    const end = env.subprogEnd(index);
    for (let i = subprog.start; i < end; i++) {
      const insn = env.insns[i]!;
      const { code } = insn;
      if (isHelperCall(insn) && insn.imm === BPF_FUNC_TAIL_CALL) subprog.hasTailCall = true;
      if (bpfClass(code) === BPF_LD && (bpfMode(code) === BPF_ABS || bpfMode(code) === BPF_IND)) {
        subprog.hasLdAbs = true;
      }
      if (isJump(code) && bpfOp(code) !== BPF_EXIT && bpfOp(code) !== BPF_CALL) {
        // An int, as in C: a long jump may wrap around.
        const target = (i + jumpOffset(insn) + 1) | 0;
        if (target < subprog.start || target >= end) {
          env.verbose(`jump out of range from insn ${i} to ${target}\n`);
          return -EINVAL;
        }
      }
      if (i === end - 1 && !endsFunction(code)) {
        env.verbose("last insn is not an exit or jmp\n");
        return -EINVAL;
      }
    }
  }
  return 0;
}

function endsFunction(code: number): boolean {
  return (
    code === (BPF_JMP | BPF_EXIT) || code === (BPF_JMP32 | BPF_JA) || code === (BPF_JMP | BPF_JA)
  );
}

const DISCOVERED = 0x10;
const EXPLORED = 0x20;
const FALLTHROUGH = 1;
const BRANCH = 2;

const DONE_EXPLORING = 0;
const KEEP_EXPLORING = 1;

/**
 * Walks the program depth first, and marks where states are compared.
 *
 * @linux kernel/bpf/verifier.c `check_cfg` (6.18)
 */
export function checkCfg(env: VerifierEnv): 0 | number {
  const walk = new CfgWalk(env);
  const catcher = env.subprogs[env.exceptionCallbackSubprog]!.start;
  const err = walk.run(0) || walk.run(catcher);
  if (err < 0) return err;
  for (let i = 0; i < env.insns.length; i++) {
    if (walk.state[i] !== EXPLORED) {
      env.verbose(`unreachable insn ${i}\n`);
      return -EINVAL;
    }
    if (!isLdImm64(env.insns[i]!)) continue;
    if (walk.state[i + 1] !== 0) {
      env.verbose(`jump into the middle of ldimm64 insn ${i}\n`);
      return -EINVAL;
    }
    i++;
  }
  return 0;
}

class CfgWalk {
  readonly state: Uint8Array;
  readonly #env: VerifierEnv;
  readonly #insns: readonly Insn[];
  readonly #stack: Int32Array;
  #depth = 0;

  constructor(env: VerifierEnv) {
    this.#env = env;
    this.#insns = env.insns;
    this.state = new Uint8Array(env.insns.length);
    this.#stack = new Int32Array(env.insns.length);
  }

  /** Walks from an instruction on, unless that was done before. */
  run(start: number): 0 | number {
    if (this.state[start] === EXPLORED) return 0;
    this.state[start] = DISCOVERED;
    this.#stack[0] = start;
    this.#depth = 1;
    while (this.#depth > 0) {
      const t = this.#stack[this.#depth - 1]!;
      const answer = this.#visit(t);
      if (answer < 0) return answer;
      if (answer === KEEP_EXPLORING) continue;
      this.state[t] = EXPLORED;
      this.#depth--;
    }
    return 0;
  }

  #visit(t: number): number {
    const insn = this.#insns[t]!;
    if (isPseudoFunc(insn)) return this.#visitCall(t, true);
    if (!isJump(insn.code)) return this.#push(t, t + (isLdImm64(insn) ? 2 : 1), FALLTHROUGH);
    switch (bpfOp(insn.code)) {
      case BPF_EXIT:
        return DONE_EXPLORING;
      case BPF_CALL:
        this.#noteCall(t, insn);
        return this.#visitCall(t, insn.srcReg === 1);
      case BPF_JA:
        return this.#visitJa(t, insn);
      default:
        return this.#visitBranch(t, insn);
    }
  }

  #noteKfuncCall(t: number, insn: Insn): void {
    const aux = this.#env.aux[t]!;
    if (isAsyncCallbackCallingKfunc(insn)) aux.isPrunePoint = true;
    if (isSyncCallbackCallingKfunc(insn)) this.#noteSyncCallback(t);
    const meta = kfuncMetaOf(this.#env, insn);
    if (meta === undefined) return;
    if (meta.has(KF_ITER_NEXT)) {
      // Without a checkpoint in every round, the loop would not be seen to come to an end.
      aux.isIterNext = true;
      aux.isPrunePoint = true;
      aux.isForceCheckpoint = true;
    }
    const subprog = this.#env.containingSubprog(t);
    if (meta.has(KF_SLEEPABLE)) subprog.mightSleep = true;
    if (meta.name === "bpf_xdp_pull_data") subprog.changesPktData = true;
  }

  #noteSyncCallback(t: number): void {
    const aux = this.#env.aux[t]!;
    aux.callsCallback = true;
    aux.isForceCheckpoint = true;
    aux.isPrunePoint = true;
    aux.isJmpPoint = true;
  }

  #noteCall(t: number, insn: Insn): void {
    if (isKfuncCall(insn)) this.#noteKfuncCall(t, insn);
    if (!isHelperCall(insn)) return;
    const aux = this.#env.aux[t]!;
    // Without a comparison of states, an asynchronous callback would be entered again and again.
    if (isAsyncCallbackCallingHelper(insn.imm)) aux.isPrunePoint = true;
    if (isSyncCallbackCallingHelper(insn.imm)) this.#noteSyncCallback(t);
    if (this.#env.ops?.helper(insn.imm, this.#env)?.mightSleep === true) {
      this.#env.containingSubprog(t).mightSleep = true;
    }
    if (helperChangesPktData(insn.imm)) this.#env.containingSubprog(t).changesPktData = true;
  }

  #visitCall(t: number, visitsCallee: boolean): number {
    const insn = this.#insns[t]!;
    const next = t + (isLdImm64(insn) ? 2 : 1);
    const answer = this.#push(t, next, FALLTHROUGH);
    if (answer !== DONE_EXPLORING) return answer;
    this.#markPrunePoint(next);
    // Whoever returns here did not come from the instruction before.
    this.#markJmpPoint(next);
    if (!visitsCallee) return answer;
    const callee = t + insn.imm + 1;
    this.#markPrunePoint(t);
    const caller = this.#env.containingSubprog(t);
    const called = this.#env.containingSubprog(callee);
    caller.changesPktData ||= called.changesPktData;
    caller.mightSleep ||= called.mightSleep;
    return this.#push(t, callee, BRANCH);
  }

  #visitJa(t: number, insn: Insn): number {
    if (bpfSrc(insn.code) === BPF_X) return -EINVAL;
    const target = t + 1 + (bpfClass(insn.code) === BPF_JMP ? insn.off : insn.imm);
    const answer = this.#push(t, target, FALLTHROUGH);
    if (answer !== DONE_EXPLORING) return answer;
    this.#markPrunePoint(target);
    this.#markJmpPoint(target);
    return answer;
  }

  #visitBranch(t: number, insn: Insn): number {
    this.#markPrunePoint(t);
    if (isMayGoto(insn)) this.#env.aux[t]!.isForceCheckpoint = true;
    const answer = this.#push(t, t + 1, FALLTHROUGH);
    if (answer !== DONE_EXPLORING) return answer;
    return this.#push(t, t + insn.off + 1, BRANCH);
  }

  /** Follows one edge, unless it was followed before. */
  #push(t: number, w: number, edge: number): number {
    const { state } = this;
    if (state[t]! >= (DISCOVERED | edge)) return DONE_EXPLORING;
    if (w < 0 || w >= this.#insns.length) {
      verboseLinfo(this.#env, t, `${t}: `);
      this.#env.verbose(`jump out of range from insn ${t} to ${w}\n`);
      return -EINVAL;
    }
    if (edge === BRANCH) {
      this.#markPrunePoint(w);
      this.#markJmpPoint(w);
    }
    if (state[w] === 0) {
      state[t] = DISCOVERED | edge;
      state[w] = DISCOVERED;
      if (this.#depth >= this.#insns.length) return -E2BIG;
      this.#stack[this.#depth++] = w;
      return KEEP_EXPLORING;
    }
    if ((state[w]! & 0xf0) === DISCOVERED) {
      if (this.#env.bpfCapable) return DONE_EXPLORING;
      verboseLinfo(this.#env, t, `${t}: `);
      verboseLinfo(this.#env, w, `${w}: `);
      this.#env.verbose(`back-edge from insn ${t} to ${w}\n`);
      return -EINVAL;
    }
    state[t] = DISCOVERED | edge;
    return DONE_EXPLORING;
  }

  #markPrunePoint(idx: number): void {
    this.#env.aux[idx]!.isPrunePoint = true;
  }

  #markJmpPoint(idx: number): void {
    this.#env.aux[idx]!.isJmpPoint = true;
  }
}

/** Puts the instructions of each function in postorder. @linux kernel/bpf/verifier.c `compute_postorder` (6.18) */
export function computePostorder(env: VerifierEnv): void {
  const postorder: number[] = [];
  const state = new Uint8Array(env.insns.length);
  for (const subprog of env.subprogs) {
    subprog.postorderStart = postorder.length;
    const stack = [subprog.start];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      state[top]! |= DISCOVERED;
      if ((state[top]! & EXPLORED) !== 0) {
        postorder.push(top);
        stack.pop();
        continue;
      }
      for (const next of successors(env.insns, top)) {
        if (state[next] !== 0) continue;
        stack.push(next);
        state[next] = DISCOVERED;
      }
      state[top]! |= EXPLORED;
    }
  }
  env.postorder = postorder;
}

/**
 * Numbers the strongly connected components: a loop is one. Tarjan's algorithm without recursion.
 *
 * @linux kernel/bpf/verifier.c `compute_scc` (6.18)
 */
export function computeScc(env: VerifierEnv): number {
  const count = env.insns.length;
  const NOT_ON_STACK = count + 1;
  const pre = new Int32Array(count);
  const low = new Int32Array(count);
  const stack: number[] = [];
  let nextPreorder = 1;
  let nextScc = 1;
  for (let start = 0; start < count; start++) {
    if (pre[start] !== 0) continue;
    const path = [start];
    while (path.length > 0) {
      const w = path[path.length - 1]!;
      if (pre[w] === 0) {
        low[w] = nextPreorder;
        pre[w] = nextPreorder++;
        stack.push(w);
      }
      const next = successors(env.insns, w);
      const unvisited = next.find((to) => {
        if (pre[to] === 0) return true;
        low[w] = Math.min(low[w]!, low[to]!);
        return false;
      });
      if (unvisited !== undefined) {
        path.push(unvisited);
        continue;
      }
      path.pop();
      if (low[w]! < pre[w]!) continue;
      const isLoop = stack[stack.length - 1] !== w || next.includes(w);
      let member: number;
      do {
        member = stack.pop()!;
        low[member] = NOT_ON_STACK;
        if (isLoop) env.aux[member]!.scc = nextScc;
      } while (member !== w);
      if (isLoop) nextScc++;
    }
  }
  return nextScc;
}
