import { BPF_TIMER, BPF_WORKQUEUE } from "../btf/field-types.ts";
import { BPF_REG_FP } from "../isa.ts";
import { BPF_MAP_TYPE_SOCKHASH, BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_XSKMAP } from "../uapi.ts";
import { mayPointToSpinLock } from "./btf-record.ts";
import { releaseReferenceNomark } from "./references.ts";
import type { Reg, RegState } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  PTR_MAYBE_NULL,
  PTR_TO_MAP_VALUE,
  PTR_TO_SOCKET,
  PTR_TO_XDP_SOCK,
  SCALAR_VALUE,
  typeMayBeNull,
} from "./reg-type.ts";
import { isSpilledReg } from "./states.ts";
import type { VerifierMap } from "./verifier-input.ts";
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
 * What a map holds may be maps or sockets.
 *
 * @linux kernel/bpf/verifier.c `mark_ptr_not_null_reg` (6.18)
 */
export function markPtrNotNull(reg: RegState): void {
  const { map } = reg;
  if (baseType(reg.type) !== PTR_TO_MAP_VALUE || map === null) {
    reg.type &= ~PTR_MAYBE_NULL;
  } else if (map.innerMap !== undefined) {
    reg.type = CONST_PTR_TO_MAP;
    reg.map = map.innerMap;
    // A timer is told its map: which of those in the outer one, only the lookup says.
    if (map.innerMap.record?.has(BPF_TIMER | BPF_WORKQUEUE)) reg.mapUid = reg.id;
  } else reg.type = typeOfValue(map);
}

function typeOfValue({ type }: VerifierMap): number {
  switch (type) {
    case BPF_MAP_TYPE_XSKMAP:
      return PTR_TO_XDP_SOCK;
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_SOCKHASH:
      return PTR_TO_SOCKET;
    default:
      return PTR_TO_MAP_VALUE;
  }
}
