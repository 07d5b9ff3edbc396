/** Programs of maps of sockets. @linux net/core/sock_map.c (6.18) */
import { EBUSY, EINVAL, ENOENT, ENOLINK, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import type { BpfKernel } from "../kernel.ts";
import type { KernelMap } from "../maps/map.ts";
import { SockMap } from "../maps/sock-map.ts";
import type { LoadedProgram } from "../program.ts";
import {
  BPF_SK_MSG_VERDICT,
  BPF_SK_SKB_STREAM_PARSER,
  BPF_SK_SKB_STREAM_VERDICT,
  BPF_SK_SKB_VERDICT,
} from "../uapi.ts";
import { BPF_LINK_TYPE_SOCKMAP, KernelLink, type LinkOps, linkNewFd, replaceProg } from "./link.ts";

/** Two kinds of verdicts do not go together. */
const RIVALS: Readonly<Record<number, number>> = {
  [BPF_SK_SKB_STREAM_VERDICT]: BPF_SK_SKB_VERDICT,
  [BPF_SK_SKB_VERDICT]: BPF_SK_SKB_STREAM_VERDICT,
};
const KNOWN: readonly number[] = [
  BPF_SK_MSG_VERDICT,
  BPF_SK_SKB_STREAM_PARSER,
  BPF_SK_SKB_STREAM_VERDICT,
  BPF_SK_SKB_VERDICT,
];

/** Why a map has no place for such a program. @linux net/core/sock_map.c `sock_map_prog_link_lookup` (6.18) */
function lookup(map: SockMap, which: number): 0 | number {
  if (!KNOWN.includes(which)) return -EOPNOTSUPP;
  const rival = RIVALS[which];
  return rival !== undefined && map.progs.has(rival) ? -EBUSY : 0;
}

/** The program that hangs there, if any does. */
export function sockMapProgOf(map: SockMap, which: number): LoadedProgram | undefined | number {
  return lookup(map, which) || map.progs.get(which)?.prog;
}

/**
 * Hangs a program on a map of sockets, or takes `old` from it.
 *
 * @linux net/core/sock_map.c `sock_map_prog_update` (6.18)
 */
export function sockMapProgUpdate(
  kernel: BpfKernel,
  map: KernelMap,
  which: number,
  { prog, old, link }: SockMapChange,
): 0 | number {
  if (!(map instanceof SockMap)) return -EOPNOTSUPP;
  const err = lookup(map, which);
  if (err !== 0) return err;
  const there = map.progs.get(which);
  // Without its link nothing moves what hangs by one.
  if ((link === undefined || prog !== undefined) && there?.link !== undefined) return -EBUSY;
  if (old !== undefined && there?.prog !== old) return -ENOENT;
  if (prog === undefined) map.progs.delete(which);
  else {
    kernel.ref(prog);
    map.progs.set(which, { prog, link });
  }
  if (there !== undefined) kernel.unref(there.prog);
  return 0;
}

interface SockMapChange {
  readonly prog?: LoadedProgram;
  readonly old?: LoadedProgram;
  readonly link?: KernelLink;
}

/** @linux net/core/sock_map.c `sock_map_link_create` (6.18) */
export function sockMapLinkCreate(
  kernel: BpfKernel,
  map: KernelMap,
  prog: LoadedProgram,
  attachType: number,
): number {
  if (!(map instanceof SockMap)) return -EINVAL;
  const ops = sockMapLinkOps(kernel, map, attachType);
  const link = new KernelLink(BPF_LINK_TYPE_SOCKMAP, ops, prog, attachType);
  return linkNewFd(kernel, link, () => {
    const err = sockMapProgUpdate(kernel, map, attachType, { prog, link });
    if (err === 0) kernel.objects.hold(map);
    return err;
  });
}

/** @linux net/core/sock_map.c `sock_map_link_ops` (6.18) */
function sockMapLinkOps(kernel: BpfKernel, map: SockMap, attachType: number): LinkOps {
  let isAttached = true;
  const mapId = () => (isAttached ? map.id : 0);
  return {
    isDetachable: true,
    release(link) {
      if (!isAttached) return;
      sockMapProgUpdate(kernel, map, attachType, { old: link.prog, link });
      isAttached = false;
      kernel.objects.release(map);
    },
    updateProg(link, next, old) {
      if (old !== undefined && link.prog !== old) return -EPERM;
      const { type, expectedAttachType } = link.prog;
      if (next.type !== type || next.expectedAttachType !== expectedAttachType) return -EINVAL;
      if (!isAttached) return -ENOLINK;
      const err = lookup(map, attachType);
      if (err !== 0) return err;
      const there = map.progs.get(attachType);
      if (there?.link !== link) return -EBUSY;
      kernel.ref(next);
      map.progs.set(attachType, { prog: next, link });
      kernel.unref(there.prog);
      replaceProg(kernel, link, next);
      return 0;
    },
    fdinfo: () => `map_id:\t${mapId()}\nattach_type:\t${attachType}\n`,
    fillInfo(_link, info) {
      info.setUint32(16, mapId(), true);
      info.setUint32(20, attachType, true);
      return 0;
    },
  };
}
