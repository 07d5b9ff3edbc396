/** What the kernel asks of a classic program before it converts it. */
import { EINVAL } from "../../include/errno.ts";
import * as cbpf from "./sock-filter.ts";
import { ancillaryOf, BPF_MAXINSNS, BPF_MEMWORDS, type SockFilter } from "./sock-filter.ts";

const ALU_OPS = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0];
const JUMP_OPS = [cbpf.BPF_JEQ, cbpf.BPF_JGE, cbpf.BPF_JGT, cbpf.BPF_JSET];
const SIZES = [cbpf.BPF_W, cbpf.BPF_H, cbpf.BPF_B];

const COMPARISONS: ReadonlySet<number> = new Set(
  JUMP_OPS.flatMap((op) => [cbpf.BPF_K, cbpf.BPF_X].map((src) => cbpf.BPF_JMP | op | src)),
);

/** @linux net/core/filter.c `chk_code_allowed` (6.18) */
const ALLOWED: ReadonlySet<number> = new Set([
  ...ALU_OPS.flatMap((op) => [cbpf.BPF_ALU | op, cbpf.BPF_ALU | op | cbpf.BPF_X]),
  cbpf.BPF_ALU | cbpf.BPF_NEG,
  ...SIZES.flatMap((size) => [size | cbpf.BPF_ABS, size | cbpf.BPF_IND]),
  ...[cbpf.BPF_LEN, cbpf.BPF_IMM, cbpf.BPF_MEM].flatMap((mode) => [mode, cbpf.BPF_LDX | mode]),
  cbpf.BPF_LDX | cbpf.BPF_B | cbpf.BPF_MSH,
  cbpf.BPF_ST,
  cbpf.BPF_STX,
  cbpf.BPF_MISC | cbpf.BPF_TAX,
  cbpf.BPF_MISC | cbpf.BPF_TXA,
  cbpf.BPF_RET | cbpf.BPF_K,
  cbpf.BPF_RET | cbpf.BPF_A,
  cbpf.BPF_JMP | cbpf.BPF_JA,
  ...COMPARISONS,
]);

/**
 * Whether a classic program may run on packets. All jumps go forward, so it always ends.
 *
 * @linux net/core/filter.c `bpf_check_classic` (6.18)
 */
export function bpfCheckClassic(filter: readonly SockFilter[]): 0 | number {
  const { length } = filter;
  if (length === 0 || length > BPF_MAXINSNS) return -EINVAL;
  for (const [pc, insn] of filter.entries()) {
    if (!ALLOWED.has(insn.code) || !isInsnOk(insn, pc, length)) return -EINVAL;
  }
  const { code } = filter[length - 1]!;
  const isReturn = code === (cbpf.BPF_RET | cbpf.BPF_K) || code === (cbpf.BPF_RET | cbpf.BPF_A);
  return isReturn ? checkLoadAndStores(filter) : -EINVAL;
}

function isInsnOk(insn: SockFilter, pc: number, length: number): boolean {
  const { code, jt, jf, k } = insn;
  switch (code) {
    case cbpf.BPF_ALU | cbpf.BPF_DIV:
    case cbpf.BPF_ALU | cbpf.BPF_MOD:
      return k !== 0;
    case cbpf.BPF_ALU | cbpf.BPF_LSH:
    case cbpf.BPF_ALU | cbpf.BPF_RSH:
      return k < 32;
    case cbpf.BPF_LD | cbpf.BPF_MEM:
    case cbpf.BPF_LDX | cbpf.BPF_MEM:
    case cbpf.BPF_ST:
    case cbpf.BPF_STX:
      return k < BPF_MEMWORDS;
    case cbpf.BPF_JMP | cbpf.BPF_JA:
      return k < length - pc - 1;
    case cbpf.BPF_LD | cbpf.BPF_W | cbpf.BPF_ABS:
    case cbpf.BPF_LD | cbpf.BPF_H | cbpf.BPF_ABS:
    case cbpf.BPF_LD | cbpf.BPF_B | cbpf.BPF_ABS:
      return k < cbpf.SKF_AD_OFF || ancillaryOf(insn) >= 0;
    default:
      return !COMPARISONS.has(code) || (pc + jt + 1 < length && pc + jf + 1 < length);
  }
}

/** Scratch memory is written before it is read, on every path. @linux net/core/filter.c `check_load_and_stores` (6.18) */
function checkLoadAndStores(filter: readonly SockFilter[]): 0 | number {
  const masks = new Uint16Array(filter.length).fill(0xffff);
  const reach = (pc: number, written: number) => {
    masks[pc]! &= written;
  };
  let written = 0;
  for (const [pc, { code, jt, jf, k }] of filter.entries()) {
    written &= masks[pc]!;
    if (code === cbpf.BPF_ST || code === cbpf.BPF_STX) {
      written |= 1 << k;
    } else if (code === cbpf.BPF_MEM || code === (cbpf.BPF_LDX | cbpf.BPF_MEM)) {
      if ((written & (1 << k)) === 0) return -EINVAL;
    } else if (code === (cbpf.BPF_JMP | cbpf.BPF_JA)) {
      reach(pc + 1 + k, written);
      written = 0xffff;
    } else if (COMPARISONS.has(code)) {
      reach(pc + 1 + jt, written);
      reach(pc + 1 + jf, written);
      written = 0xffff;
    }
  }
  return 0;
}
