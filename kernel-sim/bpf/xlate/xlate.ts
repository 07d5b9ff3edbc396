import type { Insn } from "../../api.ts";
import {
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  isHelperCall,
  isLdImm64,
  isMayGoto,
  isPseudoCall,
} from "../isa.ts";
import * as uapi from "../uapi.ts";
import { removeDeadCode } from "../verifier/dead-code.ts";
import type { InsnAux, SubprogInfo } from "../verifier/env.ts";

import { PTR_TO_CTX } from "../verifier/reg-type.ts";
import type { VerifierOutcome } from "../verifier/verify.ts";
import { arenaInsn, isArenaAccess, shownArenaAccess } from "./arena.ts";
import { fixDivision, fixPointerMove } from "./arithmetic.ts";
import { type CtxTarget, convertCtxAccess, SKB_TSTAMP_TYPE } from "./ctx-access.ts";
import * as i from "./insns.ts";
import { BPF_REG_AX as AX } from "./insns.ts";
import {
  SKB_LOAD_HELPER_8,
  SKB_LOAD_HELPER_16,
  SKB_LOAD_HELPER_32,
  TIMED_MAY_GOTO,
} from "./kernel-functions.ts";
import { inlinedLookup } from "./lookups.ts";
import { added, layOut, original, type Patched } from "./patch.ts";
import { convertSockAccess } from "./sock-access.ts";

/**
 * The program as the kernel would keep it: without dead code, with its own structures in the place
 * of the context, divisions that cannot trap and lookups inlined. It is only shown: what runs is
 * the program with the contexts and helpers of this machine.
 *
 * @param numberOf the number of a map, by its index among those that the program uses
 * @linux kernel/bpf/verifier.c `convert_ctx_accesses`, `do_misc_fixups`, kernel/bpf/syscall.c `bpf_insn_prepare_dump` (6.18)
 * @simplified accesses to contexts other than `xdp_md` and `__sk_buff` stay as they are, and so do calls of
 * `bpf_loop`; behind a compare-and-exchange of 32 bits stands no zero extension; addresses of the
 * kernel's own variables are 0
 */
export function xlatedInsns(
  progType: number,
  outcome: VerifierOutcome,
  numberOf: (mapIndex: number) => number,
): Insn[] {
  const arena = outcome.usedMaps.find(({ type }) => type === uapi.BPF_MAP_TYPE_ARENA);
  const { aux, isBpfCapable, hasDirectWrite, subprogs } = outcome;
  const alive = isBpfCapable
    ? removeDeadCode(outcome.insns, aux, true)
    : outcome.insns.map((_, slot) => ({ insn: sanitized(outcome.insns, aux, slot), slot }));
  const kept = alive.map(({ insn, slot }) => ({
    insn: arena === undefined ? insn : arenaInsn(insn, aux[slot]!, outcome.usedMaps, arena.flags),
    slot,
  }));
  const insns = kept.map(({ insn }) => insn);
  const functions = subprogs.map(({ start }) => start).filter((start) => aux[start]!.isSeen);
  const target: CtxTarget = {
    progType,
    isTstampTypeAccessed: kept.some(
      ({ insn, slot }) => aux[slot]!.ptrType === PTR_TO_CTX && insn.off === SKB_TSTAMP_TYPE,
    ),
  };
  const groups = kept.map(({ insn, slot }, at): readonly Patched[] => {
    const first = insns[at - 1];
    const isSecondHalf = first !== undefined && isLdImm64(first) && insn.code === 0;
    if (isSecondHalf) {
      const { mapIndex, mapOff } = aux[kept[at - 1]!.slot]!;
      return added(
        mapIndex < 0 || first.srcReg === 0
          ? insn
          : { ...insn, imm: first.srcReg === 2 ? mapOff : 0 },
      );
    }
    const note = aux[slot]!;
    // It goes to itself, also with a barrier in front.
    if (insn === TRAP) return added(...(note.nospec ? [i.NOSPEC] : []), insn);
    const shown = mapLoad(insn, note, numberOf);
    const patched =
      shown ??
      functionReference(insn, functions, kept[at + 1 + insn.imm]?.slot) ??
      patchedInsn(target, insn, note, stackDepthAt(subprogs, slot));
    return note.nospec ? [...added(i.NOSPEC), ...patched] : patched;
  });
  return layOut(insns, groups, prologueOf(progType, hasDirectWrite, insns, subprogs));
}

