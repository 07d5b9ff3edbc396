import { EINVAL, ENODEV, ENOMEM } from "../include/errno.ts";
import * as ctx from "./contexts.ts";
import type { BpfKernel } from "./kernel.ts";
import type { BpfMemory } from "./memory.ts";
import type { LoadedProgram } from "./program.ts";
import {
  checkDataIn,
  ctxInit,
  finished,
  LOOPBACK_IFINDEX,
  NET_SKB_PAD,
  PAGE_BYTES,
  refusedRun,
  repeated,
  SHARED_INFO_BYTES,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";
import * as uapi from "./uapi.ts";

/** `struct bpf_sock`: the socket that owns the packet of a test run. */
const BPF_SOCK_BYTES = 80;

/** These see the packet from its Ethernet header on. */
const LINK_LAYER: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_SCHED_CLS,
  uapi.BPF_PROG_TYPE_SCHED_ACT,
]);

/**
 * Runs a program on an sk_buff. Types of traffic control see the packet from its Ethernet header
 * on, others from behind it.
 *
 * @linux net/bpf/test_run.c `bpf_prog_test_run_skb` (6.18)
 * @simplified `queue_mapping`, `tc_index` and `tc_classid` keep all 32 bits that a program stores.
 */
export function runSkb(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const { dataIn } = request;
  const isLinkLayer = LINK_LAYER.has(prog.type);
  const problem = checkAttr(request);
  if (problem !== 0) return refusedRun(problem, request);
  const user = ctxInit(request, ctx.SK_BUFF_BYTES);
  if (typeof user === "number") return refusedRun(user, request);
  const fields = user && new DataView(user.buffer);
  const network = networkHeaderOf(dataIn);
  // A device that is not there is seen first.
  if (fields !== undefined && fields.getUint32(ctx.SKB_IFINDEX, true) > LOOPBACK_IFINDEX) {
    return refusedRun(-ENODEV, request);
  }
  if (network !== undefined && dataIn.length < ctx.ETH_HLEN + network.bytes) {
    return refusedRun(-EINVAL, request);
  }
  const length = dataIn.length - (isLinkLayer ? 0 : ctx.ETH_HLEN);
  if (user !== undefined && !isContextOk(user, length)) return refusedRun(-EINVAL, request);
  const { memory } = kernel;
  const rooms = memory.allocAll(PAGE_BYTES, ctx.SK_BUFF_BYTES, BPF_SOCK_BYTES);
  if (rooms === undefined) return refusedRun(-ENOMEM, request);
  const [buffer, context, socket] = rooms as [number, number, number];
  const { bytes, view } = memory;
  const mac = buffer + NET_SKB_PAD;
  const networkAt = mac + ctx.ETH_HLEN;
  const data = isLinkLayer ? mac : networkAt;
  bytes.set(dataIn, mac);
  if (fields !== undefined) {
    if (fields.getUint32(ctx.SKB_WIRE_LEN, true) === 0) {
      fields.setUint32(ctx.SKB_WIRE_LEN, length, true);
    }
    fields.setUint32(ctx.SKB_IFINDEX, LOOPBACK_IFINDEX, true);
    bytes.set(user!, context);
  }
  view.setInt32(context + ctx.SKB_LEN, length, true);
  view.setInt32(context + ctx.SKB_PKT_TYPE, packetType(bytes, mac), true);
  view.setInt32(context + ctx.SKB_PROTOCOL, protocol(view, mac, dataIn.length), true);
  view.setInt32(context + ctx.SKB_IFINDEX, LOOPBACK_IFINDEX, true);
  view.setInt32(context + ctx.SKB_DATA, data, true);
  view.setInt32(context + ctx.SKB_DATA_END, data + length, true);
  view.setInt32(context + ctx.SKB_DATA_META, data, true);
  if (network !== undefined) writeSocket(memory, socket, context, network, networkAt);
  view.setInt32(context + ctx.SKB_SK, socket, true);
  kernel.packet = {
    data,
    length,
    macHeader: mac,
    networkHeader: networkAt,
    buffer,
    bufferBytes: PAGE_BYTES,
    isXdp: false,
  };
  const { retval, executed } = repeated(kernel, prog, context, request.repeat);
  const { packet } = kernel;
  // The header that was taken off comes back as zeros.
  const header = isLinkLayer ? 0 : ctx.ETH_HLEN;
  const dataOut = new Uint8Array(header + packet.length);
  dataOut.set(memory.copyOut(packet.data, packet.length), header);
  if (user !== undefined) {
    for (const [start, end] of SETTABLE) {
      user.set(memory.copyOut(context + start, end - start), start);
    }
  }
  memory.free(packet.buffer, packet.bufferBytes);
  memory.free(context, ctx.SK_BUFF_BYTES);
  kernel.dropStorageOf(socket);
  memory.free(socket, BPF_SOCK_BYTES);
  return finished(request, { retval, executed, data: dataOut, context: user });
}

const BPF_F_TEST_SKB_CHECKSUM_COMPLETE = 4;

