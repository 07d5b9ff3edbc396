/** Reads and writes of objects that a program allocates: of what is its own in them. */
import { EACCES, EINVAL, EPERM } from "../../include/errno.ts";
import { fieldTypeName } from "../btf/field-types.ts";
import { structAccess } from "../btf/struct-walk.ts";
import { markBtfLdReg, pointerFlags } from "./btf-access.ts";
import type { VerifierEnv } from "./env.ts";
import { isStruct } from "./kfunc-struct.ts";
import type { Reg } from "./reg-state.ts";
import { MEM_PERCPU, PTR_UNTRUSTED } from "./reg-type.ts";
import { BPF_READ } from "./region-access.ts";
import { tnumIsConst, tnumText } from "./tnum.ts";

/**
 * Whether the bytes lie in the object, and in none of the kernel's fields there; and what then is
 * in the register.
 *
 * @param off with the fixed offset of the pointer
 * @param valueRegno -1 when no register is loaded
 * @linux kernel/bpf/verifier.c `check_ptr_to_btf_access`, kernel/bpf/btf.c `btf_struct_access` (6.18)
 */
export function checkObjectAccess(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
): 0 | number {
  const name = reg.btfType;
  const where = `R${regno} is ptr_${name}`;
  if (!env.allowPtrLeaks) {
    env.verbose(`'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n`);
    return -EPERM;
  }
  if (off < 0) return refuse(env, `${where} invalid negative access: off=${off}`);
  if (!tnumIsConst(reg.varOff) || reg.varOff.value.lo !== 0) {
    const varOff = tnumText(reg.varOff);
    return refuse(env, `${where} invalid variable offset: off=${off}, var_off=${varOff}`);
  }
  if ((reg.type & MEM_PERCPU) !== 0) {
    return refuse(env, `${where} access percpu memory: off=${off}`);
  }
  if (access !== BPF_READ && (reg.type & PTR_UNTRUSTED) !== 0) {
    return refuse(env, "only read is supported");
  }
  const btf = reg.btf!;
  const record = btf.structMeta(reg.btfId);
  const hit = record?.fields.find(
    (field) => off < field.offset + field.size && field.offset < off + size,
  );
  if (hit !== undefined) {
    return refuse(env, `direct access to ${fieldTypeName(hit.type)} is disallowed`);
  }
  const struct = btf.typeById(reg.btfId);
  if (!isStruct(struct)) return 0;
  const found = structAccess(btf, struct, off, size);
  if (found.kind === "refused") {
    env.verbose(found.why);
    return found.because === "access" ? -EACCES : -EINVAL;
  }
  if (access !== BPF_READ || valueRegno < 0) return 0;
  // Where a pointer to a structure of the program's own leads, nobody knows.
  const loaded = found.kind === "ptr" ? SCALAR : found;
  markBtfLdReg(env, valueRegno, loaded, pointerFlags(loaded));
  return 0;
}

const SCALAR = { kind: "scalar" } as const;

function refuse(env: VerifierEnv, message: string): number {
  env.verbose(`${message}\n`);
  return -EACCES;
}
