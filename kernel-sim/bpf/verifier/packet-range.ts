/** A comparison of a packet pointer with the end of the packet says how far it may be read. */
import type { Insn } from "../../api.ts";
import {
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JMP32,
  BPF_X,
  bpfClass,
  bpfOp,
  bpfSrc,
} from "../isa.ts";
import { AT_PKT_END, BEYOND_PKT_END } from "./branch-taken.ts";
import { add, fromS32, fromU32, isZero, ltU } from "./int64.ts";
import type { Reg } from "./reg-state.ts";
import { PTR_TO_PACKET, PTR_TO_PACKET_END, PTR_TO_PACKET_META } from "./reg-type.ts";
import { isSpilledReg } from "./states.ts";
import { tnumIsConst } from "./tnum.ts";
import type { VerifierState } from "./verifier-state.ts";

/**
 * Notes what the jump says of packet pointers in both branches.
 *
 * @returns false when the jump does not compare a packet pointer with the end
 * @linux kernel/bpf/verifier.c `try_match_pkt_pointers` (6.18)
 */
export function tryMatchPktPointers(
  insn: Insn,
  fallthrough: VerifierState,
  jump: VerifierState,
): boolean {
  const { code, dstReg, srcReg } = insn;
  if (bpfSrc(code) !== BPF_X || bpfClass(code) === BPF_JMP32) return false;
  const dst = fallthrough.frame.reg(dstReg);
  const src = fallthrough.frame.reg(srcReg);
  const isDstPointer = isPointerAndEnd(dst, src);
  if (!isDstPointer && !isPointerAndEnd(src, dst)) return false;
  const regno = isDstPointer ? dstReg : srcReg;
  const pointer = isDstPointer ? dst : src;
  const op = bpfOp(code);
  // The branch in which the pointer is at most at the end, and whether it is below it for sure.
  switch (op) {
    case BPF_JGT:
    case BPF_JLE: {
      const isInsideOnJump = (op === BPF_JLE) === isDstPointer;
      note(isInsideOnJump ? jump : fallthrough, isInsideOnJump ? fallthrough : jump, !isDstPointer);
      return true;
    }
    case BPF_JLT:
    case BPF_JGE: {
      const isInsideOnJump = (op === BPF_JLT) === isDstPointer;
      note(isInsideOnJump ? jump : fallthrough, isInsideOnJump ? fallthrough : jump, isDstPointer);
      return true;
    }
    default:
      return false;
  }

  function note(inside: VerifierState, outside: VerifierState, isBelow: boolean): void {
    findGoodPktPointers(inside, pointer, isBelow);
    if (outside.frame.reg(regno).type !== PTR_TO_PACKET) return;
    outside.frame.own(regno).range = isBelow ? AT_PKT_END : BEYOND_PKT_END;
  }
}

/** Packet data ends at the end of the packet; metadata where the packet starts. */
function isPointerAndEnd(pointer: Reg, end: Reg): boolean {
  if (pointer.type === PTR_TO_PACKET) return end.type === PTR_TO_PACKET_END;
  return pointer.type === PTR_TO_PACKET_META && isPacketStart(end);
}

/** @linux kernel/bpf/verifier.c `reg_is_init_pkt_pointer` (6.18) */
function isPacketStart({ type, id, off, varOff }: Reg): boolean {
  const isUnmoved = off === 0 && tnumIsConst(varOff) && isZero(varOff.value);
  return type === PTR_TO_PACKET && id === 0 && isUnmoved;
}

const MAX_PACKET_OFF = fromU32(0xffff);

/**
 * All copies of the pointer may be followed as far as this one has moved.
 *
 * @linux kernel/bpf/verifier.c `find_good_pkt_pointers` (6.18)
 */
function findGoodPktPointers(state: VerifierState, pointer: Reg, isBelow: boolean): void {
  const { type, id, off, umax } = pointer;
  if (off < 0 || (off === 0 && isBelow)) return;
  // Else the pointer may have wrapped around.
  if (ltU(MAX_PACKET_OFF, umax) || ltU(MAX_PACKET_OFF, add(umax, fromS32(off)))) return;
  const range = isBelow ? off + 1 : off;
  for (const frame of state.frames) {
    for (let i = 0; i < 11; i++) {
      const reg = frame.reg(i);
      if (reg.type === type && reg.id === id && reg.range < range) frame.own(i).range = range;
    }
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      if (!isSpilledReg(slot)) continue;
      const { spilled } = slot;
      if (spilled.type === type && spilled.id === id && spilled.range < range) {
        frame.ownSpilled(spi).range = range;
      }
    }
  }
}
