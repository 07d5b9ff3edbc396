import { reg2BtfStruct } from "./kfunc-struct.ts";
import type { Reg } from "./reg-state.ts";
import { baseType, MEM_ALLOC, NON_OWN_REF, PTR_TRUSTED } from "./reg-type.ts";

/** What of a pointer says that it leads to an object that is there. */
export const TRUSTED_MODIFIERS = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

/** @linux kernel/bpf/verifier.c `bpf_type_has_unsafe_modifiers` (6.18) */
export function hasUnsafeModifiers(type: number): boolean {
  return (type & ~baseType(type) & ~TRUSTED_MODIFIERS) !== 0;
}

/** @linux kernel/bpf/verifier.c `is_trusted_reg` (6.18) */
export function isTrustedReg(reg: Reg): boolean {
  if (reg.refObjId !== 0) return true;
  if (hasUnsafeModifiers(reg.type)) return false;
  return reg2BtfStruct(reg) !== undefined || (reg.type & TRUSTED_MODIFIERS) !== 0;
}
