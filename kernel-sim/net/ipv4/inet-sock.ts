import { AF_INET } from "../../include/uapi/socket.ts";
import type { KernelArg } from "../../kernel/function-probes.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { Sock } from "../core/sock.ts";
import type { NetNamespace } from "../namespace.ts";

export const SOCKADDR_IN_BYTES = 16;
/** Bits of `bindLocks`: the program has chosen address, port (`SOCK_BINDADDR_LOCK`, `SOCK_BINDPORT_LOCK`). */
export const BINDADDR_LOCK = 4;
export const BINDPORT_LOCK = 8;

/**
 * A socket of the family AF_INET. Addresses are 32-bit numbers, ports are in the machine's order.
 *
 * @linux include/net/inet_sock.h `struct inet_sock` (6.18)
 */
export class InetSock extends Sock {
  override readonly struct: string = "inet_sock";
  /** Own address for receiving (0: any), for sending, and own port (0: none). */
  rcvSaddr = 0;
  saddr = 0;
  num = 0;
  /** As it is told; 0 after a disconnect, while `num` is kept. */
  sport = 0;
  daddr = 0;
  dport = 0;
  bindLocks = 0;
  /** Whose it is: for SO_REUSEPORT. */
  uid = 0;
  readonly ip = new IpOptions();
  /** Multicast groups that it has joined. */
  readonly groups = new Set<number>();
  /** In a system call that changes it: packets wait in `backlog` (`lock_sock`). */
  isOwned = false;
  readonly backlog: (() => void)[] = [];

  constructor(kernel: Kernel, net: NetNamespace, type: number, protocol: number) {
    super(kernel, net, AF_INET, type, protocol);
  }

  lock(): void {
    this.isOwned = true;
  }

  /** Lets packets in again; those that came meanwhile first (`release_sock`). */
  release(): void {
    while (this.backlog.length > 0) this.backlog.shift()!();
    this.isOwned = false;
    this.releaseCb();
  }

  /** `sk_prot->release_cb`. */
  protected releaseCb(): void {}
}

/** As programs at functions see it. */
export function shownSock(of: InetSock): KernelArg {
  return { struct: of.struct, of };
}

/** Options at SOL_IP. */
export class IpOptions {
  tos = 0;
  ttl = -1;
  hdrincl = false;
  recvOpts = false;
  retOpts = false;
  pktinfo = false;
  mtuDiscover = 1;
  recvErr = false;
  recvTtl = false;
  recvTos = false;
  freebind = false;
  transparent = false;
  origDstAddr = false;
  minTtl = 0;
  passSec = false;
  recvErrRfc4884 = false;
  checksum = false;
  bindAddressNoPort = false;
  recvFragsize = false;
  multicastTtl = 1;
  multicastLoop = true;
  multicastAll = true;
  localPortRange = 0;
}

/** A `struct sockaddr_in`. */
export function sockaddrIn(addr: number, port: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(SOCKADDR_IN_BYTES));
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  view.setUint32(4, addr);
  return new Uint8Array(view.buffer);
}

/** Port and address of a `struct sockaddr_in` that is long enough. */
export function readSockaddrIn(bytes: Uint8Array): { addr: number; port: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { addr: view.getUint32(4), port: view.getUint16(2) };
}
