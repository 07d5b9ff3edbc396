import { EINVAL, ENOENT, ENONET } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

/** `struct bpf_xfrm_state_opts` begins with where the error goes and the network namespace. */
const OPTS_BYTES = 36;
const NETNS_ID = 4;
const ERROR_BYTES = 4;
const CURRENT_NETNS = -1;

/**
 * There is no state of IPsec, and one network namespace that has no number.
 *
 * @linux net/xfrm/xfrm_state_bpf.c `bpf_xdp_get_xfrm_state` (6.18)
 */
export function xdpGetXfrmState({ r, memory: { view } }: BpfCpu<BpfKernel>): number {
  const opts = r[4]!;
  const size = r[6]! >>> 0;
  if (opts === 0 || size < ERROR_BYTES) return 0;
  view.setInt32(opts, -errorOf(size, () => view.getInt32(opts + NETNS_ID, true)), true);
  return 0;
}

function errorOf(size: number, netns: () => number): number {
  if (size !== OPTS_BYTES || netns() < CURRENT_NETNS) return EINVAL;
  return netns() >= 0 ? ENONET : ENOENT;
}
