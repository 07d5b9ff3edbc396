import { BPF_REG_FP } from "../isa.ts";
import { mayPointToSpinLock } from "./btf-record.ts";
import { releaseReferenceNomark } from "./references.ts";
import type { Reg, RegState } from "./reg-state.ts";
import { PTR_MAYBE_NULL, SCALAR_VALUE, typeMayBeNull } from "./reg-type.ts";
import { isSpilledReg } from "./states.ts";
import type { VerifierState } from "./verifier-state.ts";

/**
 * One look at a pointer that may be null settles it for all its copies.
 *
 * @linux kernel/bpf/verifier.c `mark_ptr_or_null_regs` (6.18)
 */
export function markPtrOrNullRegs(state: VerifierState, regno: number, isNull: boolean): void {
  const { id, refObjId } = state.frame.reg(regno);
  // What was not acquired need not be given back.
  if (isNull && refObjId !== 0 && refObjId === id) releaseReferenceNomark(state, id);
  const isMeant = (reg: Reg) => typeMayBeNull(reg.type) && reg.id === id && id !== 0;
  for (const frame of state.frames) {
    for (let i = 0; i < BPF_REG_FP; i++) {
      if (isMeant(frame.reg(i))) markPtrOrNull(frame.own(i), isNull);
    }
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      if (isSpilledReg(slot) && isMeant(slot.spilled)) {
        markPtrOrNull(frame.ownSpilled(spi), isNull);
      }
    }
  }
}

function markPtrOrNull(reg: RegState, isNull: boolean): void {
  if (isNull) {
    reg.id = 0;
    reg.type = SCALAR_VALUE;
    reg.refObjId = 0;
    return;
  }
  markPtrNotNull(reg);
  // By its id one lock is told from another.
  if (!mayPointToSpinLock(reg)) reg.id = 0;
}

/**
 * @linux kernel/bpf/verifier.c `mark_ptr_not_null_reg` (6.18)
 * @simplified no maps of maps or sockets, whose values are pointers of another kind
 */
export function markPtrNotNull(reg: RegState): void {
  reg.type &= ~PTR_MAYBE_NULL;
}