/** What nobody reaches must not be reached on a guess either. @linux kernel/bpf/verifier.c `sanitize_dead_code` (6.18) */
function sanitized(insns: readonly Insn[], aux: readonly InsnAux[], slot: number): Insn {
  return aux[slot]!.isSeen ? insns[slot]! : TRAP;
}

const TRAP: Insn = Object.freeze(i.jump(-1));

function mapLoad(
  insn: Insn,
  { mapIndex, isKernelAddress }: InsnAux,
  numberOf: (mapIndex: number) => number,
): readonly Patched[] | undefined {
  if (isKernelAddress) return added({ ...insn, srcReg: 0 });
  if (!isLdImm64(insn) || mapIndex < 0 || insn.srcReg === 0) return undefined;
  const isValue = insn.srcReg === BPF_PSEUDO_MAP_VALUE || insn.srcReg === VALUE_BY_INDEX;
  const srcReg = isValue ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
  return added({ ...insn, srcReg, imm: numberOf(mapIndex) });
}

/** BPF_PSEUDO_MAP_IDX_VALUE */
const VALUE_BY_INDEX = 6;

/** A call of a function of the program, which is shown by its number. @linux kernel/bpf/verifier.c `jit_subprogs` (6.18) */
function functionReference(
  insn: Insn,
  functions: readonly number[],
  start: number | undefined,
): readonly Patched[] | undefined {
  if (!isPseudoCall(insn) || start === undefined) return undefined;
  return [original({ ...insn, imm: functions.indexOf(start) })];
}

function stackDepthAt(subprogs: readonly SubprogInfo[], slot: number): number {
  let depth = 0;
  for (const { start, stackDepth } of subprogs) if (start <= slot) depth = stackDepth;
  return depth;
}

function patchedInsn(
  target: CtxTarget,
  insn: Insn,
  aux: InsnAux,
  stackDepth: number,
): readonly Patched[] {
  const kind = insn.code & 7;
  const isMem = (insn.code & 0xe0) === 0x60 || (insn.code & 0xe0) === 0x80;
  if (isArenaAccess(insn, aux)) return added(shownArenaAccess(insn));
  if (kind >= 1 && kind <= 3 && isMem) {
    if (kind !== 1 && aux.nospecResult) return added(insn, i.NOSPEC);
    const converted =
      aux.ptrType === PTR_TO_CTX
        ? convertCtxAccess(target, insn)
        : convertSockAccess(aux.ptrType, insn);
    return added(...(converted ?? [insn]));
  }
  if (kind === 0 && insn.code !== 0x18) return added(...loadFromPacket(insn));
  if (isMayGoto(insn)) return mayGoto(insn, stackDepth);
  if (isHelperCall(insn)) return added(...helperCall(insn, aux));
  const fixed = fixDivision(insn) ?? fixPointerMove(insn, aux);
  return fixed === undefined ? [original(insn)] : added(...fixed);
}

const LOAD_HELPERS: Readonly<Record<number, number>> = {
  16: SKB_LOAD_HELPER_8,
  8: SKB_LOAD_HELPER_16,
  0: SKB_LOAD_HELPER_32,
};

