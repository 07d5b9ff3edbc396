/**
 * The commands of bpf(2), from the attribute block on.
 *
 * @linux kernel/bpf/syscall.c `__sys_bpf` (6.18) @spec bpf(2)
 */
import { E2BIG, EBADF, EFAULT, EINVAL, ENOENT, EPERM } from "../../include/errno.ts";
import { btfLoad } from "../btf/btf-load.ts";
import { BTF_MAX_BYTES } from "../btf/parse.ts";
import type { BpfKernel } from "../kernel.ts";
import { KernelLink } from "../link/link.ts";
import { KernelMap } from "../maps/map.ts";
import type { ObjectKind } from "../objects.ts";
import { LoadedProgram } from "../program.ts";
import { mapFreeze } from "../syscall.ts";
import { isLogAttrOk } from "../verifier-log-buffer.ts";
import { ATTR_BYTES, type BpfAttr, readAttr } from "./attr.ts";
import type { BpfCaller } from "./caller.ts";
import * as links from "./link-commands.ts";
import { linkCreate, rawTracepointOpen } from "./link-create.ts";
import { batchCommand } from "./map-batch-commands.ts";
import * as maps from "./map-commands.ts";
import { objGetInfoByFd } from "./obj-info.ts";
import { progAttach, progDetach, progQuery } from "./prog-attach.ts";
import { progLoadCommand, progTestRunCommand } from "./prog-commands.ts";
import { mapOfFd, progOfFd } from "./prog-of-fd.ts";
import { writeLog } from "./user-text.ts";

type Command = (kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr) => number;

/** A command, with where its last field ends. */
interface Row {
  readonly end: number;
  readonly run: Command;
}

const INT_MAX = 0x7fff_ffff;
const BPF_F_RDONLY = 1 << 3;
const BPF_F_WRONLY = 1 << 4;
const BPF_F_PATH_FD = 1 << 14;
const AT_FDCWD = -100;

const COMMANDS: Readonly<Record<number, Row>> = {
  0: { end: 92, run: maps.mapCreateCommand },
  1: { end: 32, run: maps.lookupCommand },
  2: { end: 32, run: maps.updateCommand },
  3: { end: 16, run: maps.deleteCommand },
  4: { end: 24, run: maps.nextKeyCommand },
  5: { end: 168, run: progLoadCommand },
  6: { end: 20, run: objPin },
  7: { end: 20, run: objGet },
  8: { end: 32, run: progAttach },
  9: { end: 32, run: progDetach },
  10: { end: 76, run: progTestRunCommand },
  11: { end: 8, run: getNextId("prog") },
  12: { end: 8, run: getNextId("map") },
  13: { end: 4, run: progGetFdById },
  14: { end: 12, run: mapGetFdById },
  15: { end: 16, run: objGetInfoByFd },
  // Who may not ask hears of that first.
  16: { end: ATTR_BYTES, run: progQuery },
  17: { end: 24, run: rawTracepointOpen },
  18: { end: 40, run: btfLoadCommand },
  19: { end: 16, run: btfGetFdById },
  20: { end: 48, run: links.taskFdQuery },
  21: { end: 32, run: maps.lookupAndDeleteCommand },
  22: { end: 4, run: (kernel, _caller, attr) => mapFreeze(kernel, attr.s32(0)) },
  23: { end: 8, run: getNextId("btf") },
  24: { end: 56, run: batchCommand("lookup") },
  25: { end: 56, run: batchCommand("lookup_and_delete") },
  26: { end: 56, run: batchCommand("update") },
  27: { end: 56, run: batchCommand("delete") },
  28: { end: 60, run: linkCreate },
  29: { end: 16, run: links.linkUpdate },
  30: { end: 4, run: linkGetFdById },
  31: { end: 8, run: getNextId("link") },
  32: { end: 4, run: enableStats },
  33: { end: 8, run: links.iterCreate },
  34: { end: 4, run: links.linkDetach },
  35: { end: 12, run: progBindMap },
  36: { end: 8, run: tokenCreate },
  37: { end: 20, run: progStreamRead },
};

/** Answers 0, a descriptor, or a negative errno. What comes out of a command is written into the caller's memory. */
export function sysBpf(
  kernel: BpfKernel,
  caller: BpfCaller,
  command: number,
  address: number,
  size: number,
): number {
  const attr = readAttr(caller.memory, address, size);
  if (typeof attr === "number") return attr;
  const row = COMMANDS[command];
  if (row === undefined || !attr.isZeroFrom(row.end)) return -EINVAL;
  return kernel.asCaller(caller, () => row.run(kernel, caller, attr));
}

function bothDirections(flags: number): boolean {
  return (flags & (BPF_F_RDONLY | BPF_F_WRONLY)) === (BPF_F_RDONLY | BPF_F_WRONLY);
}

/** @linux kernel/bpf/syscall.c `bpf_obj_pin` (6.18) */
function objPin(_kernel: BpfKernel, { files, pins }: BpfCaller, attr: BpfAttr): number {
  const flags = attr.u32(12);
  if ((flags & ~BPF_F_PATH_FD) !== 0) return -EINVAL;
  const directory = directoryOf(attr, flags);
  if (directory === undefined) return -EINVAL;
  // Also for a descriptor that there is not.
  const object = files.get(attr.s32(8));
  const isKnown = [KernelMap, LoadedProgram, KernelLink].some((kind) => object instanceof kind);
  if (object === undefined || !isKnown) return -EINVAL;
  return pins.pin(directory, attr.u64(0), object);
}

