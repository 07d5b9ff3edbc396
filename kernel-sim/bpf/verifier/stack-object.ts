/** Objects of the kernel that lie on the stack of a program and that only functions of the kernel may touch. */
import { EINVAL, ERANGE } from "../../include/errno.ts";
import { BPF_REG_SIZE } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import type { Reg, RegState } from "./reg-state.ts";
import { type FuncState, slotOf } from "./states.ts";
import { tnumIsConst } from "./tnum.ts";

const DYNPTR_TYPE_NAMES = ["<invalid>", "local", "ringbuf", "skb", "xdp", "skb_meta"];

/** @linux kernel/bpf/log.c `dynptr_type_str` (6.18) */
export function dynptrTypeStr(type: number): string {
  return DYNPTR_TYPE_NAMES[type]!;
}

export interface DynptrObject {
  readonly kind: "dynptr";
  readonly type: number;
  /** The slot with the lower address is the main one. */
  readonly isFirstSlot: boolean;
}

/** @linux include/linux/bpf_verifier.h `enum bpf_iter_state` (6.18) */
export type IterState = "active" | "drained";

export interface IterObject {
  readonly kind: "iter";
  /** `num` of `struct bpf_iter_num`. */
  readonly name: string;
  readonly state: IterState;
  /** How many elements were taken; kept only to tell rounds of a loop apart. */
  readonly depth: number;
}

export interface IrqObject {
  readonly kind: "irq";
  /** Who turned interrupts off, and has to turn them on. */
  readonly kfuncClass: "native" | "lock";
}

export type StackObject = DynptrObject | IterObject | IrqObject;

/**
 * The first slot of an object that `reg` points to: a negative errno when none can lie there, and
 * -ERANGE when the stack has not grown that far.
 *
 * @linux kernel/bpf/verifier.c `stack_slot_obj_get_spi` (6.18)
 */
export function stackSlotObjGetSpi(
  env: VerifierEnv,
  reg: Reg,
  kind: string,
  slots: number,
): number {
  if (!tnumIsConst(reg.varOff)) {
    env.verbose(`${kind} has to be at a constant offset\n`);
    return -EINVAL;
  }
  const off = (reg.off + reg.varOff.value.lo) | 0;
  // Towards zero, as C divides: at the frame pointer itself it is the first slot.
  const spi = ((-off - 1) / BPF_REG_SIZE) | 0;
  if (off % BPF_REG_SIZE !== 0 || spi + 1 < slots) {
    env.verbose(`cannot pass in ${kind} at an offset=${off}\n`);
    return -EINVAL;
  }
  const frame = env.curState.frames[reg.frameno]!;
  return spi - slots + 1 >= 0 && spi < frame.slots ? spi : -ERANGE;
}

/** Puts an object into a slot, and answers the register that says which. */
export function markSlotObject(
  env: VerifierEnv,
  frame: FuncState,
  spi: number,
  type: number,
): RegState {
  frame.setSlotTypes(spi, slotOf(type));
  env.liveness.markStackWrite(frame.frameno, spi);
  const reg = frame.ownSpilled(spi);
  reg.markKnownZero();
  return reg;
}

/** Nothing is left in the slot. */
export function clearSlotObject(env: VerifierEnv, frame: FuncState, spi: number): void {
  frame.ownSpilled(spi).markNotInit(!env.bpfCapable);
  frame.setSlotTypes(spi, 0);
  env.liveness.markStackWrite(frame.frameno, spi);
}

/** @linux kernel/bpf/verifier.c `mark_stack_slot_obj_read` (6.18) */
export function markSlotObjRead(
  env: VerifierEnv,
  frameno: number,
  spi: number,
  slots: number,
): void {
  for (let i = 0; i < slots; i++) {
    env.liveness.markStackRead(frameno, env.insnIdx, spi - i);
    env.markSlotScratched(spi - i);
  }
}
