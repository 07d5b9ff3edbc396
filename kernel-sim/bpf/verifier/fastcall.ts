/**
 * Compilers that know that a helper is inlined spill and fill around its call only the registers
 * that it would otherwise destroy. Where those slots serve nothing else, spill and fill go away.
 *
 * @linux kernel/bpf/verifier.c `mark_fastcall_pattern_for_call` (6.18)
 */
import type { Insn } from "../../api.ts";
import {
  BPF_CALL,
  BPF_DW,
  BPF_JMP,
  BPF_LDX,
  BPF_MEM,
  BPF_REG_FP,
  BPF_REG_SIZE,
  BPF_STX,
} from "../isa.ts";
import { callSummary } from "./call-summary.ts";
import type { VerifierEnv } from "./env.ts";

const CALLER_SAVED = 0x3f;
const SPILL = BPF_STX | BPF_MEM | BPF_DW;
const FILL = BPF_LDX | BPF_MEM | BPF_DW;
const S16_MIN = -0x8000;

export function markFastcallPatterns(env: VerifierEnv): void {
  for (const [index, subprog] of env.subprogs.entries()) {
    const end = env.subprogEnd(index);
    let lowestOff = 0;
    for (let i = subprog.start; i < end; i++) {
      const { code, dstReg, off } = env.insns[i]!;
      if (code === SPILL && dstReg === BPF_REG_FP) lowestOff = Math.min(lowestOff, off);
    }
    for (let i = subprog.start; i < end; i++) {
      if (env.insns[i]!.code === (BPF_JMP | BPF_CALL)) markPattern(env, index, i, lowestOff);
    }
  }
}

function markPattern(env: VerifierEnv, index: number, idx: number, lowestOff: number): void {
  const call = env.insns[idx]!;
  const summary = callSummary(env, call);
  if (summary === undefined) return;
  const results = summary.isVoid ? 0 : 1;
  const params = ((1 << (summary.params + 1)) - 1) & ~1;
  let expected = CALLER_SAVED & ~(params | results);
  let off = lowestOff;
  let pairs = 0;
  while (pairs < 6) {
    const spill = env.insns[idx - pairs - 1];
    const fill = env.insns[idx + pairs + 1];
    if (spill === undefined || fill === undefined) break;
    if (!isPair(spill, fill, off) || ((expected >> spill.srcReg) & 1) === 0) break;
    expected &= ~(1 << spill.srcReg);
    env.aux[idx - pairs - 1]!.fastcallPattern = true;
    env.aux[idx + pairs + 1]!.fastcallPattern = true;
    pairs++;
    off += BPF_REG_SIZE;
  }
  if (pairs === 0) return;
  const subprog = env.subprogs[index]!;
  if (summary.isInlined) env.aux[idx]!.fastcallSpillsNum = pairs;
  else subprog.keepFastcallStack = true;
  subprog.fastcallStackOff = Math.min(subprog.fastcallStackOff, off);
}

function isPair(spill: Insn, fill: Insn, off: number): boolean {
  return (
    spill.code === SPILL &&
    fill.code === FILL &&
    spill.dstReg === BPF_REG_FP &&
    fill.srcReg === BPF_REG_FP &&
    spill.srcReg === fill.dstReg &&
    spill.off === off &&
    fill.off === off
  );
}

/** Who else uses the slots of a pattern forbids its removal. @linux kernel/bpf/verifier.c `check_fastcall_stack_contract` (6.18) */
export function checkFastcallStackContract(
  env: VerifierEnv,
  subprogno: number,
  insnIdx: number,
  off: number,
): void {
  const subprog = env.subprogs[subprogno]!;
  if (subprog.fastcallStackOff <= off || env.aux[insnIdx]!.fastcallPattern) return;
  subprog.fastcallStackOff = S16_MIN;
  const end = env.subprogEnd(subprogno);
  for (let i = subprog.start; i < end; i++) {
    env.aux[i]!.fastcallSpillsNum = 0;
    env.aux[i]!.fastcallPattern = false;
  }
}

/**
 * Spills and fills around calls that are inlined go, and with them their part of the stack.
 *
 * @linux kernel/bpf/verifier.c `remove_fastcall_spills_fills` (6.18)
 */
export function removeFastcallSpills(env: VerifierEnv): 0 {
  for (const [index, subprog] of env.subprogs.entries()) {
    const end = env.subprogEnd(index);
    let isChanged = false;
    for (let i = subprog.start; i < end; i++) {
      const pairs = env.aux[i]!.fastcallSpillsNum;
      for (let distance = 1; distance <= pairs; distance++) {
        env.aux[i - distance]!.isRemoved = true;
        env.aux[i + distance]!.isRemoved = true;
        isChanged = true;
      }
    }
    if (isChanged && !subprog.keepFastcallStack) subprog.stackDepth = -subprog.fastcallStackOff;
  }
  return 0;
}
