/**
 * A compare-and-exchange of 32 bits leaves the upper half of R0 as it was where it was not equal:
 * who reads all of it gets it extended.
 */
import type { Insn } from "../../api.ts";
import {
  BPF_ATOMIC,
  BPF_CMPXCHG,
  BPF_DW,
  BPF_FETCH,
  BPF_MOV,
  BPF_STX,
  BPF_W,
  bpfClass,
  bpfMode,
  bpfOp,
  bpfSize,
  bpfSrc,
  isJump,
  jumpOffset,
} from "../isa.ts";
import * as i from "./insns.ts";

export const ZERO_EXTENSION: Insn = Object.freeze({ ...i.aluReg(i.MOV, 0, 0, false), imm: 1 });

const CMPXCHG_W = BPF_STX | BPF_ATOMIC | BPF_W;
const EXIT = 0x95;
const CALL = 0x85;
const GOTO = 0x05;
const GOTO_LONG = 0x06;

/**
 * Whether all 64 bits of R0 may be read behind the instruction.
 *
 * @linux kernel/bpf/verifier.c `opt_subreg_zext_lo32_rnd_hi32`, `is_reg64` (6.18)
 * @simplified every branch counts as one that may be taken, and what a function answers as read
 */
export function isZeroExtended(kept: readonly { readonly insn: Insn }[], at: number): boolean {
  const { code, imm } = kept[at]!.insn;
  if (code !== CMPXCHG_W || imm !== BPF_CMPXCHG) return false;
  const seen = new Set<number>();
  const pending = [at + 1];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const insn = kept[next]?.insn;
    if (insn === undefined || seen.has(next)) continue;
    seen.add(next);
    if (readsWhole(insn)) return true;
    if (isRedefined(insn)) continue;
    const isPlain = !isJump(insn.code);
    if (isPlain || (insn.code !== GOTO && insn.code !== GOTO_LONG)) pending.push(next + 1);
    if (!isPlain) pending.push(next + 1 + jumpOffset(insn));
  }
  return false;
}

/** Whether it reads all of R0. */
function readsWhole({ code, dstReg, srcReg, imm }: Insn): boolean {
  const op = bpfOp(code);
  const readsDst = dstReg === 0;
  const readsSrc = srcReg === 0 && bpfSrc(code) !== 0;
  switch (bpfClass(code)) {
    case 7:
      return readsSrc || (readsDst && op !== BPF_MOV);
    case 5:
      return code === EXIT || (code !== CALL && code !== GOTO && (readsDst || readsSrc));
    case 4:
      return op === 0xd0 && imm === 64 && readsDst;
    case 3: {
      const isDw = bpfSize(code) === BPF_DW;
      const comparesR0 = bpfMode(code) === BPF_ATOMIC && imm === BPF_CMPXCHG;
      return isDw && (srcReg === 0 || comparesR0);
    }
    default:
      return false;
  }
}

/** Whether R0 is another one behind it. */
function isRedefined({ code, dstReg, srcReg, imm }: Insn): boolean {
  switch (bpfClass(code)) {
    case 3: {
      if (bpfMode(code) !== BPF_ATOMIC) return false;
      return imm === BPF_CMPXCHG || ((imm & BPF_FETCH) !== 0 && srcReg === 0);
    }
    case 5:
      return code === CALL;
    case 6:
    case 2:
      return false;
    default:
      return dstReg === 0;
  }
}
