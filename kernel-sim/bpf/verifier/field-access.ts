/** Accesses to what in a value is the kernel's own. */
import { EACCES } from "../../include/errno.ts";
import { BPF_KPTR, BPF_UPTR, fieldTypeName } from "../btf/field-types.ts";
import type { BtfField, BtfRecord } from "../btf/record.ts";
import { BPF_REG_SIZE } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import type { Reg } from "./reg-state.ts";
import { tnumIsConst } from "./tnum.ts";

/**
 * An access within the value: only whole pointers may be loaded or stored there.
 *
 * @param isDirect by a load or store of the program, not by a helper
 * @linux kernel/bpf/verifier.c `check_map_access` (6.18)
 */
export function checkFieldAccess(
  env: VerifierEnv,
  reg: Reg,
  { fields }: BtfRecord,
  off: number,
  size: number,
  isDirect: boolean,
): 0 | number {
  // Both lie within the value, as was checked before.
  const lowest = reg.smin.lo + off;
  const highest = reg.umax.lo + off;
  for (const field of fields) {
    const isTouched = lowest < field.offset + field.size && field.offset < highest + size;
    if (!isTouched) continue;
    const name = fieldTypeName(field.type);
    if ((field.type & (BPF_KPTR | BPF_UPTR)) === 0) {
      env.verbose(`${name} cannot be accessed directly by load/store\n`);
      return -EACCES;
    }
    const problem = pointerProblem(reg, field, name, off, size, isDirect);
    if (problem === "") continue;
    env.verbose(`${problem}\n`);
    return -EACCES;
  }
  return 0;
}

function pointerProblem(
  { varOff }: Reg,
  { offset }: BtfField,
  name: string,
  off: number,
  size: number,
  isDirect: boolean,
): string {
  if (!isDirect) return `${name} cannot be accessed indirectly by helper`;
  if (!tnumIsConst(varOff)) return `${name} access cannot have variable offset`;
  const at = off + varOff.value.lo;
  if (at !== offset) return `${name} access misaligned expected=${offset} off=${at}`;
  return size === BPF_REG_SIZE ? "" : `${name} access size must be BPF_DW`;
}
