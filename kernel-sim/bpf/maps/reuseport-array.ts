import { E2BIG, EBUSY, EEXIST, EINVAL, ENOENT, ENOTSUPP } from "../../include/errno.ts";
import type { Sock } from "../../net/core/sock.ts";
import { arrayMapAllocCheck } from "./arraymap.ts";
import { BPF_EXIST, BPF_NOEXIST } from "./flags.ts";
import type { MapCreateAttr } from "./map.ts";
import { SocketMap } from "./sock-map.ts";
import { isOpen, isPortSocket, sharesPort } from "./sockets.ts";

/** @linux kernel/bpf/reuseport_array.c `reuseport_array_alloc_check` (6.18) */
export function reuseportArrayAllocCheck(attr: MapCreateAttr): number {
  return attr.valueSize === 4 || attr.valueSize === 8 ? arrayMapAllocCheck(attr) : -EINVAL;
}

/** @linux kernel/bpf/reuseport_array.c `reuseport_array_ops` (6.18) */
export class ReuseportArray extends SocketMap {
  readonly #sockets = new Map<number, Sock>();

  protected override socketAt(key: number): Sock | undefined {
    const sk = this.#sockets.get(this.indexAt(key));
    return sk !== undefined && isOpen(sk) ? sk : undefined;
  }

  /** @linux kernel/bpf/reuseport_array.c `bpf_fd_reuseport_array_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    const index = this.indexAt(key);
    if (index >= this.attr.maxEntries) return -E2BIG;
    const sk = this.socketOf(value);
    if (typeof sk === "number") return sk;
    const old = this.socketAt(key);
    const refusal = refusalOfPortSocket(sk, old, flags);
    if (refusal !== 0) return refusal;
    if (old !== undefined) old.userData = undefined;
    sk.userData = this;
    this.#sockets.set(index, sk);
    return 0;
  }

  override delete(key: number): number {
    const index = this.indexAt(key);
    if (index >= this.attr.maxEntries) return -E2BIG;
    const old = this.socketAt(key);
    this.#sockets.delete(index);
    if (old === undefined) return -ENOENT;
    old.userData = undefined;
    return 0;
  }

  override free(): void {
    for (const sk of this.#sockets.values()) sk.userData = undefined;
    this.#sockets.clear();
    super.free();
  }
}

/** @linux kernel/bpf/reuseport_array.c `reuseport_array_update_check` (6.18) */
function refusalOfPortSocket(sk: Sock, old: Sock | undefined, flags: number): 0 | number {
  if (old !== undefined && flags === BPF_NOEXIST) return -EEXIST;
  if (old === undefined && flags === BPF_EXIST) return -ENOENT;
  if (!isPortSocket(sk)) return -ENOTSUPP;
  if (!sharesPort(sk)) return -EINVAL;
  // It is in a map already, if only in this place.
  return sk.userData === undefined ? 0 : -EBUSY;
}
