/** Which tunnel a packet is to go through. @linux net/core/filter.c, include/net/ip_tunnels.h (6.18) */
import { EINVAL, ENOENT, ENOMEM, EPROTO } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct ip_tunnel_info`, as far as programs set it. */
export interface TunnelInfo {
  /** `struct bpf_tunnel_key` as it was given. */
  readonly key: Uint8Array;
  readonly isIpv6: boolean;
  /** IP_TUNNEL_…_BIT. */
  tunFlags: number;
  options: Uint8Array;
}

/** `struct bpf_tunnel_key`: offsets in bytes. */
const REMOTE = 4;
const TUNNEL_EXT = 22;
const LABEL = 24;
const LOCAL = 28;
const KEY_BYTES = 44;
const ADDRESS_BYTES = 16;
const IPV4_BYTES = 4;
/** Older forms end before the field that came next. */
const OLD_SIZES: ReadonlySet<number> = new Set([LOCAL, LABEL, TUNNEL_EXT, 8]);

const BPF_F_TUNINFO_IPV6 = 1 << 0;
const BPF_F_ZERO_CSUM_TX = 1 << 1;
const BPF_F_DONT_FRAGMENT = 1 << 2;
const BPF_F_SEQ_NUMBER = 1 << 3;
/** Of the question. */
const BPF_F_TUNINFO_FLAGS = 1 << 4;
/** Of the setting. */
const BPF_F_NO_TUNNEL_KEY = 1 << 4;

const CSUM_BIT = 1 << 0;
const KEY_BIT = 1 << 2;
const SEQ_BIT = 1 << 3;
const DONT_FRAGMENT_BIT = 1 << 8;
const NOCACHE_BIT = 1 << 13;
/** Whose options there may be: those of GENEVE, VXLAN, ERSPAN and GTP. */
const OPTIONS_BITS = (1 << 11) | (1 << 12) | (1 << 14) | (1 << 15);
const FLOW_LABEL_MASK = 0xf_ffff;

/** @linux net/core/filter.c `bpf_skb_set_tunnel_key` (6.18) */
export function skbSetTunnelKey(vm: Vm): number {
  const { r, memory, machine } = vm;
  const size = r[6]! >>> 0;
  const flags = r[8]!;
  const known =
    BPF_F_TUNINFO_IPV6 |
    BPF_F_ZERO_CSUM_TX |
    BPF_F_DONT_FRAGMENT |
    BPF_F_SEQ_NUMBER |
    BPF_F_NO_TUNNEL_KEY;
  if ((flags & ~known) !== 0 || r[9] !== 0) return -EINVAL;
  if (size !== KEY_BYTES && !OLD_SIZES.has(size)) return -EINVAL;
  const key = new Uint8Array(KEY_BYTES);
  key.set(memory.copyOut(r[4]!, size));
  const view = new DataView(key.buffer);
  const isIpv6 = (flags & BPF_F_TUNINFO_IPV6) !== 0;
  const label = view.getUint32(LABEL, true);
  if ((!isIpv6 && label !== 0) || view.getUint16(TUNNEL_EXT, true) !== 0) return -EINVAL;
  view.setUint32(LABEL, label & FLOW_LABEL_MASK, true);
  const bit = (flag: number, tunnelBit: number) => ((flags & flag) !== 0 ? tunnelBit : 0);
  const tunFlags =
    NOCACHE_BIT |
    bit(BPF_F_DONT_FRAGMENT, DONT_FRAGMENT_BIT) |
    (CSUM_BIT ^ bit(BPF_F_ZERO_CSUM_TX, CSUM_BIT)) |
    bit(BPF_F_SEQ_NUMBER, SEQ_BIT) |
    (KEY_BIT ^ bit(BPF_F_NO_TUNNEL_KEY, KEY_BIT));
  machine.packet.tunnel = { key, isIpv6, tunFlags, options: new Uint8Array(0) };
  return 0;
}

/** @linux net/core/filter.c `bpf_skb_get_tunnel_key` (6.18) */
export function skbGetTunnelKey(vm: Vm): number {
  const { r, memory } = vm;
  const [to, size] = [r[4]!, r[6]! >>> 0];
  const key = tunnelKey(vm, size, r[8]!, r[9]!);
  if (typeof key === "number") memory.bytes.fill(0, to, to + size);
  else memory.bytes.set(key.subarray(0, size), to);
  return typeof key === "number" ? key : 0;
}

function tunnelKey(vm: Vm, size: number, flags: number, high: number): Uint8Array | number {
  const { tunnel } = vm.machine.packet;
  const known = BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS;
  if (tunnel === undefined || (flags & ~known) !== 0 || high !== 0) return -EINVAL;
  const { isIpv6, tunFlags } = tunnel;
  if (isIpv6 !== ((flags & BPF_F_TUNINFO_IPV6) !== 0)) return -EPROTO;
  const isOldest = size === REMOTE + IPV4_BYTES;
  if (size !== KEY_BYTES && !OLD_SIZES.has(size)) return -EINVAL;
  if (isOldest && isIpv6) return -EINVAL;
  const key = tunnel.key.slice();
  // A packet that comes has as its source what one that goes has as its own address.
  const bytes = isIpv6 ? ADDRESS_BYTES : IPV4_BYTES;
  key.fill(0, REMOTE, REMOTE + ADDRESS_BYTES);
  key.fill(0, LOCAL, LOCAL + ADDRESS_BYTES);
  key.set(tunnel.key.subarray(LOCAL, LOCAL + bytes), REMOTE);
  key.set(tunnel.key.subarray(REMOTE, REMOTE + bytes), LOCAL);
  const shown = (flags & BPF_F_TUNINFO_FLAGS) !== 0 ? tunFlags : 0;
  new DataView(key.buffer).setUint16(TUNNEL_EXT, shown, false);
  return key;
}

const OPTIONS_BYTES_MAX = 255;

/** @linux net/core/filter.c `bpf_skb_set_tunnel_opt` (6.18) */
export function skbSetTunnelOpt(vm: Vm): number {
  const { r, memory, machine } = vm;
  const size = r[6]! >>> 0;
  const { tunnel } = machine.packet;
  if (tunnel === undefined || (size & 3) !== 0) return -EINVAL;
  if (size > OPTIONS_BYTES_MAX) return -ENOMEM;
  tunnel.options = memory.copyOut(r[4]!, size);
  tunnel.tunFlags |= OPTIONS_BITS;
  return 0;
}

/** @linux net/core/filter.c `bpf_skb_get_tunnel_opt` (6.18) */
export function skbGetTunnelOpt(vm: Vm): number {
  const { r, memory, machine } = vm;
  const [to, size] = [r[4]!, r[6]! >>> 0];
  const { tunnel } = machine.packet;
  memory.bytes.fill(0, to, to + size);
  if (tunnel === undefined || (tunnel.tunFlags & OPTIONS_BITS) === 0) return -ENOENT;
  if (size < tunnel.options.length) return -ENOMEM;
  memory.bytes.set(tunnel.options, to);
  return tunnel.options.length;
}
