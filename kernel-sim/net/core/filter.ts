import { EACCES, EBADF, EFAULT, EINVAL, ENOENT, ENOMEM, EPERM } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, copyToUser, getUser32, getUser64 } from "../../mm/uaccess.ts";
import { OPTMEM_MAX } from "../msghdr.ts";
import type { Sock } from "./sock.ts";

/** A packet as a filter sees it. */
export interface FilteredPacket {
  /** From the link-layer header on, if it came over a device. */
  readonly bytes: Uint8Array;
  /** Where in there the socket's data begins, and the network header. */
  readonly dataOff: number;
  readonly networkOff: number;
  /** ETH_P_…, 0 for none. */
  readonly protocol: number;
  readonly device: { readonly ifindex: number; readonly type: number } | undefined;
  readonly mark: number;
  readonly priority: number;
  readonly cpu: number;
}

/** A program that says how many bytes of a packet a socket gets; 0: it gets nothing of it. */
export interface SocketFilter {
  /** The classic instructions as they were given; undefined: it is no classic program. */
  readonly original: Uint8Array | undefined;
  /** What it takes of the memory of a socket that has it. */
  readonly sizeBytes: number;
  run(packet: FilteredPacket): number;
  /** A socket has it. */
  hold(): void;
  /** The socket has it no longer. */
  release(): void;
}

/** Where filters come from. The answer is negative when there is none to be had. */
export interface SocketFilters {
  /** @param original an array of `struct sock_filter` */
  classic(original: Uint8Array): SocketFilter | number;
  /** @param object what a descriptor stands for */
  ofObject(object: object | undefined): SocketFilter | number;
}

const SOCK_FILTER_BYTES = 8;
const SOCK_FPROG_BYTES = 16;
const BPF_MAXINSNS = 4096;

/** SO_ATTACH_FILTER. @linux net/core/filter.c `sk_attach_filter` (6.18) */
export function skAttachFilter(task: Task, sk: Sock, addr: number, len: number): number {
  if (len !== SOCK_FPROG_BYTES) return -EINVAL;
  const count = getUser32(task, addr);
  const filter = getUser64(task, addr + 8);
  if (count === undefined || filter === undefined) return -EFAULT;
  if (sk.options.lockFilter) return -EPERM;
  const insns = count & 0xffff;
  if (filter === 0 || insns === 0 || insns > BPF_MAXINSNS) return -EINVAL;
  const original = copyFromUser(task, filter, insns * SOCK_FILTER_BYTES);
  if (typeof original === "number") return -EFAULT;
  const { socketFilters } = sk.kernel.hooks;
  if (socketFilters === undefined) return -ENOMEM;
  return attach(sk, socketFilters.classic(original));
}

/** SO_ATTACH_BPF: a program that bpf(2) has loaded. @linux net/core/filter.c `sk_attach_bpf` (6.18) */
export function skAttachBpf(task: Task, sk: Sock, addr: number, len: number): number {
  if (len !== 4) return -EINVAL;
  const fd = getUser32(task, addr);
  if (fd === undefined) return -EFAULT;
  if (sk.options.lockFilter) return -EPERM;
  const file = task.files.fget(fd);
  if (file === undefined) return -EBADF;
  const { socketFilters } = sk.kernel.hooks;
  const object = file.privateData;
  if (socketFilters === undefined || typeof object !== "object" || object === null) return -EINVAL;
  return attach(sk, socketFilters.ofObject(object));
}

/**
 * The filter before is there until the other one is.
 *
 * @linux net/core/filter.c `__sk_attach_prog`, `sk_filter_charge` (6.18)
 * @simplified options of a socket take nothing of what its filters may take; eBPF programs count as they were loaded
 */
function attach(sk: Sock, filter: SocketFilter | number): number {
  if (typeof filter === "number") return filter;
  if (filter.sizeBytes + (sk.filter?.sizeBytes ?? 0) >= OPTMEM_MAX) return -ENOMEM;
  skSetFilter(sk, filter);
  return 0;
}

/** The filter in the place of the one before; undefined: none, as in a socket that goes. @linux net/core/filter.c `sk_filter_uncharge` (6.18) */
export function skSetFilter(sk: Sock, filter: SocketFilter | undefined): void {
  filter?.hold();
  sk.filter?.release();
  sk.filter = filter;
}

/** SO_DETACH_FILTER. @linux net/core/filter.c `sk_detach_filter` (6.18) */
export function skDetachFilter(sk: Sock): number {
  if (sk.options.lockFilter) return -EPERM;
  if (sk.filter === undefined) return -ENOENT;
  skSetFilter(sk, undefined);
  return 0;
}

/**
 * SO_GET_FILTER: the classic program, as far as there is room; without room only its length, in
 * instructions.
 *
 * @param room in instructions
 * @linux net/core/filter.c `sk_get_filter` (6.18)
 */
export function skGetFilter(task: Task, sk: Sock, addr: number, room: number): number {
  const { filter } = sk;
  if (filter === undefined) return 0;
  const { original } = filter;
  if (original === undefined) return -EACCES;
  const count = original.length / SOCK_FILTER_BYTES;
  if (room === 0) return count;
  if (room < count) return -EINVAL;
  return copyToUser(task, addr, original) < 0 ? -EFAULT : count;
}

/**
 * How many of the `len` bytes of a packet the filter of the socket lets through, at least `cap`; -1
 * when the packet is dropped.
 *
 * @linux net/core/filter.c `sk_filter_trim_cap` (6.18)
 */
export function skFilterTrimCap(
  sk: Sock,
  len: number,
  cap: number,
  packet: () => FilteredPacket,
): number {
  const { filter } = sk;
  if (filter === undefined) return len;
  const wanted = filter.run(packet());
  return wanted === 0 ? -1 : Math.min(len, Math.max(cap, wanted));
}
