/** Helpers that send packets elsewhere: they answer the verdict with which the program then ends. @linux net/core/filter.c (6.18) */
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { RedirectMap } from "../maps/devmap.ts";
import { BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH } from "../uapi.ts";

type Vm = BpfCpu<BpfKernel>;

const XDP_ABORTED = 0;
const XDP_REDIRECT = 4;
/** The lowest bits of the flags are what comes back where there is no entry. */
const ACTION_MASK = 3;
const BPF_F_BROADCAST = 1 << 3;
const BPF_F_EXCLUDE_INGRESS = 1 << 4;

/**
 * @linux include/linux/filter.h `__bpf_xdp_redirect_map` (6.18)
 * @simplified the packet of a test run goes nowhere: the answer is all that comes of it.
 */
export function redirectMap(vm: Vm): number {
  const { r } = vm;
  const map = vm.machine.mapAt(r[2]!) as RedirectMap;
  const { mapType } = map.attr;
  const isDevMap = mapType === BPF_MAP_TYPE_DEVMAP || mapType === BPF_MAP_TYPE_DEVMAP_HASH;
  const known = ACTION_MASK | (isDevMap ? BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS : 0);
  const flags = r[6]!;
  if ((flags & ~known) !== 0 || r[7] !== 0) return XDP_ABORTED;
  const isFound = map.redirectTarget(r[4]! >>> 0) !== 0;
  return isFound || (flags & BPF_F_BROADCAST) !== 0 ? XDP_REDIRECT : flags & ACTION_MASK;
}

const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;
const INGRESS = 1;
/** `struct bpf_redir_neigh`. */
const NEIGHBOUR_BYTES = 20;

/** @linux net/core/filter.c `bpf_redirect`, `bpf_xdp_redirect` (6.18) */
export function redirect(vm: Vm): number {
  const { r } = vm;
  if (vm.machine.packet.isXdp) return (r[4]! | r[5]!) === 0 ? XDP_REDIRECT : XDP_ABORTED;
  return (r[4]! & ~INGRESS) === 0 && r[5] === 0 ? TC_ACT_REDIRECT : TC_ACT_SHOT;
}

/** @linux net/core/filter.c `bpf_redirect_peer` (6.18) */
export function redirectPeer({ r }: Vm): number {
  return (r[4]! | r[5]!) === 0 ? TC_ACT_REDIRECT : TC_ACT_SHOT;
}

/** @linux net/core/filter.c `bpf_redirect_neigh` (6.18) */
export function redirectNeigh({ r }: Vm): number {
  const bytes = r[6]! >>> 0;
  const isNeighbourOk = bytes === 0 || bytes >= NEIGHBOUR_BYTES;
  return isNeighbourOk && (r[8]! | r[9]!) === 0 ? TC_ACT_REDIRECT : TC_ACT_SHOT;
}
