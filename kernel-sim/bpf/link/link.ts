import { invariant } from "../../hw/simulator-bug.ts";
import { EFAULT, EINVAL, ENOSPC } from "../../include/errno.ts";
import type { Attachment } from "../../trace/attached.ts";
import type { BpfKernel } from "../kernel.ts";
import type { KernelMap } from "../maps/map.ts";
import type { LoadedProgram } from "../program.ts";
import type { UserMemory } from "../sys/caller.ts";

/** What holds a program where it hangs. @linux include/uapi/linux/bpf.h `enum bpf_link_type` (6.18) */
export const BPF_LINK_TYPE_NAMES: readonly string[] = Object.freeze([
  "<invalid>",
  "raw_tracepoint",
  "tracing",
  "cgroup",
  "iter",
  "netns",
  "xdp",
  "perf",
  "kprobe_multi",
  "struct_ops",
  "netfilter",
  "tcx",
  "uprobe_multi",
  "netkit",
  "sockmap",
]);

export const BPF_LINK_TYPE_RAW_TRACEPOINT = 1;
export const BPF_LINK_TYPE_TRACING = 2;
export const BPF_LINK_TYPE_ITER = 4;
export const BPF_LINK_TYPE_PERF_EVENT = 7;
export const BPF_LINK_TYPE_KPROBE_MULTI = 8;
export const BPF_LINK_TYPE_STRUCT_OPS = 9;
export const BPF_LINK_TYPE_SOCKMAP = 14;

/** `struct bpf_link_info`, in bytes. @linux include/uapi/linux/bpf.h (6.18) */
export const LINK_INFO_BYTES = 64;

/** What a kind of link does in its own way. @linux include/linux/bpf.h `struct bpf_link_ops` (6.18) */
export interface LinkOps {
  /** What fdinfo calls it, when that is not the name of its type. */
  readonly typeName?: string;
  /** Takes the program from where it hangs, if that is no hook of the trace. */
  release?(link: KernelLink): void;
  /** Whether who holds the link may ask for that; if not he gets EOPNOTSUPP. */
  readonly isDetachable?: boolean;
  /**
   * Puts `next` into the place of the program, if that is `old` or nobody says which one it should be;
   * `next` is then held by the link.
   */
  updateProg?(link: KernelLink, next: LoadedProgram, old: LoadedProgram | undefined): 0 | number;
  /** The same of the map that it registers. */
  updateMap?(link: KernelLink, next: KernelMap, old: KernelMap | undefined): 0 | number;
  /** Lines of /proc/PID/fdinfo. */
  fdinfo?(link: KernelLink): string;
  /** Fills the union of `struct bpf_link_info`, in which lies what the caller has put there. */
  fillInfo?(link: KernelLink, info: DataView, memory: UserMemory): 0 | number;
}

/** A program that hangs somewhere, for as long as somebody holds this. @linux include/linux/bpf.h `struct bpf_link` (6.18) */
export class KernelLink {
  /** 0 until it can be found. */
  id = 0;
  readonly type: number;
  readonly attachType: number;
  readonly ops: LinkOps;
  /** undefined: it holds a table of programs. */
  held: LoadedProgram | undefined;
  /** At which hooks of the trace the program hangs by this link. */
  attachments: readonly Attachment[] = [];

  constructor(type: number, ops: LinkOps, held: LoadedProgram | undefined, attachType: number) {
    this.type = type;
    this.ops = ops;
    this.held = held;
    this.attachType = attachType;
  }

  /** The program that hangs by it. */
  get prog(): LoadedProgram {
    invariant(this.held !== undefined, "a link of a table has no program of its own");
    return this.held;
  }
}

/**
 * Gives a link its number and its descriptor, if `attach` succeeds. A number is used up also when it does not.
 *
 * @linux kernel/bpf/syscall.c `bpf_link_prime`, `bpf_link_settle` (6.18)
 */
export function linkNewFd(kernel: BpfKernel, link: KernelLink, attach: () => 0 | number): number {
  const full = kernel.files.whyFull();
  if (full !== 0) return full;
  const id = kernel.nextLinkId();
  const err = attach();
  if (err !== 0) return err;
  // Its first file has a name of its own, by which it is known that the link had no number yet.
  const fd = kernel.install(link);
  link.id = id;
  kernel.objects.add(link);
  return fd;
}

/** The link gets another program. */
export function replaceProg(kernel: BpfKernel, link: KernelLink, next: LoadedProgram): void {
  const { prog } = link;
  kernel.ref(next);
  link.held = next;
  kernel.unref(prog);
}

/** Takes a link's program from where it hangs. */
export function unhang(link: KernelLink): void {
  for (const attachment of link.attachments) attachment.detach();
  link.attachments = [];
  link.ops.release?.(link);
}

/** @linux kernel/bpf/syscall.c `bpf_link_show_fdinfo` (6.18) */
export function linkFdinfo(link: KernelLink): string {
  const { id, held, ops } = link;
  const typeName = ops.typeName ?? BPF_LINK_TYPE_NAMES[link.type]!;
  const common = `link_type:\t${typeName}\nlink_id:\t${id}\n`;
  return common + (held === undefined ? "" : progFdinfo(held)) + (ops.fdinfo?.(link) ?? "");
}

function progFdinfo({ id, origin }: LoadedProgram): string {
  const tag = Array.from(origin.tag, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `prog_tag:\t${tag}\nprog_id:\t${id}\n`;
}

/**
 * Puts a name where the caller wants it, as far as it fits; its length with its 0 stands in `info` then.
 *
 * @param at where `info` has the address, and `lengthAt` how much room there is
 * @linux kernel/bpf/syscall.c `bpf_copy_to_user` (6.18)
 */
export function fillName(
  info: DataView,
  memory: UserMemory,
  { at, lengthAt }: { readonly at: number; readonly lengthAt: number },
  name: string,
): 0 | number {
  const address = info.getUint32(at + 4, true) * 2 ** 32 + info.getUint32(at, true);
  const room = info.getUint32(lengthAt, true);
  if ((room === 0) !== (address === 0)) return -EINVAL;
  info.setUint32(lengthAt, name.length + 1, true);
  return address === 0 ? 0 : copyName(memory, address, name, room);
}

export function copyName(
  memory: UserMemory,
  address: number,
  name: string,
  room: number,
): 0 | number {
  const bytes = new Uint8Array(Math.min(room, name.length + 1));
  for (let i = 0; i < bytes.length - 1; i++) bytes[i] = name.charCodeAt(i);
  if (!memory.write(address, bytes)) return -EFAULT;
  return room > name.length ? 0 : -ENOSPC;
}
