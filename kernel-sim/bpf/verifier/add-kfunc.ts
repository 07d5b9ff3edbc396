/** The functions of the kernel that a program calls are looked up before anything is followed. */
import type { Insn } from "../../api.ts";
import { E2BIG, EBADF, EINVAL } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { fdAt } from "./fd-array.ts";
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
 * @simplified there are no modules: whatever `fd_array` brings along is not the types of one
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
  const err = moduleProblem(env, off);
  env.verbose("failed to find BTF for kernel function\n");
  return err;
}

/** @linux kernel/bpf/verifier.c `find_kfunc_desc_btf`, `__find_kfunc_desc_btf` (6.18) */
function moduleProblem(env: VerifierEnv, off: number): number {
  if (off < 0) {
    env.verbose("negative offset disallowed for kernel module function call\n");
    return -EINVAL;
  }
  const found = fdAt(env, off, "kfunc offset > 0");
  if (typeof found === "number") return found;
  const btf = env.input.btfOfFd?.(found.fd) ?? -EBADF;
  if (typeof btf === "number") {
    env.verbose("invalid module BTF fd specified\n");
    return btf;
  }
  env.verbose("BTF fd for kfunc is not a module BTF\n");
  return -EINVAL;
}
