import { EINVAL } from "../../include/errno.ts";
import { fieldTypeName } from "../btf/field-types.ts";
import type { VerifierEnv } from "./env.ts";
import { tnumIsConst } from "./tnum.ts";

/**
 * Whether the register points to the timer, or the like, of a map's value.
 *
 * @linux kernel/bpf/verifier.c `check_map_field_pointer` (6.18)
 */
export function checkMapFieldPointer(
  env: VerifierEnv,
  regno: number,
  fieldType: number,
): 0 | number {
  const problem = problemOf(env, regno, fieldType);
  if (problem === "") return 0;
  env.verbose(`${problem}\n`);
  return -EINVAL;
}

function problemOf(env: VerifierEnv, regno: number, fieldType: number): string {
  const { varOff, off: fixedOff, map } = env.frame.reg(regno);
  const struct = fieldTypeName(fieldType);
  if (!tnumIsConst(varOff)) {
    return `R${regno} doesn't have constant offset. ${struct} has to be at the constant offset`;
  }
  const { name, hasBtf, record } = map!;
  if (!hasBtf) return `map '${name}' has to have BTF in order to use ${struct}`;
  const fieldOff = record?.offsetOf(fieldType);
  if (fieldOff === undefined) return `map '${name}' has no valid ${struct}`;
  const off = varOff.value.lo + fixedOff;
  return off === fieldOff
    ? ""
    : `off ${off} doesn't point to 'struct ${struct}' that is at ${fieldOff}`;
}