/** LD_ABS and LD_IND. @linux net/core/filter.c `bpf_gen_ld_abs` (6.18) */
function loadFromPacket({ code, srcReg, imm }: Insn): readonly Insn[] {
  const isIndirect = (code & 0xe0) === 0x40;
  const offset = isIndirect
    ? [i.aluReg(i.MOV, 2, srcReg), ...(imm === 0 ? [] : [i.aluImm(i.ADD, 2, imm)])]
    : [i.aluImm(i.MOV, 2, imm)];
  return [
    ...offset,
    i.aluReg(i.MOV, 1, 6),
    i.call(LOAD_HELPERS[code & 0x18]!),
    i.jumpImm(i.JSGE, 0, 0, 2),
    i.aluReg(i.XOR, 0, 0, false),
    i.EXIT,
  ];
}

/** A loop that ends when it has taken too long. */
function mayGoto(insn: Insn, stackDepth: number): readonly Patched[] {
  const count = -stackDepth - MAY_GOTO_BYTES;
  return [
    ...added(i.load(i.DW, AX, 10, count)),
    original(i.jumpImm(i.JEQ, AX, 0, insn.off)),
    ...added(
      i.aluImm(i.SUB, AX, 1),
      i.jumpImm(i.JNE, AX, 0, 2),
      i.aluImm(i.MOV, AX, count),
      i.call(TIMED_MAY_GOTO),
      i.raw(0x7b, 10, AX, count),
    ),
  ];
}

/** A counter and the time at which the loop began. */
const MAY_GOTO_BYTES = 16;
const BPF_MAX_TIMED_LOOPS = 0xffff;

const MAP_LOOKUP_ELEM = 1;
const GET_SMP_PROCESSOR_ID = 8;
const JIFFIES64 = 118;

function helperCall(insn: Insn, { calledMap }: InsnAux): readonly Insn[] {
  switch (insn.imm) {
    case MAP_LOOKUP_ELEM:
      return (calledMap == null ? undefined : inlinedLookup(calledMap)) ?? [insn];
    case GET_SMP_PROCESSOR_ID:
      return [i.aluImm(i.MOV, 0, 0), i.percpuAddress(0, 0), i.load(i.W, 0, 0, 0)];
    case JIFFIES64:
      return [i.raw(0x18, 0), i.raw(0, 0), i.load(i.DW, 0, 0, 0)];
    default:
      return [insn];
  }
}

const UNCLONES: Readonly<Record<number, number>> = {
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: 2,
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: 2,
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: 2,
  [uapi.BPF_PROG_TYPE_SK_SKB]: 0,
};
const SKB_PULL_DATA = 39;
const SKB_CLONED = 126;

function prologueOf(
  progType: number,
  hasDirectWrite: boolean,
  insns: readonly Insn[],
  subprogs: readonly SubprogInfo[],
): readonly Patched[] {
  const isTimed = insns.some((insn) => isMayGoto(insn));
  const depth = subprogs[0]!.stackDepth;
  const timer = isTimed
    ? [
        i.raw(0x7a, 10, 0, -depth - MAY_GOTO_BYTES, BPF_MAX_TIMED_LOOPS),
        i.raw(0x7a, 10, 0, -depth - MAY_GOTO_BYTES + 8, 0),
      ]
    : [];
  const verdict = UNCLONES[progType];
  if (!hasDirectWrite || verdict === undefined) return added(...timer);
  return added(...timer, ...unclone(verdict));
}

/** Who writes into a packet gets one of its own. @linux net/core/filter.c `bpf_unclone_prologue` (6.18) */
function unclone(verdict: number): readonly Insn[] {
  return [
    i.load(i.B, 6, 1, SKB_CLONED),
    i.aluImm(i.AND, 6, 1, false),
    i.jumpImm(i.JEQ, 6, 0, 7),
    i.aluReg(i.MOV, 6, 1),
    i.aluReg(i.XOR, 2, 2),
    i.call(SKB_PULL_DATA),
    i.jumpImm(i.JEQ, 0, 0, 2),
    i.aluImm(i.MOV, 0, verdict, false),
    i.EXIT,
    i.aluReg(i.MOV, 1, 6),
  ];
}
