/** Helpers that read and write the bytes and marks of an sk_buff. @linux net/core/filter.c (6.18) */
import { EFAULT, EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import {
  SKB_PKT_TYPE,
  SKB_PROTOCOL,
  SKB_TSTAMP,
  SKB_TSTAMP_TYPE,
  SKB_VLAN_PRESENT,
  SKB_VLAN_PROTO,
  SKB_VLAN_TCI,
} from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { insertAt, removeAt } from "./sk-buff-room.ts";
import { ETH_P_IP, ETH_P_IPV6, protocolOf } from "./skb-room.ts";

type Vm = BpfCpu<BpfKernel>;

/** What could not be loaded must not be left uninitialised. */
function loaded(vm: Vm, from: number, to: number, size: number, end: number): number {
  const { bytes } = vm.memory;
  if (from + size > end) {
    bytes.fill(0, to, to + size);
    return -EFAULT;
  }
  bytes.copyWithin(to, from, from + size);
  return 0;
}

/** @linux net/core/filter.c `bpf_skb_load_bytes` (6.18) */
export function skbLoadBytes(vm: Vm): number {
  const { r } = vm;
  const { data, length } = vm.machine.packet;
  return loaded(vm, data + (r[4]! >>> 0), r[6]!, r[8]! >>> 0, data + length);
}

const HEADER_START_MAC = 0;
const HEADER_START_NET = 1;

/** @linux net/core/filter.c `bpf_skb_load_bytes_relative` (6.18) */
export function skbLoadBytesRelative(vm: Vm): number {
  const { r } = vm;
  const { data, length, macHeader, networkHeader } = vm.machine.packet;
  const offset = r[4]! >>> 0;
  const from = r[10]! >>> 0;
  const start = from === HEADER_START_MAC ? macHeader : networkHeader;
  const isKnown = (from === HEADER_START_MAC || from === HEADER_START_NET) && offset <= 0xffff;
  return loaded(vm, isKnown ? start + offset : Infinity, r[6]!, r[8]! >>> 0, data + length);
}

const RECOMPUTE_CSUM = 1;
const INVALIDATE_HASH = 2;

/** @linux net/core/filter.c `bpf_skb_store_bytes` (6.18) */
export function skbStoreBytes(vm: Vm): number {
  const { r, memory } = vm;
  const { packet } = vm.machine;
  const offset = r[4]! >>> 0;
  const size = r[8]! >>> 0;
  if ((r[10]! & ~(RECOMPUTE_CSUM | INVALIDATE_HASH)) !== 0 || r[11] !== 0) return -EINVAL;
  if (offset + size > packet.length) return -EFAULT;
  memory.bytes.copyWithin(packet.data + offset, r[6]!, r[6]! + size);
  if ((r[10]! & INVALIDATE_HASH) !== 0) packet.hash = undefined;
  return 0;
}

const PACKET_OTHERHOST = 3;

/** @linux net/core/filter.c `bpf_skb_change_type` (6.18) */
export function skbChangeType(vm: Vm): number {
  const { view } = vm.memory;
  const type = vm.r[4]! >>> 0;
  const old = view.getUint32(vm.context + SKB_PKT_TYPE, true);
  if (old > PACKET_OTHERHOST || type > PACKET_OTHERHOST) return -EINVAL;
  view.setUint32(vm.context + SKB_PKT_TYPE, type, true);
  return 0;
}

/**
 * @linux net/core/filter.c `bpf_get_hash_recalc` (6.18)
 * @simplified the hash of a flow is that of its addresses, protocol and ports, without Linux's random key.
 */
export function getHashRecalc(vm: Vm): number {
  const { packet } = vm.machine;
  packet.hash ??= flowHash(vm);
  return packet.hash;
}

function flowHash(vm: Vm): number {
  const { bytes } = vm.memory;
  const { networkHeader, data, length } = vm.machine.packet;
  const isV4 = protocolOf(vm) === ETH_P_IP;
  const [first, last] = isV4 ? [9, 24] : [6, 44];
  let hash = 0x811c_9dc5;
  for (let i = first; i < last && networkHeader + i < data + length; i++) {
    // The checksum of an IPv4 header, its hop limit and that of IPv6 change on the way.
    if ((isV4 && (i === 10 || i === 11)) || (!isV4 && i === 7)) continue;
    hash = Math.imul(hash ^ bytes[networkHeader + i]!, 0x0100_0193);
  }
  return hash >>> 0 || 1;
}

/** @linux net/core/filter.c `bpf_set_hash_invalid` (6.18) */
export function setHashInvalid(vm: Vm): number {
  vm.machine.packet.hash = undefined;
  return 0;
}

/** @linux net/core/filter.c `bpf_set_hash` (6.18) */
export function setHash(vm: Vm): number {
  vm.machine.packet.hash = vm.r[4]! >>> 0;
  return 0;
}

const ECN_MASK = 3;
const ECN_CE = 3;

/** @linux net/core/filter.c `bpf_skb_ecn_set_ce`, include/net/inet_ecn.h (6.18) */
export function skbEcnSetCe(vm: Vm): number {
  const { bytes, view } = vm.memory;
  const { networkHeader: at, data, length } = vm.machine.packet;
  const protocol = protocolOf(vm);
  const headerBytes = protocol === ETH_P_IP ? 20 : 40;
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return 0;
  if (length < headerBytes || at + headerBytes > data + length) return 0;
  if (protocol === ETH_P_IPV6) {
    if (((bytes[at + 1]! >> 4) & ECN_MASK) === 0) return 0;
    bytes[at + 1]! |= ECN_CE << 4;
    return 1;
  }
  const ecn = (bytes[at + 1]! + 1) & ECN_MASK;
  // Not capable of it, or marked already.
  if ((ecn & 2) === 0) return ecn === 0 ? 1 : 0;
  const sum = view.getUint16(at + 10, false) + 0xfffb + ecn;
  view.setUint16(at + 10, (sum & 0xffff) + (sum >> 16), false);
  bytes[at + 1]! |= ECN_CE;
  return 1;
}

const CLOCK_REALTIME = 0;
const CLOCK_TAI = 2;

/** @linux net/core/filter.c `bpf_skb_set_tstamp` (6.18) */
export function skbSetTstamp(vm: Vm): number {
  const { r } = vm;
  const { view } = vm.memory;
  const protocol = protocolOf(vm);
  const type = r[6]! >>> 0;
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return -EOPNOTSUPP;
  if (type > CLOCK_TAI) return -EINVAL;
  if (type !== CLOCK_REALTIME && (r[4]! | r[5]!) === 0) return -EINVAL;
  view.setInt32(vm.context + SKB_TSTAMP, r[4]!, true);
  view.setInt32(vm.context + SKB_TSTAMP + 4, r[5]!, true);
  view.setUint8(vm.context + SKB_TSTAMP_TYPE, type);
  return 0;
}

/** In network order. */
const ETH_P_8021Q = 0x0081;
const ETH_P_8021AD = 0xa888;
const VLAN_BYTES = 4;
const MAC_ADDRESSES_BYTES = 12;

/**
 * The tag stands beside the packet; one that stood there before goes into it.
 *
 * @linux net/core/filter.c `bpf_skb_vlan_push`, net/core/skbuff.c `skb_vlan_push` (6.18)
 */
export function skbVlanPush(vm: Vm): number {
  const wanted = vm.r[4]! & 0xffff;
  const protocol = wanted === ETH_P_8021AD ? ETH_P_8021AD : ETH_P_8021Q;
  const { view } = vm.memory;
  if (view.getUint32(vm.context + SKB_VLAN_PRESENT, true) !== 0) {
    const err = insertAt(vm, MAC_ADDRESSES_BYTES, VLAN_BYTES);
    if (err !== 0) return err;
    const { view: grown } = vm.memory;
    const at = vm.machine.packet.data + MAC_ADDRESSES_BYTES;
    const old = grown.getUint32(vm.context + SKB_VLAN_PROTO, true);
    grown.setUint16(at, old, true);
    grown.setUint16(at + 2, grown.getUint32(vm.context + SKB_VLAN_TCI, true), false);
    grown.setUint32(vm.context + SKB_PROTOCOL, old, true);
  }
  setTag(vm, 1, protocol, vm.r[6]! & 0xffff);
  return 0;
}

function setTag(vm: Vm, isThere: number, protocol: number, tci: number): void {
  const { view } = vm.memory;
  view.setUint32(vm.context + SKB_VLAN_PRESENT, isThere, true);
  view.setUint32(vm.context + SKB_VLAN_PROTO, protocol, true);
  view.setUint32(vm.context + SKB_VLAN_TCI, tci, true);
}

/** @linux net/core/skbuff.c `skb_vlan_pop` (6.18) */
export function skbVlanPop(vm: Vm): number {
  const { view } = vm.memory;
  const { packet } = vm.machine;
  if (view.getUint32(vm.context + SKB_VLAN_PRESENT, true) !== 0) setTag(vm, 0, 0, 0);
  else if (isVlan(protocolOf(vm))) takeTagOut(vm);
  else return 0;
  // Another one in the packet takes its place.
  const inside = protocolOf(vm);
  if (!isVlan(inside)) return 0;
  setTag(vm, 1, inside, view.getUint16(packet.data + MAC_ADDRESSES_BYTES + 2, false));
  takeTagOut(vm);
  return 0;
}

/** What stood behind the tag is the packet's protocol then. */
function takeTagOut(vm: Vm): void {
  const { view } = vm.memory;
  removeAt(vm, MAC_ADDRESSES_BYTES, VLAN_BYTES);
  const protocol = view.getUint16(vm.machine.packet.data + MAC_ADDRESSES_BYTES, true);
  view.setUint32(vm.context + SKB_PROTOCOL, protocol, true);
}

function isVlan(protocol: number): boolean {
  return protocol === ETH_P_8021Q || protocol === ETH_P_8021AD;
}