/** @linux kernel/bpf/syscall.c `bpf_obj_get` (6.18) */
function objGet(kernel: BpfKernel, { pins }: BpfCaller, attr: BpfAttr): number {
  const flags = attr.u32(12);
  const known = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PATH_FD;
  if (attr.u32(8) !== 0 || (flags & ~known) !== 0) return -EINVAL;
  const directory = directoryOf(attr, flags);
  if (directory === undefined || bothDirections(flags)) return -EINVAL;
  const access = flags & (BPF_F_RDONLY | BPF_F_WRONLY);
  const object = pins.get(directory, attr.u64(0), access);
  if (typeof object === "number") return object;
  return object instanceof KernelLink && access !== 0 ? -EINVAL : kernel.install(object, access);
}

/** Undefined: a directory is given without the flag that says so. */
function directoryOf(attr: BpfAttr, flags: number): number | undefined {
  const directory = attr.s32(16);
  if ((flags & BPF_F_PATH_FD) !== 0) return directory;
  return directory === 0 ? AT_FDCWD : undefined;
}

/** @linux kernel/bpf/syscall.c `bpf_obj_get_next_id` (6.18) */
function getNextId(kind: ObjectKind): Command {
  return (kernel, { memory }, attr) => {
    const start = attr.u32(0);
    if (attr.u32(4) !== 0 || start >= INT_MAX) return -EINVAL;
    if (!kernel.capable("sysAdmin")) return -EPERM;
    const next = kernel.objects.nextId(kind, start);
    if (next === undefined) return -ENOENT;
    return writeU32(memory, attr.address + 4, next) ? 0 : -EFAULT;
  };
}

function writeU32(memory: BpfCaller["memory"], address: number, value: number): boolean {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, value, true);
  return memory.write(address, new Uint8Array(bytes.buffer));
}

function getFdById(kernel: BpfKernel, kind: ObjectKind, id: number, flags = 0): number {
  if (!kernel.capable("sysAdmin")) return -EPERM;
  const object = kernel.objects.byId(kind, id);
  return object === undefined ? -ENOENT : kernel.install(object, flags);
}

/** @linux kernel/bpf/syscall.c `bpf_prog_get_fd_by_id` (6.18) */
function progGetFdById(kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  return getFdById(kernel, "prog", attr.u32(0));
}

/** @linux kernel/bpf/syscall.c `bpf_map_get_fd_by_id` (6.18) */
function mapGetFdById(kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  const flags = attr.u32(8);
  if ((flags & ~(BPF_F_RDONLY | BPF_F_WRONLY)) !== 0) return -EINVAL;
  if (!kernel.capable("sysAdmin")) return -EPERM;
  return bothDirections(flags) ? -EINVAL : getFdById(kernel, "map", attr.u32(0), flags);
}

/** @linux kernel/bpf/syscall.c `bpf_btf_get_fd_by_id` (6.18) */
function btfGetFdById(kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  // There are no tokens that could be given along.
  if (attr.u32(8) !== 0) return -EINVAL;
  return getFdById(kernel, "btf", attr.u32(0));
}

/** @linux kernel/bpf/syscall.c `bpf_btf_load` (6.18) */
function btfLoadCommand(kernel: BpfKernel, { memory }: BpfCaller, attr: BpfAttr): number {
  if (attr.u32(32) !== 0) return -EINVAL;
  if (!kernel.capable("bpf")) return -EPERM;
  const size = attr.u32(16);
  if (size > BTF_MAX_BYTES) return -E2BIG;
  const logBuffer = attr.u64(8);
  const logSize = attr.u32(20);
  const wanted = { logLevel: attr.u32(24), logSize, hasLogBuffer: logBuffer !== 0 };
  if (!isLogAttrOk(wanted)) return -EINVAL;
  const btf = memory.read(attr.u64(0), size);
  if (btf === undefined) return -EFAULT;
  const { fd, log } = btfLoad(kernel, { btf, ...wanted });
  return writeLog(memory, logBuffer, log, fd) ? fd : -EFAULT;
}

/** Run time statistics are kept while the descriptor is open. @linux kernel/bpf/syscall.c `bpf_enable_stats` (6.18) */
function enableStats(kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  if (!kernel.capable("sysAdmin")) return -EPERM;
  return attr.u32(0) === 0 ? kernel.install(kernel.enableStats()) : -EINVAL;
}

/** @linux kernel/bpf/syscall.c `bpf_prog_bind_map` (6.18) */
function progBindMap(kernel: BpfKernel, { files }: BpfCaller, attr: BpfAttr): number {
  if (attr.u32(8) !== 0) return -EINVAL;
  const prog = progOfFd(files, attr.s32(0));
  if (typeof prog === "number") return prog;
  const map = mapOfFd(files, attr.s32(4));
  if (typeof map === "number") return map;
  if (prog.maps.includes(map) || prog.boundMaps.includes(map)) return 0;
  prog.boundMaps.push(map);
  kernel.objects.ref(map);
  return 0;
}

/** @linux kernel/bpf/syscall.c `bpf_link_get_fd_by_id` (6.18) */
function linkGetFdById(kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  return getFdById(kernel, "link", attr.u32(0));
}

/** @linux kernel/bpf/syscall.c `prog_stream_read` (6.18) */
function progStreamRead(_kernel: BpfKernel, { files, memory }: BpfCaller, attr: BpfAttr): number {
  const prog = progOfFd(files, attr.s32(16));
  return typeof prog === "number"
    ? prog
    : prog.streams.read(attr.u32(12), memory, attr.u64(0), attr.u32(8));
}

/** In the first user namespace nobody needs a token. @linux kernel/bpf/token.c `bpf_token_create` (6.18) */
function tokenCreate(_kernel: BpfKernel, { files }: BpfCaller, attr: BpfAttr): number {
  if (attr.u32(0) !== 0) return -EINVAL;
  return files.has(attr.s32(4)) ? -EINVAL : -EBADF;
}
