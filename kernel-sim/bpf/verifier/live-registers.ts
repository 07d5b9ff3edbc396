import type { Insn } from "../../api.ts";
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_DW,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_IMM,
  BPF_JA,
  BPF_JCOND,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_MEM,
  BPF_MEMSX,
  BPF_MOV,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  bpfClass,
  bpfMode,
  bpfOp,
  bpfSize,
  bpfSrc,
  isLdImm64,
  successors,
} from "../isa.ts";
import { callSummary } from "./call-summary.ts";
import type { VerifierEnv } from "./env.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";

/** r0 to r5 */
const CALLER_SAVED = 0x3f;
const R0 = 1;
const EVERYTHING = 0xffff;

/**
 * Which registers may still be read, before each instruction: textbook data flow, backwards until
 * nothing changes.
 *
 * @linux kernel/bpf/verifier.c `compute_live_registers` (6.18)
 */
export function computeLiveRegisters(env: VerifierEnv): void {
  const { insns, aux } = env;
  const use = new Uint16Array(insns.length);
  const def = new Uint16Array(insns.length);
  const live = new Uint16Array(insns.length);
  for (const [i, insn] of insns.entries()) {
    const found = readAndWritten(env, insn);
    use[i] = found.use;
    def[i] = found.def;
  }
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const idx of env.postorder) {
      let out = 0;
      for (const next of successors(insns, idx)) out |= live[next]!;
      const before = (out & ~def[idx]!) | use[idx]!;
      if (before === live[idx]) continue;
      live[idx] = before;
      isChanged = true;
    }
  }
  for (const [i, noted] of aux.entries()) noted.liveRegsBefore = live[i]!;
  if ((env.log.level & BPF_LOG_LEVEL2) !== 0) printLiveRegisters(env);
}

function printLiveRegisters(env: VerifierEnv): void {
  env.verbose("Live regs before insn:\n");
  for (let i = 0; i < env.insns.length; i++) {
    const { scc, liveRegsBefore } = env.aux[i]!;
    let text = scc === 0 ? "    " : `${String(scc).padStart(3)} `;
    text += `${String(i).padStart(3)}: `;
    for (let reg = 0; reg < 10; reg++) text += ((liveRegsBefore >> reg) & 1) !== 0 ? reg : ".";
    env.verbose(`${text} ${env.insnText(i)}\n`);
    if (isLdImm64(env.insns[i]!)) i++;
  }
}

interface UseDef {
  readonly use: number;
  readonly def: number;
}

/** What an instruction reads and writes. @linux kernel/bpf/verifier.c `compute_insn_live_regs` (6.18) */
function readAndWritten(env: VerifierEnv, insn: Insn): UseDef {
  const src = 1 << insn.srcReg;
  const dst = 1 << insn.dstReg;
  const { code } = insn;
  const mode = bpfMode(code);
  switch (bpfClass(code)) {
    case BPF_LD:
      if (mode === BPF_IMM && bpfSize(code) === BPF_DW) return { use: 0, def: dst };
      return { use: EVERYTHING, def: 0 };
    case BPF_LDX:
      if (mode === BPF_MEM || mode === BPF_MEMSX) return { use: src, def: dst };
      return { use: EVERYTHING, def: 0 };
    case BPF_ST:
      return { use: mode === BPF_MEM ? dst : EVERYTHING, def: 0 };
    case BPF_STX:
      if (mode === BPF_MEM) return { use: dst | src, def: 0 };
      return mode === BPF_ATOMIC ? atomic(insn, dst, src) : { use: EVERYTHING, def: 0 };
    case BPF_ALU:
    case BPF_ALU64: {
      if (bpfOp(code) === BPF_END) return { use: dst, def: dst };
      const operand = bpfSrc(code) === BPF_K ? 0 : src;
      return { use: bpfOp(code) === BPF_MOV ? operand : dst | operand, def: dst };
    }
    default:
      return jump(env, insn, dst, src);
  }
}

function atomic({ imm }: Insn, dst: number, src: number): UseDef {
  switch (imm) {
    case BPF_CMPXCHG:
      return { use: R0 | dst | src, def: R0 };
    case BPF_LOAD_ACQ:
      return { use: src, def: dst };
    case BPF_STORE_REL:
      return { use: dst | src, def: 0 };
    default:
      return { use: dst | src, def: (imm & BPF_FETCH) !== 0 ? src : 0 };
  }
}

function jump(env: VerifierEnv, insn: Insn, dst: number, src: number): UseDef {
  switch (bpfOp(insn.code)) {
    case BPF_JA:
    case BPF_JCOND:
      return { use: 0, def: 0 };
    case BPF_EXIT:
      return { use: R0, def: 0 };
    case BPF_CALL:
      return { use: callUse(env, insn), def: CALLER_SAVED };
    default:
      return { use: bpfSrc(insn.code) === BPF_K ? dst : dst | src, def: 0 };
  }
}

function callUse(env: VerifierEnv, insn: Insn): number {
  const summary = callSummary(env, insn);
  if (summary === undefined) return CALLER_SAVED & ~R0;
  return ((1 << (summary.params + 1)) - 1) & ~R0;
}
