/** Packets of the simulated wire with the headers that filters look into. */
import type { FilteredPacket } from "../core/filter.ts";
import type { Sock } from "../core/sock.ts";

const ETH_HLEN = 14;
const IP_HLEN = 20;
const ETH_P_IP = 0x0800;
/** The loopback device: its index, and ARPHRD_LOOPBACK. */
const LO = Object.freeze({ ifindex: 1, type: 772 });

interface IpFields {
  readonly saddr: number;
  readonly daddr: number;
  readonly protocol: number;
  readonly ttl: number;
  readonly tos: number;
}

/**
 * An IPv4 packet over `lo` as a filter of `sk` sees it: its data begins with the transport header.
 *
 * @simplified checksums are 0, and the mark of the sender is not passed on
 */
export function ipFilterView(
  sk: Sock,
  { saddr, daddr, protocol, ttl, tos }: IpFields,
  transport: Uint8Array,
  payload: Uint8Array,
): FilteredPacket {
  const dataOff = ETH_HLEN + IP_HLEN;
  const bytes = new Uint8Array(dataOff + transport.length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, ETH_P_IP);
  view.setUint8(ETH_HLEN, 0x45);
  view.setUint8(ETH_HLEN + 1, tos);
  view.setUint16(ETH_HLEN + 2, bytes.length - ETH_HLEN);
  view.setUint16(ETH_HLEN + 6, 0x4000);
  view.setUint8(ETH_HLEN + 8, ttl);
  view.setUint8(ETH_HLEN + 9, protocol);
  view.setUint32(ETH_HLEN + 12, saddr);
  view.setUint32(ETH_HLEN + 16, daddr);
  bytes.set(transport, dataOff);
  bytes.set(payload, dataOff + transport.length);
  return {
    bytes,
    dataOff,
    networkOff: ETH_HLEN,
    protocol: ETH_P_IP,
    device: LO,
    mark: 0,
    priority: 0,
    cpu: sk.kernel.current?.cpu ?? 0,
  };
}

/** The ports that both transport protocols begin with, in `bytes` bytes of header. */
export function transportHeader(bytes: number, sport: number, dport: number): DataView {
  const view = new DataView(new ArrayBuffer(bytes));
  view.setUint16(0, sport);
  view.setUint16(2, dport);
  return view;
}
