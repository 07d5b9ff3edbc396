/** Helpers that ask where packets go. @linux net/core/filter.c (6.18) */
import { EAFNOSUPPORT, EINVAL, ENODEV, EOPNOTSUPP } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { LOOPBACK_IFINDEX } from "../test-run-request.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct bpf_fib_lookup`. */
const IFINDEX = 8;
const FIB_LOOKUP_BYTES = 64;
const AF_INET = 2;
const AF_INET6 = 10;
const FLAGS_MASK = 0x3f;
const BPF_FIB_LKUP_RET_FWD_DISABLED = 5;

/**
 * @linux net/core/filter.c `bpf_skb_fib_lookup`, `bpf_xdp_fib_lookup` (6.18)
 * @simplified there is one device, lo, which forwards nothing.
 */
export function fibLookup({ r, memory: { view } }: Vm): number {
  const params = r[4]!;
  if (r[6]! >>> 0 < FIB_LOOKUP_BYTES) return -EINVAL;
  if ((r[8]! & ~FLAGS_MASK) !== 0) return -EINVAL;
  const family = view.getUint8(params);
  if (family !== AF_INET && family !== AF_INET6) return -EAFNOSUPPORT;
  const isThere = view.getUint32(params + IFINDEX, true) === LOOPBACK_IFINDEX;
  return isThere ? BPF_FIB_LKUP_RET_FWD_DISABLED : -ENODEV;
}

const BPF_F_INGRESS = 1;

/**
 * @linux net/core/filter.c `bpf_clone_redirect` (6.18)
 * @simplified the copy of a test run's packet goes nowhere.
 */
export function cloneRedirect({ r }: Vm): number {
  if ((r[6]! & ~BPF_F_INGRESS) !== 0 || r[7] !== 0) return -EINVAL;
  return r[4] === LOOPBACK_IFINDEX ? 0 : -EINVAL;
}

/** No packet has come through IPsec. @linux net/core/filter.c `bpf_skb_get_xfrm_state` (6.18) */
export function skbGetXfrmState({ r, memory }: Vm): number {
  memory.bytes.fill(0, r[6]!, r[6]! + (r[8]! >>> 0));
  return -EINVAL;
}

const BPF_SK_LOOKUP_F_REPLACE = 1;
const BPF_SK_LOOKUP_F_NO_REUSEPORT = 2;

/**
 * In a lookup of sockets NULL takes back what was chosen before; elsewhere there is a socket, and a packet of a test run
 * does not come in.
 *
 * @linux net/core/filter.c `bpf_sk_lookup_assign`, `bpf_sk_assign` (6.18)
 */
export function skAssign({ r }: Vm): number {
  const known = r[4] === 0 ? BPF_SK_LOOKUP_F_REPLACE | BPF_SK_LOOKUP_F_NO_REUSEPORT : 0;
  if ((r[6]! & ~known) !== 0 || r[7] !== 0) return -EINVAL;
  return r[4] === 0 ? 0 : -EOPNOTSUPP;
}
