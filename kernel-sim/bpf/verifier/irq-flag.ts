/** Flags on the stack that say whether interrupts were on: what was turned off comes back in reverse order. */
import { EACCES, EINVAL, ERANGE } from "../../include/errno.ts";
import { BPF_DW } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import type { KfuncMeta } from "./kfunc-call.ts";
import { checkMemAccess } from "./mem-access.ts";
import type { Reg } from "./reg-state.ts";
import { PTR_TO_STACK } from "./reg-type.ts";
import { BPF_WRITE } from "./region-access.ts";
import {
  clearSlotObject,
  type IrqObject,
  markSlotObject,
  markSlotObjRead,
  stackSlotObjGetSpi,
} from "./stack-object.ts";
import { STACK_IRQ_FLAG, slotOf } from "./states.ts";
import { REF_TYPE_IRQ } from "./verifier-state.ts";

function irqFlagGetSpi(env: VerifierEnv, reg: Reg): number {
  return stackSlotObjGetSpi(env, reg, "irq_flag", 1);
}

const SAVES: ReadonlySet<string> = new Set(["bpf_local_irq_save", "bpf_res_spin_lock_irqsave"]);

/** @linux kernel/bpf/verifier.c `process_irq_flag` (6.18) */
export function processIrqFlag(env: VerifierEnv, regno: number, meta: KfuncMeta): 0 | number {
  const kfuncClass =
    meta.name.includes("spin_lock") || meta.name.includes("spin_unlock") ? "lock" : "native";
  const reg = env.frame.reg(regno);
  if (SAVES.has(meta.name)) return save(env, regno, kfuncClass);
  if (!isValidInit(env, reg)) {
    env.verbose(`expected an initialized irq flag as arg#${regno - 1}\n`);
    return -EINVAL;
  }
  const spi = irqFlagGetSpi(env, reg);
  markSlotObjRead(env, reg.frameno, spi, 1);
  return restore(env, reg, spi, kfuncClass);
}

function save(env: VerifierEnv, regno: number, kfuncClass: IrqObject["kfuncClass"]): 0 | number {
  const reg = env.frame.reg(regno);
  if (!isValidUninit(env, reg)) {
    env.verbose(`expected uninitialized irq flag as arg#${regno - 1}\n`);
    return -EINVAL;
  }
  const err = checkMemAccess(env, env.insnIdx, regno, 0, BPF_DW, BPF_WRITE, -1, false, false);
  if (err !== 0) return err;
  const spi = irqFlagGetSpi(env, reg);
  if (spi < 0) return spi;
  const state = env.curState;
  const id = env.newId();
  state.refs = [...state.refs, { type: REF_TYPE_IRQ, id, insnIdx: env.insnIdx, ptr: null }];
  state.activeIrqId = id;
  const slot = markSlotObject(env, state.frames[reg.frameno]!, spi, STACK_IRQ_FLAG);
  slot.type = PTR_TO_STACK;
  slot.refObjId = id;
  slot.object = { kind: "irq", kfuncClass };
  env.markSlotScratched(spi);
  return 0;
}

/** @linux kernel/bpf/verifier.c `unmark_stack_slot_irq_flag` (6.18) */
function restore(
  env: VerifierEnv,
  reg: Reg,
  spi: number,
  kfuncClass: IrqObject["kfuncClass"],
): 0 | number {
  const state = env.curState;
  const frame = state.frames[reg.frameno]!;
  const { object, refObjId } = frame.slot(spi).spilled;
  if (object?.kind === "irq" && object.kfuncClass !== kfuncClass) {
    env.verbose(
      `irq flag acquired by ${object.kfuncClass} kfuncs cannot be restored with ${kfuncClass} kfuncs\n`,
    );
    return -EINVAL;
  }
  if (refObjId !== state.activeIrqId) {
    const insnIdx = state.refs.find(({ id }) => id === state.activeIrqId)?.insnIdx ?? 0;
    env.verbose(
      `cannot restore irq state out of order, expected id=${state.activeIrqId} acquired at insn_idx=${insnIdx}\n`,
    );
    return -EACCES;
  }
  state.refs = state.refs.filter(({ type, id }) => type !== REF_TYPE_IRQ || id !== refObjId);
  const left = state.refs.filter(({ type }) => type === REF_TYPE_IRQ);
  state.activeIrqId = left[left.length - 1]?.id ?? 0;
  clearSlotObject(env, frame, spi);
  env.markSlotScratched(spi);
  return 0;
}

/** @linux kernel/bpf/verifier.c `is_irq_flag_reg_valid_uninit` (6.18) */
function isValidUninit(env: VerifierEnv, reg: Reg): boolean {
  const spi = irqFlagGetSpi(env, reg);
  if (spi < 0) return spi === -ERANGE;
  return env.curState.frames[reg.frameno]!.slot(spi).types !== slotOf(STACK_IRQ_FLAG);
}

/** @linux kernel/bpf/verifier.c `is_irq_flag_reg_valid_init` (6.18) */
function isValidInit(env: VerifierEnv, reg: Reg): boolean {
  const spi = irqFlagGetSpi(env, reg);
  if (spi < 0) return false;
  const { spilled, types } = env.curState.frames[reg.frameno]!.slot(spi);
  return spilled.refObjId !== 0 && types === slotOf(STACK_IRQ_FLAG);
}
