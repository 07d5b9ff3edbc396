/** What can be done with a link that is there. */
import { EBADF, EFAULT, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { tracepointName } from "../../trace/hooks.ts";
import { addressOf } from "../../trace/kernel-functions.ts";
import type { BpfKernel, BpfObject } from "../kernel.ts";
import { iterNewFd } from "../link/iter.ts";
import { copyName, KernelLink, unhang } from "../link/link.ts";
import { RawTracepointLink } from "../link/raw-tracepoint.ts";
import type { PerfTarget } from "../perf-target.ts";
import type { LoadedProgram } from "../program.ts";
import type { BpfAttr } from "./attr.ts";
import type { BpfCaller, DescriptorTable } from "./caller.ts";
import { mapOfFd, progOfFd } from "./prog-of-fd.ts";

const BPF_F_REPLACE = 1 << 2;

/** @linux kernel/bpf/syscall.c `bpf_link_get_from_fd` (6.18) */
function linkOfFd(files: DescriptorTable, fd: number): KernelLink | number {
  const link = files.get(fd);
  if (link instanceof KernelLink) return link;
  return files.has(fd) ? -EINVAL : -EBADF;
}

/** @linux kernel/bpf/syscall.c `link_update` (6.18) */
export function linkUpdate(_kernel: BpfKernel, { files }: BpfCaller, attr: BpfAttr): number {
  const flags = attr.u32(8);
  if ((flags & ~BPF_F_REPLACE) !== 0) return -EINVAL;
  const link = linkOfFd(files, attr.s32(0));
  if (typeof link === "number") return link;
  if (link.ops.updateMap !== undefined) return linkUpdateMap(link, files, attr);
  const next = progOfFd(files, attr.s32(4));
  if (typeof next === "number") return next;
  const oldFd = attr.s32(12);
  if (flags === 0 && oldFd !== 0) return -EINVAL;
  const old = flags === 0 ? undefined : progOfFd(files, oldFd);
  if (typeof old === "number") return old;
  return link.ops.updateProg?.(link, next, old) ?? -EINVAL;
}

/** @linux kernel/bpf/syscall.c `link_update_map` (6.18) */
function linkUpdateMap(link: KernelLink, files: DescriptorTable, attr: BpfAttr): number {
  const next = mapOfFd(files, attr.s32(4));
  if (typeof next === "number") return next;
  const oldFd = attr.s32(12);
  const isReplace = attr.u32(8) !== 0;
  if (!isReplace && oldFd !== 0) return -EINVAL;
  const old = isReplace ? mapOfFd(files, oldFd) : undefined;
  if (typeof old === "number") return old;
  return link.ops.updateMap?.(link, next, old) ?? -EINVAL;
}

/** @linux kernel/bpf/syscall.c `link_detach` (6.18) */
export function linkDetach(_kernel: BpfKernel, { files }: BpfCaller, attr: BpfAttr): number {
  const link = linkOfFd(files, attr.s32(0));
  if (typeof link === "number") return link;
  if (link.ops.isDetachable !== true) return -EOPNOTSUPP;
  unhang(link);
  return 0;
}

const BPF_FD_TYPE_RAW_TRACEPOINT = 0;
const BPF_FD_TYPE_TRACEPOINT = 1;
const BPF_FD_TYPE_KPROBE = 2;
const BPF_FD_TYPE_KRETPROBE = 3;

interface TaskFdInfo {
  readonly prog: LoadedProgram;
  readonly fdType: number;
  readonly name: string;
  /** Where a probe is. */
  readonly address: number;
}

/** @linux kernel/trace/bpf_trace.c `bpf_get_perf_event_info` (6.18) */
function whatItIs(object: BpfObject | PerfTarget): TaskFdInfo | number {
  if (object instanceof RawTracepointLink) {
    const { prog, name } = object;
    return { prog, name, fdType: BPF_FD_TYPE_RAW_TRACEPOINT, address: 0 };
  }
  if (!("readLocal" in object)) return -ENOTSUPP;
  const { program, hook } = object;
  if (program === undefined) return -ENOENT;
  if (hook === undefined) return -EOPNOTSUPP;
  const { prog } = program;
  if (hook.kind === "tracepoint") {
    const name = tracepointName(hook.event);
    return { prog, name, fdType: BPF_FD_TYPE_TRACEPOINT, address: 0 };
  }
  const fdType = hook.isReturn ? BPF_FD_TYPE_KRETPROBE : BPF_FD_TYPE_KPROBE;
  return { prog, name: hook.func, fdType, address: addressOf(hook.func) };
}

/** @linux kernel/bpf/syscall.c `bpf_task_fd_query` (6.18) */
export function taskFdQuery(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  if (!kernel.capable("sysAdmin")) return -EPERM;
  if (attr.u32(8) !== 0) return -EINVAL;
  const object = caller.surroundings.objectOfTask(attr.s32(0), attr.s32(4));
  if (typeof object === "number") return object;
  const told = whatItIs(object);
  if (typeof told === "number") return told;
  const { memory } = caller;
  const { name, prog, fdType, address: probeAddress } = told;
  const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
  if (!memory.write(attr.address + 12, word(name.length))) return -EFAULT;
  const room = attr.u32(12);
  const address = attr.u64(16);
  const copied = room === 0 || address === 0 ? 0 : copyName(memory, address, name, room);
  if (copied === -EFAULT) return copied;
  const isWritten =
    memory.write(attr.address + 24, word(prog.id)) &&
    memory.write(attr.address + 28, word(fdType)) &&
    memory.write(attr.address + 32, new Uint8Array(8)) &&
    memory.write(attr.address + 40, new Uint8Array(BigInt64Array.of(BigInt(probeAddress)).buffer));
  return isWritten ? copied : -EFAULT;
}

/** @linux kernel/bpf/syscall.c `bpf_iter_create` (6.18) */
export function iterCreate(kernel: BpfKernel, { files }: BpfCaller, attr: BpfAttr): number {
  if (attr.u32(4) !== 0) return -EINVAL;
  const link = linkOfFd(files, attr.s32(0));
  return typeof link === "number" ? link : iterNewFd(kernel, link);
}
