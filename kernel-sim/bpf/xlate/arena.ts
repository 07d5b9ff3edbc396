/** Instructions of programs with an arena. */
import type { Insn } from "../../api.ts";
import {
  BPF_ALU,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  bpfClass,
  bpfMode,
  CAST_TO_USER,
  isAddrSpaceCast,
  isLdImm64,
} from "../isa.ts";
import { BPF_F_NO_USER_CONV } from "../maps/flags.ts";
import { BPF_MAP_TYPE_ARENA } from "../uapi.ts";
import type { InsnAux } from "../verifier/env.ts";
import { PTR_TO_ARENA } from "../verifier/reg-type.ts";
import type { VerifierMap } from "../verifier/verifier-input.ts";

const MEM = 0x60;
const MEMSX = 0x80;
const ATOMIC = 0xc0;
/** Modes that only the kernel writes. */
const PROBE_MEM32SX = 0xc0;
const PROBE_ATOMIC = 0xe0;
const LDX = 1;

/** An instruction other than an access, as it is kept in a program with an arena. */
export function arenaInsn(
  insn: Insn,
  aux: InsnAux,
  maps: readonly VerifierMap[],
  arenaFlags: number,
): Insn {
  const { srcReg } = insn;
  const isValue = srcReg === BPF_PSEUDO_MAP_VALUE || srcReg === BPF_PSEUDO_MAP_IDX_VALUE;
  if (!isLdImm64(insn) || !isValue) {
    return narrowArenaMath(insn, aux, arenaFlags);
  }
  // Where user space sees it is no secret.
  const isArenas = maps[aux.mapIndex]?.type === BPF_MAP_TYPE_ARENA;
  return isArenas ? { ...insn, srcReg: 0 } : insn;
}

/**
 * What is computed with addresses of an arena is computed in 32 bits, which also is what a cast to
 * them does.
 *
 * @linux kernel/bpf/verifier.c `do_misc_fixups` (6.18)
 */
function narrowArenaMath(insn: Insn, { needsZext }: InsnAux, arenaFlags: number): Insn {
  if (isAddrSpaceCast(insn)) {
    const isUserForm = insn.imm === CAST_TO_USER && (arenaFlags & BPF_F_NO_USER_CONV) === 0;
    return isUserForm ? insn : { ...insn, code: narrow(insn.code), off: 0, imm: 0 };
  }
  return needsZext ? { ...insn, code: narrow(insn.code) } : insn;
}

function narrow(code: number): number {
  return BPF_ALU | (code & ~7);
}

/** Whether it loads or stores at an address of an arena. */
export function isArenaAccess({ code }: Insn, { ptrType }: InsnAux): boolean {
  const kind = bpfClass(code);
  return ptrType === PTR_TO_ARENA && kind >= 1 && kind <= 3;
}

/** As it is shown. @linux kernel/bpf/verifier.c `convert_ctx_accesses`, kernel/bpf/syscall.c `bpf_insn_prepare_dump` (6.18) */
export function shownArenaAccess(insn: Insn): Insn {
  const { code } = insn;
  const mode = bpfMode(code);
  if (mode === MEM) return insn;
  const shown = mode === MEMSX && bpfClass(code) === LDX ? PROBE_MEM32SX : PROBE_ATOMIC;
  return mode === MEMSX || mode === ATOMIC ? { ...insn, code: (code & ~0xe0) | shown } : insn;
}
