import { EFAULT } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { PTR_TO_TCP_SOCK } from "./reg-type.ts";

/** The upper halves of `bytes_received` and `bytes_acked`: a load of 4 bytes may name them. */
const NO_FIELD: ReadonlySet<number> = new Set([84, 92]);

/**
 * Whether each load that was allowed is one of a field: Linux notices it when it puts its own
 * structures in place of those that programs see.
 *
 * @linux kernel/bpf/verifier.c `convert_ctx_accesses`, net/core/filter.c `bpf_tcp_sock_convert_ctx_access` (6.18)
 */
export function checkConversions(env: VerifierEnv): 0 | number {
  const isOdd = env.insns.some(({ off }, i) => {
    const { isSeen, ptrType } = env.aux[i]!;
    return isSeen && ptrType === PTR_TO_TCP_SOCK && NO_FIELD.has(off);
  });
  if (!isOdd) return 0;
  env.verifierBug("error during ctx access conversion (0)");
  return -EFAULT;
}
