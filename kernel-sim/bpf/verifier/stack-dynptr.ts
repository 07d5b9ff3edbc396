/** What a write to the stack does to a dynptr that lies there. */
import { EINVAL } from "../../include/errno.ts";
import { BPF_DYNPTR_TYPE_RINGBUF } from "../dynptr.ts";
import type { VerifierEnv } from "./env.ts";
import { forgetRegs } from "./forget-regs.ts";
import { PTR_MAYBE_NULL, PTR_TO_MEM } from "./reg-type.ts";
import { clearSlotObject } from "./stack-object.ts";
import { type FuncState, STACK_DYNPTR, slotType } from "./states.ts";

/** Whether the kernel must be told that the program is done with it. */
export function dynptrTypeRefcounted(type: number): boolean {
  return type === BPF_DYNPTR_TYPE_RINGBUF;
}

/**
 * A write to one of its slots destroys a dynptr, and its slices are worth nothing.
 *
 * @linux kernel/bpf/verifier.c `destroy_if_dynptr_stack_slot` (6.18)
 */
export function destroyIfDynptrStackSlot(
  env: VerifierEnv,
  frame: FuncState,
  spi: number,
): 0 | number {
  const slot = frame.slot(spi);
  const { object } = slot.spilled;
  if (slotType(slot, 0) !== STACK_DYNPTR || object?.kind !== "dynptr") return 0;
  if (dynptrTypeRefcounted(object.type)) {
    env.verbose("cannot overwrite referenced dynptr\n");
    return -EINVAL;
  }
  const first = object.isFirstSlot ? spi : spi + 1;
  env.markSlotScratched(first);
  env.markSlotScratched(first - 1);
  const { id } = slot.spilled;
  clearSlotObject(env, frame, first);
  clearSlotObject(env, frame, first - 1);
  forgetRegs(env, ({ type, dynptrId }) => {
    const isSlice = type === PTR_TO_MEM || type === (PTR_TO_MEM | PTR_MAYBE_NULL);
    return isSlice && dynptrId === id;
  });
  return 0;
}
