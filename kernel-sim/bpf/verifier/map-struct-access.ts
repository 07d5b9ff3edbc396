/** The kernel's own structure behind a pointer to a map, which programs may read. */

import { invariant } from "../../hw/simulator-bug.ts";
import { EACCES, EINVAL, EPERM } from "../../include/errno.ts";
import { BTF_KIND_STRUCT } from "../btf/kinds.ts";
import { structAccess } from "../btf/struct-walk.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { mapStructOf } from "../maps/map-struct.ts";
import { markBtfLdReg, pointerFlags } from "./btf-access.ts";
import type { VerifierEnv } from "./env.ts";
import type { Reg } from "./reg-state.ts";
import { BPF_READ } from "./region-access.ts";

/**
 * Whether the structure may be read there, and what then is in the register.
 *
 * @param valueRegno -1 when no register is loaded
 * @linux kernel/bpf/verifier.c `check_ptr_to_map_access` (6.18)
 */
export function checkMapStructAccess(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
): 0 | number {
  const { name } = mapStructOf(reg.map!.type);
  if (!env.allowPtrLeaks) {
    env.verbose(`'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n`);
    return -EPERM;
  }
  if (off < 0) {
    env.verbose(`R${regno} is ${name} invalid negative access: off=${off}\n`);
    return -EACCES;
  }
  if (access !== BPF_READ) {
    env.verbose(`only read from ${name} is supported\n`);
    return -EACCES;
  }
  const struct = btfVmlinux().findByNameKind(name, BTF_KIND_STRUCT);
  invariant(struct?.kind === BTF_KIND_STRUCT, `the kernel does not declare ${name}`);
  const found = structAccess(btfVmlinux(), struct, off, size);
  if (found.kind === "refused") {
    env.verbose(found.why);
    return found.because === "access" ? -EACCES : -EINVAL;
  }
  if (valueRegno >= 0) markBtfLdReg(env, valueRegno, found, pointerFlags(found));
  return 0;
}
