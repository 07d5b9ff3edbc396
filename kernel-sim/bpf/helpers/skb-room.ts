/** Helpers that change the size of an sk_buff. @linux net/core/filter.c (6.18) */
import { EFAULT, EINVAL, ENOMEM, ENOTSUPP } from "../../include/errno.ts";
import { SKB_PROTOCOL } from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { PAGE_BYTES, SHARED_INFO_BYTES } from "../test-run-request.ts";
import { growHead, insertAt, removeAt, resizeTail } from "./sk-buff-room.ts";

type Vm = BpfCpu<BpfKernel>;

/** In network order. */
export const ETH_P_IP = 0x0008;
export const ETH_P_IPV6 = 0xdd86;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

/** @linux include/linux/skbuff.h `SKB_MAX_ALLOC`: four pages, without what closes a buffer (6.18) */
const LENGTH_MAX = 4 * PAGE_BYTES - SHARED_INFO_BYTES;

export function protocolOf(vm: Vm): number {
  return vm.memory.view.getUint16(vm.context + SKB_PROTOCOL, true);
}

function hasFlags(vm: Vm, register: number): boolean {
  return (vm.r[2 * register]! | vm.r[2 * register + 1]!) !== 0;
}

/** @linux net/core/filter.c `bpf_skb_change_tail` (6.18) */
export function skbChangeTail(vm: Vm): number {
  const { data, networkHeader } = vm.machine.packet;
  const length = vm.r[4]! >>> 0;
  const shortest = Math.max(0, networkHeader - data);
  if (hasFlags(vm, 3) || length > LENGTH_MAX || length < shortest) return -EINVAL;
  return resizeTail(vm, length);
}

/** @linux net/core/filter.c `bpf_skb_change_head` (6.18) */
export function skbChangeHead(vm: Vm): number {
  const more = vm.r[4]!;
  if (hasFlags(vm, 3) || more < 0 || vm.machine.packet.length + more > LENGTH_MAX) return -EINVAL;
  return growHead(vm, more);
}

/** All packets of this machine are in one piece. @linux net/core/filter.c `bpf_skb_pull_data` (6.18) */
export function skbPullData(vm: Vm): number {
  return vm.r[4]! >>> 0 > vm.machine.packet.length ? -ENOMEM : 0;
}

/** @linux net/core/filter.c `bpf_skb_change_proto` (6.18) */
export function skbChangeProto(vm: Vm): number {
  const to = vm.r[4]! & 0xffff;
  const from = protocolOf(vm);
  if (hasFlags(vm, 3)) return -EINVAL;
  const { data, networkHeader } = vm.machine.packet;
  const off = networkHeader - data;
  const difference = IPV6_HEADER_BYTES - IPV4_HEADER_BYTES;
  let err: number;
  if (from === ETH_P_IP && to === ETH_P_IPV6) err = insertAt(vm, off, difference);
  else if (from === ETH_P_IPV6 && to === ETH_P_IP) err = removeAt(vm, off, difference);
  else return -ENOTSUPP;
  if (err === 0) vm.memory.view.setInt32(vm.context + SKB_PROTOCOL, to, true);
  return err;
}

const ADJ_ROOM_NET = 0;
const ADJ_ROOM_MAC = 1;
const ENCAP_L3_IPV4 = 1 << 1;
const ENCAP_L3_IPV6 = 1 << 2;
const ENCAP_L4_GRE = 1 << 3;
const ENCAP_L4_UDP = 1 << 4;
const NO_CSUM_RESET = 1 << 5;
const ENCAP_L2_ETH = 1 << 6;
const DECAP_L3_IPV4 = 1 << 7;
const DECAP_L3_IPV6 = 1 << 8;
const FIXED_GSO = 1;
const ENCAP_L3 = ENCAP_L3_IPV4 | ENCAP_L3_IPV6;
const ENCAP_L4 = ENCAP_L4_GRE | ENCAP_L4_UDP;
const DECAP_L3 = DECAP_L3_IPV4 | DECAP_L3_IPV6;
/** The length of a link-layer header inside. */
const ENCAP_L2_SHIFT = 24;
const ADJUST_MAX = 0xfff;

/** @linux net/core/filter.c `bpf_skb_adjust_room` (6.18) */
export function skbAdjustRoom(vm: Vm): number {
  const difference = vm.r[4]!;
  const mode = vm.r[6]! >>> 0;
  const flags = vm.r[8]!;
  const flagsHigh = vm.r[9]!;
  const size = Math.abs(difference);
  const isShrinking = difference < 0;
  const known = FIXED_GSO | ENCAP_L3 | ENCAP_L4 | ENCAP_L2_ETH | DECAP_L3 | NO_CSUM_RESET;
  // The length of an inner header lies in bits 56 to 63.
  if ((flags & ~known) !== 0 || (flagsHigh & 0xff_ffff) !== 0) return -EINVAL;
  if (size > ADJUST_MAX) return -EFAULT;
  const protocol = protocolOf(vm);
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return -ENOTSUPP;
  const base = protocol === ETH_P_IP ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  const { data, length, networkHeader } = vm.machine.packet;
  const link = networkHeader - data;
  if (mode !== ADJ_ROOM_NET && mode !== ADJ_ROOM_MAC) return -ENOTSUPP;
  const off = mode === ADJ_ROOM_NET ? link + base : link;
  let shortest = base;
  if ((flags & DECAP_L3) !== 0) {
    if (!isShrinking || (flags & DECAP_L3) === DECAP_L3) return -EINVAL;
    shortest = (flags & DECAP_L3_IPV6) !== 0 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
  }
  const rest = length - link;
  if (isShrinking && (size >= rest || rest - size < shortest)) return -ENOTSUPP;
  if (!isShrinking && length + size > LENGTH_MAX) return -ENOTSUPP;
  return isShrinking ? shrink(vm, off, size, flags) : grow(vm, off, size, flags, flagsHigh);
}

function shrink(vm: Vm, off: number, size: number, flags: number): number {
  if ((flags & ~(FIXED_GSO | DECAP_L3 | NO_CSUM_RESET)) !== 0) return -EINVAL;
  removeAt(vm, off, size);
  if ((flags & DECAP_L3) !== 0) {
    const to = (flags & DECAP_L3_IPV6) !== 0 ? ETH_P_IPV6 : ETH_P_IP;
    vm.memory.view.setInt32(vm.context + SKB_PROTOCOL, to, true);
  }
  return 0;
}

function grow(vm: Vm, off: number, size: number, flags: number, flagsHigh: number): number {
  const isEncapsulating = (flags & ENCAP_L3) !== 0;
  const innerBytes = flagsHigh >>> ENCAP_L2_SHIFT;
  if (isEncapsulating) {
    const protocol = protocolOf(vm);
    if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return -ENOTSUPP;
    if ((flags & ENCAP_L3) === ENCAP_L3 || (flags & ENCAP_L4) === ENCAP_L4) return -EINVAL;
    if ((flags & ENCAP_L2_ETH) !== 0 && innerBytes < 14) return -EINVAL;
    if (innerBytes > size) return -EINVAL;
  }
  const err = insertAt(vm, off, size);
  if (err !== 0 || !isEncapsulating) return err;
  const to = (flags & ENCAP_L3_IPV6) !== 0 ? ETH_P_IPV6 : ETH_P_IP;
  vm.memory.view.setInt32(vm.context + SKB_PROTOCOL, to, true);
  return 0;
}
