import { EINVAL, ENOLINK, EPERM } from "../../include/errno.ts";
import { EPOLLHUP } from "../../include/uapi/poll.ts";
import type { BpfKernel } from "../kernel.ts";
import type { KernelMap } from "../maps/map.ts";
import type { StructOpsMap } from "../maps/struct-ops.ts";
import { isStructOpsMap } from "../maps/struct-ops-check.ts";
import type { Pollable, Waiters } from "../pollable.ts";
import { BPF_LINK_TYPE_STRUCT_OPS, KernelLink, linkNewFd } from "./link.ts";

/** Where in the info of a link the number of its map stands. */
const INFO_MAP_ID = 16;

/** A table of programs is registered for as long as somebody holds this. @linux kernel/bpf/bpf_struct_ops.c `struct bpf_struct_ops_link` (6.18) */
export class StructOpsLink extends KernelLink implements Pollable {
  waiters: Waiters | undefined = undefined;
  readonly #kernel: BpfKernel;
  /** undefined: it was taken out. */
  #map: StructOpsMap | undefined;

  constructor(kernel: BpfKernel, map: StructOpsMap, attachType: number) {
    const ops = {
      isDetachable: true,
      release: () => this.#detach(),
      updateMap: (_link: KernelLink, next: KernelMap, old: KernelMap | undefined) =>
        this.#update(next, old),
      fdinfo: () => (this.#map === undefined ? "" : `map_id:\t${this.#map.id}\n`),
      fillInfo: (_link: KernelLink, info: DataView): 0 => {
        if (this.#map !== undefined) info.setUint32(INFO_MAP_ID, this.#map.id, true);
        return 0;
      },
    };
    super(BPF_LINK_TYPE_STRUCT_OPS, ops, undefined, attachType);
    this.#kernel = kernel;
    this.#map = map;
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_link_poll` (6.18) */
  get events(): number {
    return this.#map === undefined ? EPOLLHUP : 0;
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_link_update` (6.18) */
  #update(next: KernelMap, expected: KernelMap | undefined): 0 | number {
    if (!isStructOpsMap(next) || !next.isValidToRegister) return -EINVAL;
    const old = this.#map;
    if (old === undefined) return -ENOLINK;
    if (expected !== undefined && old !== expected) return -EPERM;
    const err = next.replace(old);
    if (err !== 0) return err;
    this.#kernel.ref(next);
    this.#map = next;
    this.#kernel.unref(old);
    return 0;
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_link_detach` (6.18) */
  #detach(): void {
    const map = this.#map;
    if (map === undefined) return;
    map.unregister();
    this.#map = undefined;
    this.#kernel.unref(map);
    this.waiters?.wake();
  }
}

/** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_link_create` (6.18) */
export function structOpsLinkCreate(kernel: BpfKernel, map: KernelMap, attachType: number): number {
  if (!isStructOpsMap(map) || !map.isValidToRegister) return -EINVAL;
  const link = new StructOpsLink(kernel, map, attachType);
  return linkNewFd(kernel, link, () => {
    const err = map.register();
    if (err === 0) kernel.ref(map);
    return err;
  });
}
