import { BPF_RES_SPIN_LOCK, BPF_SPIN_LOCK } from "../btf/field-types.ts";
import type { BtfRecord } from "../btf/record.ts";
import type { Reg } from "./reg-state.ts";
import { baseType, PTR_TO_MAP_VALUE, typeIsPtrAllocObj } from "./reg-type.ts";

/** What of the memory behind a pointer is the kernel's own. @linux kernel/bpf/verifier.c `reg_btf_record` (6.18) */
export function regBtfRecord({ type, map, btf, btfId }: Reg): BtfRecord | undefined {
  if (baseType(type) === PTR_TO_MAP_VALUE) return map?.record;
  return typeIsPtrAllocObj(type) ? btf?.structMeta(btfId) : undefined;
}

/** @linux kernel/bpf/verifier.c `reg_may_point_to_spin_lock` (6.18) */
export function mayPointToSpinLock(reg: Reg): boolean {
  return regBtfRecord(reg)?.has(BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK) === true;
}
