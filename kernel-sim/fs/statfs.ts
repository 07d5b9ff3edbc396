import { EBADF } from "../include/errno.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, setInt64 } from "../mm/uaccess.ts";
import { type Path, SB_RDONLY } from "./fs.ts";
import {
  MNT_NOATIME,
  MNT_NODEV,
  MNT_NODIRATIME,
  MNT_NOEXEC,
  MNT_NOSUID,
  MNT_NOSYMFOLLOW,
  MNT_READONLY,
  MNT_RELATIME,
} from "./mount.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import { userPathAt } from "./user-path.ts";

const ST_RDONLY = 0x1;
const ST_VALID = 0x20;
const STATFS_SIZE = 120;

/** Flags of a mount, and of statfs(2): `calculate_f_flags`. */
const FLAGS: readonly (readonly [number, number])[] = Object.freeze([
  [MNT_READONLY, ST_RDONLY],
  [MNT_NOSUID, 0x2],
  [MNT_NODEV, 0x4],
  [MNT_NOEXEC, 0x8],
  [MNT_NOATIME, 0x400],
  [MNT_NODIRATIME, 0x800],
  [MNT_RELATIME, 0x1000],
  [MNT_NOSYMFOLLOW, 0x2000],
]);

/** @linux fs/statfs.c `vfs_statfs`, `do_statfs_native` (6.18) */
function putStatfs(task: Task, path: Path, addr: number): number {
  const { sb } = path.dentry;
  const stat = sb.op.statfs?.(sb) ?? {};
  let flags = ST_VALID;
  for (const [mnt, st] of FLAGS) if ((path.mnt.flags & mnt) !== 0) flags |= st;
  if ((sb.flags & SB_RDONLY) !== 0) flags |= ST_RDONLY;
  const bytes = new Uint8Array(STATFS_SIZE);
  const view = new DataView(bytes.buffer);
  setInt64(view, 0, sb.magic);
  setInt64(view, 8, sb.blocksize);
  setInt64(view, 16, stat.blocks ?? 0);
  setInt64(view, 24, stat.bfree ?? 0);
  setInt64(view, 32, stat.bavail ?? 0);
  setInt64(view, 40, stat.files ?? 0);
  setInt64(view, 48, stat.ffree ?? 0);
  view.setInt32(56, sb.dev, true);
  setInt64(view, 64, sb.nameMax);
  setInt64(view, 72, sb.blocksize);
  setInt64(view, 80, flags);
  return copyToUser(task, addr, bytes);
}

function statfs(task: Task, name: number, addr: number): number {
  const path = userPathAt(task, AT_FDCWD, name, LOOKUP_FOLLOW);
  return typeof path === "number" ? path : putStatfs(task, path, addr);
}

function fstatfs(task: Task, fd: number, addr: number): number {
  const file = task.files.get(fd | 0);
  return file === undefined ? -EBADF : putStatfs(task, file.path, addr);
}

export const statfsSyscalls: SyscallTable = { statfs, fstatfs };
