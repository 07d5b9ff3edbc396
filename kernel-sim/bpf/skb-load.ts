import type { TunnelInfo } from "./helpers/tunnel.ts";
import type { BpfCpu, BpfHost } from "./interpreter.ts";

/** Where the packet of the running program lies: what LD_ABS, LD_IND and skb helpers look at. */
export interface PacketPlace {
  /** Address of the first byte that programs count from. */
  data: number;
  /** In bytes from `data` on. */
  length: number;
  /** Addresses of the link-layer header, 0 without one, and of the network header. */
  macHeader: number;
  networkHeader: number;
  /** The memory that it lies in, which grows with it. */
  buffer: number;
  bufferBytes: number;
  /** Whether it is a device's own buffer, or an sk_buff around it. */
  readonly isXdp: boolean;
  /** That of its flow, once it was asked for. */
  hash?: number | undefined;
  /** How many checksums inside of it are known to be right, less one; undefined: none. */
  csumLevel?: number | undefined;
  /** The tunnel it is to go through, once a program has said so. */
  tunnel?: TunnelInfo | undefined;
  /** That of its socket, once it was asked for. */
  socketCookie?: number | undefined;
}

/** From here on negative offsets count from the network header. @linux uapi/linux/filter.h (6.18) */
const SKF_NET_OFF = -0x100000;
const SKF_LL_OFF = -0x200000;

/**
 * Loads `size` bytes in network order from the packet into R0. Answers false outside of it.
 *
 * @linux net/core/filter.c `bpf_skb_load_helper_32` (6.18)
 */
export function loadFromPacket(
  vm: Pick<BpfCpu<BpfHost>, "machine" | "memory" | "r">,
  offset: number,
  size: number,
): boolean {
  const { data, length, macHeader, networkHeader } = vm.machine.packet;
  let address = data + offset;
  if (offset < 0) {
    if (offset >= SKF_NET_OFF) address = networkHeader + offset - SKF_NET_OFF;
    else if (offset >= SKF_LL_OFF && macHeader !== 0) address = macHeader + offset - SKF_LL_OFF;
    else return false;
  }
  if (address < macHeader || address + size > data + length) return false;
  const { view } = vm.memory;
  const { r } = vm;
  if (size === 4) r[0] = view.getInt32(address, false);
  else if (size === 2) r[0] = view.getUint16(address, false);
  else r[0] = view.getUint8(address);
  r[1] = 0;
  return true;
}
