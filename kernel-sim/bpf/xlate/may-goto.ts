/** Loops that end when they have taken too long. @linux kernel/bpf/verifier.c `do_misc_fixups` (6.18) */

import type { Insn } from "../../api.ts";
import { MAY_GOTO_STACK_BYTES } from "../verifier/fixed-up.ts";
import * as i from "./insns.ts";
import { BPF_REG_AX as AX } from "./insns.ts";
import { kernelFunction } from "./kernel-functions.ts";
import { added, type Patched } from "./patch.ts";

const BPF_MAX_TIMED_LOOPS = 0xffff;

/**
 * @param target where it goes when the time is over
 * @param stackDepth of the function, in bytes
 */
export function mayGoto(target: number, stackDepth: number): readonly Patched[] {
  const count = -stackDepth - MAY_GOTO_STACK_BYTES;
  return [
    ...added(i.load(i.DW, AX, 10, count)),
    { insn: i.jumpImm(i.JEQ, AX, 0, 0), target },
    ...added(
      i.aluImm(i.SUB, AX, 1),
      i.jumpImm(i.JNE, AX, 0, 2),
      i.aluImm(i.MOV, AX, count),
      i.call(kernelFunction("arch_bpf_timed_may_goto")),
      i.raw(0x7b, 10, AX, count),
    ),
  ];
}

/** A function with such loops starts the counter. */
export function mayGotoPrologue(stackDepth: number): readonly Insn[] {
  const count = -stackDepth - MAY_GOTO_STACK_BYTES;
  return [i.raw(0x7a, 10, 0, count, BPF_MAX_TIMED_LOOPS), i.raw(0x7a, 10, 0, count + 8, 0)];
}
