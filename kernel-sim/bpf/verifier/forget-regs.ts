import { BPF_REG_FP } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import type { Reg, RegState } from "./reg-state.ts";
import {
  baseType,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_SKB_META,
  DYNPTR_TYPE_XDP,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
} from "./reg-type.ts";
import { isSpilledReg } from "./states.ts";

/**
 * Makes all registers and spilled registers of all frames worthless for which `isGone` holds.
 *
 * @linux kernel/bpf/verifier.c `mark_reg_invalid` (6.18)
 */
export function forgetRegs(env: VerifierEnv, isGone: (reg: Reg) => boolean): void {
  for (const frame of env.curState.frames) {
    for (let regno = 0; regno <= BPF_REG_FP; regno++) {
      if (isGone(frame.reg(regno))) invalidate(env, frame.own(regno));
    }
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      if (isSpilledReg(slot) && isGone(slot.spilled)) invalidate(env, frame.ownSpilled(spi));
    }
  }
}

/** Who may know addresses keeps a number in its place. */
function invalidate(env: VerifierEnv, reg: RegState): void {
  if (env.allowPtrLeaks) reg.markUnknown(!env.bpfCapable);
  else reg.markNotInit(!env.bpfCapable);
}

/** @linux kernel/bpf/verifier.c `reg_is_dynptr_slice_pkt` (6.18) */
function isPacketSlice(type: number): boolean {
  const flags = DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP | DYNPTR_TYPE_SKB_META;
  return baseType(type) === PTR_TO_MEM && (type & flags) !== 0;
}

/** The packet may lie elsewhere now. @linux kernel/bpf/verifier.c `clear_all_pkt_pointers` (6.18) */
export function clearAllPktPointers(env: VerifierEnv): void {
  forgetRegs(
    env,
    ({ type }) =>
      type === PTR_TO_PACKET ||
      type === PTR_TO_PACKET_META ||
      type === PTR_TO_PACKET_END ||
      isPacketSlice(type),
  );
}
