import { EACCES, EINVAL, EPERM } from "../../include/errno.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY } from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import type { Reg } from "./reg-state.ts";
import { BPF_READ } from "./region-access.ts";

/**
 * The kernel's own structure behind a pointer to a map, which may be read.
 *
 * @linux kernel/bpf/verifier.c `check_ptr_to_map_access` (6.18)
 * @simplified no field can be read: the layout of the structure is not modelled
 */
export function checkMapStructAccess(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  off: number,
  _size: number,
  access: number,
): 0 | number {
  const { type } = reg.map!;
  const isArray = type === BPF_MAP_TYPE_ARRAY || type === BPF_MAP_TYPE_PERCPU_ARRAY;
  const name = isArray ? "bpf_array" : "bpf_htab";
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
  env.verbose(`struct bpf_map doesn't have field at offset ${off}\n`);
  return -EINVAL;
}