function checkAttr(request: TestRunRequest): 0 | number {
  const { flags = 0, cpu = 0, batchSize = 0, dataIn, dataSizeIn } = request;
  const isMoreAsked = (flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE) !== 0 || cpu !== 0;
  if (isMoreAsked || batchSize !== 0) return -EINVAL;
  if ((dataSizeIn ?? dataIn.length) < ctx.ETH_HLEN) return -EINVAL;
  return checkDataIn(request, NET_SKB_PAD, SHARED_INFO_BYTES);
}

/** What the addresses of a network protocol look like in its header and in `struct bpf_sock`. */
interface NetworkHeader {
  readonly family: number;
  /** Length without options. */
  readonly bytes: number;
  readonly source: number;
  readonly addressBytes: number;
  readonly sockSource: number;
  readonly sockDestination: number;
  /** The same in `struct __sk_buff`: what is sent is local. */
  readonly skbLocal: number;
  readonly skbRemote: number;
}

const IPV4: NetworkHeader = {
  family: 2,
  bytes: 20,
  source: 12,
  addressBytes: 4,
  sockSource: 24,
  sockDestination: 52,
  skbLocal: 96,
  skbRemote: 92,
};
const IPV6: NetworkHeader = {
  family: 10,
  bytes: 40,
  source: 8,
  addressBytes: 16,
  sockSource: 28,
  sockDestination: 56,
  skbLocal: 116,
  skbRemote: 100,
};
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const SOCK_FAMILY = 4;

function networkHeaderOf(packet: Uint8Array): NetworkHeader | undefined {
  const type = (packet[12]! << 8) | packet[13]!;
  if (type === ETH_P_IP) return IPV4;
  return type === ETH_P_IPV6 ? IPV6 : undefined;
}

/** The socket that Linux makes up for the packet has the packet's addresses; so `context` says. */
function writeSocket(
  memory: BpfMemory,
  socket: number,
  context: number,
  header: NetworkHeader,
  at: number,
): void {
  const { bytes, view } = memory;
  const { family, source, addressBytes, sockSource, sockDestination } = header;
  const from = at + source;
  const to = from + addressBytes;
  view.setInt32(socket + SOCK_FAMILY, family, true);
  view.setInt32(context + ctx.SKB_FAMILY, family, true);
  bytes.copyWithin(socket + sockSource, from, to);
  bytes.copyWithin(socket + sockDestination, to, to + addressBytes);
  bytes.copyWithin(context + header.skbLocal, from, to);
  bytes.copyWithin(context + header.skbRemote, to, to + addressBytes);
}

const PACKET_HOST = 0;
const PACKET_MULTICAST = 2;
const PACKET_OTHERHOST = 3;

/**
 * The loopback device has the address 0, which is its broadcast address, too.
 *
 * @linux net/ethernet/eth.c `eth_type_trans` (6.18)
 */
function packetType(bytes: Uint8Array, mac: number): number {
  const destination = bytes.subarray(mac, mac + 6);
  if (destination.every((byte) => byte === 0)) return PACKET_HOST;
  return (destination[0]! & 1) !== 0 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

const ETH_P_802_3_MIN = 0x600;
/** In network order, as `skb->protocol` holds them. */
const ETH_P_802_3 = 0x0100;
const ETH_P_802_2 = 0x0400;

function protocol(view: DataView, mac: number, size: number): number {
  if (view.getUint16(mac + 12, false) >= ETH_P_802_3_MIN) return view.getUint16(mac + 12, true);
  const isRawIpx = size >= ctx.ETH_HLEN + 2 && view.getUint16(mac + 14, true) === 0xffff;
  return isRawIpx ? ETH_P_802_3 : ETH_P_802_2;
}

/** Fields that the caller may set: offset and end. The others must be 0. */
const SETTABLE: readonly (readonly [number, number])[] = [
  [ctx.SKB_MARK, ctx.SKB_MARK + 4],
  [ctx.SKB_PRIORITY, ctx.SKB_PRIORITY + 4],
  [ctx.SKB_INGRESS_IFINDEX, ctx.SKB_IFINDEX + 4],
  [ctx.SKB_CB, ctx.SKB_CB + ctx.SKB_CB_BYTES],
  [ctx.SKB_TSTAMP, ctx.SKB_TSTAMP + 8],
  [ctx.SKB_WIRE_LEN, ctx.SKB_GSO_SEGS + 4],
  [ctx.SKB_GSO_SIZE, ctx.SKB_GSO_SIZE + 4],
  [ctx.SKB_HWTSTAMP, ctx.SKB_HWTSTAMP + 8],
];

const GSO_LEGACY_MAX_SIZE = 65_536;
const GSO_MAX_SEGS = 65_535;

/** @linux net/bpf/test_run.c `convert___skb_to_skb` (6.18) */
function isContextOk(given: Uint8Array<ArrayBuffer>, length: number): boolean {
  const isOnlySettable = given.every(
    (byte, at) => byte === 0 || SETTABLE.some(([start, end]) => at >= start && at < end),
  );
  const fields = new DataView(given.buffer);
  const wireLen = fields.getUint32(ctx.SKB_WIRE_LEN, true);
  const isWireLenOk = wireLen === 0 || (wireLen >= length && wireLen <= GSO_LEGACY_MAX_SIZE);
  return isOnlySettable && isWireLenOk && fields.getUint32(ctx.SKB_GSO_SEGS, true) <= GSO_MAX_SEGS;
}
