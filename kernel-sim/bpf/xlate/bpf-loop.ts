/** The body of bpf_loop() in the place of its call. */
import { BPF_PSEUDO_CALL } from "../isa.ts";
import * as i from "./insns.ts";
import { added, type Patched } from "./patch.ts";

const BPF_MAX_LOOPS = 8 * 1024 * 1024;
const E2BIG = 7;
const MAX = 6;
const COUNT = 7;
const CTX = 8;

/**
 * @param stackBase where they are put, from the frame pointer on
 * @param callback the first instruction of the function
 * @param subprogno its number among those that are left
 * @linux kernel/bpf/verifier.c `inline_bpf_loop` (6.18)
 */
export function inlinedLoop(
  stackBase: number,
  callback: number,
  subprogno: number,
): readonly Patched[] {
  const saved = [MAX, COUNT, CTX];
  return [
    ...added(
      i.jumpImm(i.JLE, 1, BPF_MAX_LOOPS, 2),
      i.aluImm(i.MOV, 0, -E2BIG, false),
      i.jump(16),
      ...saved.map((reg, at) => i.raw(0x7b, 10, reg, stackBase + at * 8)),
      i.aluReg(i.MOV, MAX, 1),
      i.aluImm(i.MOV, COUNT, 0, false),
      i.aluReg(i.MOV, CTX, 3),
      i.raw(0x3d, COUNT, MAX, 5),
      i.aluReg(i.MOV, 1, COUNT),
      i.aluReg(i.MOV, 2, CTX),
    ),
    { insn: i.raw(0x85, 0, BPF_PSEUDO_CALL, 0, subprogno), target: callback },
    ...added(
      i.aluImm(i.ADD, COUNT, 1),
      i.jumpImm(i.JEQ, 0, 0, -6),
      i.aluReg(i.MOV, 0, COUNT),
      ...saved.map((reg, at) => i.load(i.DW, reg, 10, stackBase + at * 8)),
    ),
  ];
}
