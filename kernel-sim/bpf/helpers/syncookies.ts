/**
 * Cookies that stand for a half-open connection in the number of its first segment.
 *
 * @linux net/core/filter.c `bpf_tcp_raw_gen_syncookie_ipv4` and following, net/ipv4/syncookies.c (6.18)
 * @simplified the keyed hash is Jenkins', not SipHash
 */
import { EACCES, EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { jhash } from "../maps/jhash.ts";

type Vm = BpfCpu<BpfKernel>;

/** What differs between the versions of IP. */
interface Protocol {
  /** Both addresses lie behind each other in the header. */
  readonly addresses: number;
  readonly addressBytes: number;
  /** Sizes of segments that a cookie can tell apart. */
  readonly sizes: readonly number[];
  /** What is taken when the other side names none. */
  readonly defaultSize: number;
}

const IPV4: Protocol = {
  addresses: 12,
  addressBytes: 4,
  sizes: [536, 1300, 1440, 1460],
  defaultSize: 536,
};
const IPV6: Protocol = {
  addresses: 8,
  addressBytes: 16,
  sizes: [1220, 1420, 1440, 8940],
  defaultSize: 1220,
};

/** `struct tcphdr`: offsets in bytes. Both ports stand at its beginning. */
const PORTS_BYTES = 4;
const SEQ = 4;
const ACK_SEQ = 8;
const DATA_OFFSET = 12;
const TCP_HEADER_BYTES = 20;

const COOKIE_BITS = 24;
const COOKIE_MASK = (1 << COOKIE_BITS) - 1;
/** A cookie is good for this many minutes. */
const MAX_AGE = 2;
const PERIOD_NS = 60e9;
const UPPER = 0x1_0000_0000;

/** @linux net/ipv4/syncookies.c `cookie_hash` (6.18) */
function hash(vm: Vm, protocol: Protocol, minute: number, kind: 0 | 1): number {
  const { r, memory, machine } = vm;
  const addressesAt = r[2]! + protocol.addresses;
  const bytes = new Uint8Array(2 * protocol.addressBytes + PORTS_BYTES + 4);
  bytes.set(memory.copyOut(addressesAt, 2 * protocol.addressBytes));
  bytes.set(memory.copyOut(r[4]!, PORTS_BYTES), 2 * protocol.addressBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 4, minute, true);
  return jhash(view, 0, bytes.length, machine.syncookieSecret(kind));
}

/** @linux include/net/tcp.h `tcp_cookie_time` (6.18) */
function minuteOf({ machine }: Vm): number {
  return Math.floor(machine.clock.now() / PERIOD_NS);
}

/** @linux net/ipv4/tcp_input.c `tcp_parse_mss_option` (6.18) */
function segmentSize(options: Uint8Array): number {
  let size = 0;
  for (let at = 0; at < options.length; ) {
    const kind = options[at]!;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const bytes = options[at + 1] ?? 0;
    if (bytes < 2 || at + bytes > options.length) break;
    const named = (options[at + 2]! << 8) | options[at + 3]!;
    if (kind === 2 && bytes === 4 && named !== 0) size = named;
    at += bytes;
  }
  return size;
}

/** The cookie, with the size of segments that it stands for in the upper half. */
function generate(vm: Vm, protocol: Protocol): number {
  const { r, memory } = vm;
  const th = r[4]!;
  const bytes = r[6]! >>> 0;
  const headerBytes = bytes < TCP_HEADER_BYTES ? 0 : (memory.bytes[th + DATA_OFFSET]! >> 4) * 4;
  if (bytes < TCP_HEADER_BYTES || bytes !== headerBytes) return -EINVAL;
  const options = memory.copyOut(th + TCP_HEADER_BYTES, bytes - TCP_HEADER_BYTES);
  const wanted = segmentSize(options) || protocol.defaultSize;
  const { sizes } = protocol;
  let index = sizes.length - 1;
  while (index > 0 && wanted < sizes[index]!) index--;
  const minute = minuteOf(vm);
  const seq = memory.view.getInt32(th + SEQ, false);
  const data = (hash(vm, protocol, minute, 1) + index) & COOKIE_MASK;
  const cookie = hash(vm, protocol, 0, 0) + seq + (minute << COOKIE_BITS) + data;
  return sizes[index]! * UPPER + (cookie >>> 0);
}

/** @linux net/ipv4/syncookies.c `check_tcp_syn_cookie` (6.18) */
function check(vm: Vm, protocol: Protocol): number {
  const { r, memory } = vm;
  const seq = memory.view.getInt32(r[4]! + SEQ, false) - 1;
  const cookie = memory.view.getInt32(r[4]! + ACK_SEQ, false) - 1;
  const rest = (cookie - hash(vm, protocol, 0, 0) - seq) >>> 0;
  const minute = minuteOf(vm);
  const age = (minute - (rest >>> COOKIE_BITS)) & 0xff;
  if (age >= MAX_AGE) return -EACCES;
  const index = (rest - hash(vm, protocol, minute - age, 1)) & COOKIE_MASK;
  return index < protocol.sizes.length ? 0 : -EACCES;
}

export function tcpRawGenSyncookieIpv4(vm: Vm): number {
  return generate(vm, IPV4);
}

export function tcpRawGenSyncookieIpv6(vm: Vm): number {
  return generate(vm, IPV6);
}

export function tcpRawCheckSyncookieIpv4(vm: Vm): number {
  return check(vm, IPV4);
}

export function tcpRawCheckSyncookieIpv6(vm: Vm): number {
  return check(vm, IPV6);
}
