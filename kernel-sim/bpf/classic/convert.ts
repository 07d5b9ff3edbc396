/**
 * Classic programs become eBPF: A is r0, X is r7, the packet r6, scratch memory lies on the stack.
 *
 * @linux net/core/filter.c `bpf_convert_filter` (6.18)
 * @simplified packets are loaded by LD_ABS and LD_IND, which the machine has as instructions, and
 * the fields of `struct sk_buff` are those of `struct __sk_buff`
 */
import type { Insn } from "../../api.ts";
import { SKB_LEN } from "../contexts.ts";
import * as ebpf from "./ebpf.ts";
import { EXIT, insn, R_A, R_CTX, R_X } from "./ebpf.ts";
import { convertExtension } from "./extensions.ts";
import * as cbpf from "./sock-filter.ts";
import { ancillaryOf, BPF_MEMWORDS, type SockFilter } from "./sock-filter.ts";

/** A jump whose distance is known when all is laid out. */
interface Draft {
  readonly insn: Insn;
  /** The classic instruction that it jumps to, -1 for no jump. */
  readonly target: number;
}

/** The eBPF instructions of a checked program. */
export function bpfConvertFilter(filter: readonly SockFilter[]): Insn[] {
  const drafts: Draft[] = [];
  const startOf: number[] = [];
  const emit = (...insns: readonly Insn[]) => {
    for (const each of insns) drafts.push({ insn: each, target: -1 });
  };
  emit(
    insn(ebpf.XOR32_REG, R_A, R_A),
    insn(ebpf.XOR32_REG, R_X, R_X),
    insn(ebpf.MOV64_REG, R_CTX, ebpf.R_ARG1),
  );
  for (const [at, classic] of filter.entries()) {
    startOf.push(drafts.length);
    if ((classic.code & 7) === cbpf.BPF_JMP) convertJump(classic, at, drafts);
    else emit(...convertOne(classic));
  }
  return drafts.map(({ insn: draft, target }, at) =>
    target < 0 ? draft : { ...draft, off: startOf[target]! - at - 1 },
  );
}

function convertJump({ code, jt, jf, k }: SockFilter, at: number, drafts: Draft[]): void {
  const whenTrue = at + jt + 1;
  const whenFalse = at + jf + 1;
  const jump = (op: number, target: number, srcReg = 0, imm = 0) =>
    drafts.push({ insn: insn(op, op === ebpf.JMP_JA ? 0 : R_A, srcReg, 0, imm), target });
  if (code === (cbpf.BPF_JMP | cbpf.BPF_JA)) {
    jump(ebpf.JMP_JA, at + k + 1);
    return;
  }
  const op = code & 0xf0;
  // Comparisons of eBPF are of 64 bits, and extend the sign of a constant.
  const isWide = (code & cbpf.BPF_X) === 0 && (k | 0) < 0;
  if (isWide) drafts.push({ insn: insn(ebpf.MOV32_IMM, ebpf.R_TMP, 0, 0, k), target: -1 });
  const isReg = isWide || (code & cbpf.BPF_X) !== 0;
  const srcReg = isWide ? ebpf.R_TMP : isReg ? R_X : 0;
  const compare = (kind: number, target: number) =>
    jump(kind | (isReg ? cbpf.BPF_X : 0), target, srcReg, isReg ? 0 : k);
  if (jf === 0) {
    compare(cbpf.BPF_JMP | op, whenTrue);
  } else if (jt === 0 && OPPOSITE[op] !== undefined) {
    compare(OPPOSITE[op], whenFalse);
  } else {
    compare(cbpf.BPF_JMP | op, whenTrue);
    jump(ebpf.JMP_JA, whenFalse);
  }
}

const OPPOSITE: Readonly<Record<number, number>> = {
  [cbpf.BPF_JEQ]: ebpf.JMP_JNE,
  [cbpf.BPF_JGT]: ebpf.JMP_JLE,
  [cbpf.BPF_JGE]: ebpf.JMP_JLT,
};

