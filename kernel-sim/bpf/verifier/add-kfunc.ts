/** The functions of the kernel that a program calls are looked up before anything is followed. */
import type { Insn } from "../../api.ts";
import { E2BIG, EINVAL, EPROTO } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { kfuncById } from "./kfunc-call.ts";

const MAX_KFUNC_DESCS = 256;

/** What only programs for one network device may call. @linux kernel/bpf/offload.c `bpf_dev_bound_kfunc_id` (6.18) */
const DEV_BOUND: ReadonlySet<string> = new Set([
  "bpf_xdp_metadata_rx_timestamp",
  "bpf_xdp_metadata_rx_hash",
  "bpf_xdp_metadata_rx_vlan_tag",
]);

/**
 * @linux kernel/bpf/verifier.c `add_kfunc_call` (6.18)
 * @simplified there are no modules, whose BTF `fd_array` could bring along
 */
export function addKfuncCall(env: VerifierEnv, { imm, off }: Insn): 0 | number {
  if (!env.isGplCompatible) {
    env.verbose("cannot call kernel function from non-GPL compatible program\n");
    return -EINVAL;
  }
  // A call of nothing may stand where no path comes.
  if (imm === 0 && off === 0) return 0;
  if (off === 0 && env.kfuncs.has(imm)) return 0;
  if (env.kfuncs.size === MAX_KFUNC_DESCS) {
    env.verbose("too many different kernel function calls\n");
    return -E2BIG;
  }
  if (off !== 0) return noModule(env, off);
  const kfunc = kfuncById(imm);
  if (kfunc === undefined) {
    env.verbose(`kernel btf_id ${imm >>> 0} is not a function\n`);
    return -EINVAL;
  }
  if (DEV_BOUND.has(kfunc.name)) {
    env.verbose("metadata kfuncs require device-bound program\n");
    return -EINVAL;
  }
  env.kfuncs.add(imm);
  return 0;
}

function noModule(env: VerifierEnv, off: number): number {
  env.verbose(
    off < 0
      ? "negative offset disallowed for kernel module function call\n"
      : "kfunc offset > 0 without fd_array is invalid\n",
  );
  env.verbose("failed to find BTF for kernel function\n");
  return off < 0 ? -EINVAL : -EPROTO;
}
