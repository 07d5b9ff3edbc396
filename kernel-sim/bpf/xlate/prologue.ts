import type { Insn } from "../../api.ts";
import * as uapi from "../uapi.ts";
import * as i from "./insns.ts";

/** What a program answers when it gets no packet of its own. */
const VERDICTS: Readonly<Record<number, number>> = {
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: 2,
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: 2,
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: 2,
  [uapi.BPF_PROG_TYPE_SK_SKB]: 0,
};
const SKB_PULL_DATA = 39;
const SKB_CLONED = 126;

/** Who writes into a packet gets one of its own. @linux net/core/filter.c `bpf_unclone_prologue` (6.18) */
export function unclonePrologue(progType: number): readonly Insn[] {
  const verdict = VERDICTS[progType];
  if (verdict === undefined) return [];
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
