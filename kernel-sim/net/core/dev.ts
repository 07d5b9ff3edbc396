import { SOL_TCP } from "../../include/uapi/socket.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import {
  localBhDisable,
  localBhEnable,
  NET_RX_SOFTIRQ,
  openSoftirq,
  raiseSoftirq,
} from "../../kernel/softirq.ts";
import type { NetNamespace } from "../namespace.ts";
import type { SkBuff } from "./skbuff.ts";

/** Packets that one run of the softirq takes (`net.core.netdev_budget`). */
/** Headers of Ethernet and IP, with those of TCP and of UDP. */
const LO_TCP_HEADERS = 66;
const LO_UDP_HEADERS = 42;
const NETDEV_BUDGET = 300;

/** What a transport protocol does with a packet that has come in (`struct net_protocol`). */
export type PacketHandler = (kernel: Kernel, net: NetNamespace, skb: SkBuff) => void;

/**
 * Packets that have come in and wait for the softirq, and the softirq itself. `lo` hands every packet that
 * is sent to it at once, so a receiver has its packet before the sender's call goes on.
 *
 * @linux net/core/dev.c `netif_rx`, `process_backlog`, drivers/net/loopback.c (6.18)
 * @simplified packets are handed over as what the protocols made of them; one queue for all CPUs.
 */
export class Softnet {
  readonly #kernel: Kernel;
  readonly #handlers = new Map<number, PacketHandler>();
  readonly #backlog: { readonly net: NetNamespace; readonly protocol: number; skb: SkBuff }[] = [];
  #isScheduled = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    openSoftirq(kernel, NET_RX_SOFTIRQ, () => this.#netRxAction());
  }

  /** @linux net/ipv4/protocol.c `inet_add_protocol` (6.18) */
  addProtocol(protocol: number, handler: PacketHandler): void {
    this.#handlers.set(protocol, handler);
  }

  /** Queues a packet for the softirq, which runs at once when it may. */
  netifRx(net: NetNamespace, protocol: number, skb: SkBuff): void {
    const kernel = this.#kernel;
    localBhDisable(kernel);
    net.loPackets++;
    net.loBytes += skb.len + (protocol === SOL_TCP ? LO_TCP_HEADERS : LO_UDP_HEADERS);
    this.#backlog.push({ net, protocol, skb });
    // Already asked for, or running: a handler sends answers, which come behind what waits.
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      raiseSoftirq(kernel, NET_RX_SOFTIRQ);
    }
    localBhEnable(kernel);
  }

  /** @linux net/core/dev.c `net_rx_action`, `process_backlog` (6.18) */
  #netRxAction(): void {
    let budget = NETDEV_BUDGET;
    // By index: what handlers send is appended.
    let i = 0;
    for (; i < this.#backlog.length && budget > 0; i++, budget--) {
      const packet = this.#backlog[i]!;
      this.#handlers.get(packet.protocol)?.(this.#kernel, packet.net, packet.skb);
    }
    this.#backlog.splice(0, i);
    this.#isScheduled = this.#backlog.length > 0;
    if (this.#isScheduled) raiseSoftirq(this.#kernel, NET_RX_SOFTIRQ);
  }
}

/** The one of this machine (`softnet_data`). */
export function softnet(kernel: Kernel): Softnet {
  return kernel.subsystem("softnet", () => new Softnet(kernel));
}
