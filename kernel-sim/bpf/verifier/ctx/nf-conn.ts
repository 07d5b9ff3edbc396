import { EACCES } from "../../../include/errno.ts";
import { BTF_KIND_STRUCT } from "../../btf/kinds.ts";
import { memberPlace } from "../../btf/member-place.ts";
import { btfVmlinux } from "../../btf/vmlinux.ts";
import type { VerifierEnv } from "../env.ts";

/** Entries of connection tracking, before and after they are put in. */
const ENTRIES: readonly string[] = ["nf_conn", "nf_conn___init"];

/**
 * Whether a program that sees packets may write there: of an entry of connection tracking only the mark.
 *
 * @linux net/netfilter/nf_conntrack_bpf.c `_nf_conntrack_btf_struct_access` (6.18)
 */
export function writeNfConn(
  env: VerifierEnv,
  struct: string,
  off: number,
  size: number,
): 0 | number {
  const mark = ENTRIES.includes(struct) ? placeOfMark() : undefined;
  if (mark === undefined) return refuse(env, "only read is supported\n");
  if (off !== mark.start) return refuse(env, `no write support to nf_conn at off ${off}\n`);
  const end = mark.start + mark.size;
  if (off + size <= end) return 0;
  return refuse(
    env,
    `write access at off ${off} with size ${size} beyond the member of nf_conn ended at ${end}\n`,
  );
}

function placeOfMark() {
  const struct = btfVmlinux().findByNameKind("nf_conn", BTF_KIND_STRUCT);
  return struct?.kind === BTF_KIND_STRUCT ? memberPlace(btfVmlinux(), struct, "mark") : undefined;
}

function refuse(env: VerifierEnv, why: string): number {
  env.verbose(why);
  return -EACCES;
}