function convertOne(classic: SockFilter): readonly Insn[] {
  const { code, k } = classic;
  switch (code & 7) {
    case cbpf.BPF_LD:
      return convertLoad(classic);
    case cbpf.BPF_LDX:
      return convertLoadX(classic);
    case cbpf.BPF_ST:
      return [insn(ebpf.STX_W, ebpf.R_FP, R_A, scratchOff(k))];
    case cbpf.BPF_STX:
      return [insn(ebpf.STX_W, ebpf.R_FP, R_X, scratchOff(k))];
    case cbpf.BPF_ALU:
      return convertAlu(classic);
    case cbpf.BPF_RET:
      return (code & 0x18) === cbpf.BPF_A ? [EXIT] : [insn(ebpf.MOV32_IMM, R_A, 0, 0, k), EXIT];
    default:
      return [
        code === cbpf.BPF_MISC ? insn(ebpf.MOV64_REG, R_X, R_A) : insn(ebpf.MOV64_REG, R_A, R_X),
      ];
  }
}

function scratchOff(word: number): number {
  return -(BPF_MEMWORDS - word) * 4;
}

function convertLoad(classic: SockFilter): readonly Insn[] {
  const { code, k } = classic;
  switch (code & 0xe0) {
    case cbpf.BPF_ABS: {
      const what = ancillaryOf(classic);
      return what < 0 ? [insn(code, 0, 0, 0, k)] : convertExtension(what);
    }
    case cbpf.BPF_IND:
      return [insn(code, 0, R_X, 0, k)];
    case cbpf.BPF_MEM:
      return [insn(ebpf.LDX_W, R_A, ebpf.R_FP, scratchOff(k))];
    case cbpf.BPF_LEN:
      return [insn(ebpf.LDX_W, R_A, R_CTX, SKB_LEN)];
    default:
      return [insn(ebpf.MOV32_IMM, R_A, 0, 0, k)];
  }
}

function convertLoadX({ code, k }: SockFilter): readonly Insn[] {
  switch (code & 0xe0) {
    case cbpf.BPF_ABS:
      // Only seccomp has it: a word of what it is asked about.
      return [insn(ebpf.LDX_W, R_A, R_CTX, k)];
    case cbpf.BPF_MEM:
      return [insn(ebpf.LDX_W, R_X, ebpf.R_FP, scratchOff(k))];
    case cbpf.BPF_LEN:
      return [insn(ebpf.LDX_W, R_X, R_CTX, SKB_LEN)];
    case cbpf.BPF_MSH:
      // X becomes the length of an IPv4 header, and A stays what it was.
      return [
        insn(ebpf.MOV64_REG, R_X, R_A),
        insn(cbpf.BPF_LD | cbpf.BPF_B | cbpf.BPF_ABS, 0, 0, 0, k),
        insn(0x54, R_A, 0, 0, 0xf),
        insn(0x64, R_A, 0, 0, 2),
        insn(ebpf.MOV64_REG, ebpf.R_TMP, R_X),
        insn(ebpf.MOV64_REG, R_X, R_A),
        insn(ebpf.MOV64_REG, R_A, ebpf.R_TMP),
      ];
    default:
      return [insn(ebpf.MOV32_IMM, R_X, 0, 0, k)];
  }
}

function convertAlu({ code, k }: SockFilter): readonly Insn[] {
  const isX = (code & cbpf.BPF_X) !== 0;
  const op = code & 0xf0;
  if (op === cbpf.BPF_NEG) return [insn(code, R_A)];
  if (!isX) return [insn(code, R_A, 0, 0, k)];
  if (op !== cbpf.BPF_DIV && op !== cbpf.BPF_MOD) return [insn(code, R_A, R_X)];
  // Where eBPF would go on with 0, a classic program ends with it.
  return [
    insn(ebpf.MOV32_REG, R_X, R_X),
    insn(ebpf.JNE_IMM, R_X, 0, 2),
    insn(ebpf.XOR32_REG, R_A, R_A),
    EXIT,
    insn(code, R_A, R_X),
  ];
}
