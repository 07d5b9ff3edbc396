import type { Kernel } from "../../kernel/kernel.ts";
import type { NetNamespace } from "../namespace.ts";
import type { SkBuff } from "./skbuff.ts";

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
  #isRunning = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @linux net/ipv4/protocol.c `inet_add_protocol` (6.18) */
  addProtocol(protocol: number, handler: PacketHandler): void {
    this.#handlers.set(protocol, handler);
  }

  /** Queues a packet and runs the softirq, unless it is running. */
  netifRx(net: NetNamespace, protocol: number, skb: SkBuff): void {
    this.#backlog.push({ net, protocol, skb });
    if (this.#isRunning) return;
    this.#isRunning = true;
    const cpu = this.#kernel.current?.cpu ?? this.#kernel.interrupted?.cpu ?? 0;
    this.#kernel.sched.runQueues[cpu]!.netRxSoftirqs++;
    // By index: a handler sends answers, which come behind what waits already.
    for (let i = 0; i < this.#backlog.length; i++) {
      const packet = this.#backlog[i]!;
      this.#handlers.get(packet.protocol)?.(this.#kernel, packet.net, packet.skb);
    }
    this.#backlog.length = 0;
    this.#isRunning = false;
  }
}

/** The one of this machine (`softnet_data`). */
export function softnet(kernel: Kernel): Softnet {
  return kernel.subsystem("softnet", () => new Softnet(kernel));
}
