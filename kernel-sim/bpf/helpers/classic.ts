/** What converted classic programs call. Their second argument is A, the third X. */
import { SKB_PROTOCOL } from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

const NLA_HDRLEN = 4;
const NLA_TYPE_MASK = 0x3fff;

/** Where the attribute of type X is, from offset A on; 0: nowhere. @linux net/core/filter.c `bpf_skb_get_nlattr` (6.18) */
export function skbGetNlattr(vm: BpfCpu<BpfKernel>): number {
  const { length } = vm.machine.packet;
  const from = vm.r[4]! >>> 0;
  if (length < NLA_HDRLEN || from > length - NLA_HDRLEN) return 0;
  return nlaFind(vm, from, length, vm.r[6]! >>> 0);
}

/** The same, inside of the attribute at A. @linux net/core/filter.c `bpf_skb_get_nlattr_nest` (6.18) */
export function skbGetNlattrNest(vm: BpfCpu<BpfKernel>): number {
  const { data, length } = vm.machine.packet;
  const from = vm.r[4]! >>> 0;
  if (length < NLA_HDRLEN || from > length - NLA_HDRLEN) return 0;
  const nested = vm.memory.view.getUint16(data + from, true);
  if (nested > length - from) return 0;
  return nlaFind(vm, from + NLA_HDRLEN, from + nested, vm.r[6]! >>> 0);
}

function nlaFind(vm: BpfCpu<BpfKernel>, from: number, end: number, type: number): number {
  const { view } = vm.memory;
  const { data } = vm.machine.packet;
  let at = from;
  while (end - at >= NLA_HDRLEN) {
    const bytes = view.getUint16(data + at, true);
    if (bytes < NLA_HDRLEN || bytes > end - at) return 0;
    if ((view.getUint16(data + at + 2, true) & NLA_TYPE_MASK) === type) return at;
    at += (bytes + 3) & ~3;
  }
  return 0;
}

const ETH_P_IP = 0x0800;
const IPPROTO_TCP = 6;
/** What ICMP, UDP and UDP-Lite have in front of their payload. */
const HEADER_BYTES: Readonly<Record<number, number>> = { 1: 8, 17: 8, 136: 8 };

/**
 * Where the payload begins.
 *
 * @linux net/core/flow_dissector.c `skb_get_poff` (6.18)
 * @simplified only IPv4, with what TCP, UDP, UDP-Lite and ICMP have in front
 */
export function skbGetPayOffset(vm: BpfCpu<BpfKernel>): number {
  const { view } = vm.memory;
  const { data, length, networkHeader } = vm.machine.packet;
  const end = data + length;
  const protocol = view.getUint16(vm.context + SKB_PROTOCOL, false);
  if (protocol !== ETH_P_IP || networkHeader + 20 > end) return 0;
  const first = view.getUint8(networkHeader);
  const transport = networkHeader + (first & 0xf) * 4;
  const carried = view.getUint8(networkHeader + 9);
  const off = transport - data;
  if (carried !== IPPROTO_TCP) return off + (HEADER_BYTES[carried] ?? 0);
  if (transport + 13 > end) return off;
  return off + Math.max((view.getUint8(transport + 12) & 0xf0) >> 2, 20);
}
