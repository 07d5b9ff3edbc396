import { Dentry } from "../fs/dcache.ts";
import { fdForNewFile } from "../fs/file-table.ts";
import {
  type ByteString,
  File,
  FMODE_CAN_ODIRECT,
  FMODE_LSEEK,
  FMODE_OPENED,
  FMODE_PREAD,
  FMODE_PWRITE,
  FMODE_READ,
  FMODE_WRITE,
  FMODE_WRITER,
  S_IFREG,
  type SuperBlock,
} from "../fs/fs.ts";
import { Mount } from "../fs/mount.ts";
import { EBUSY, EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { F_GET_SEALS, O_LARGEFILE, O_RDWR } from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import {
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
} from "./memfd-seals.ts";
import { shmemFillSuper, shmemUnlinkedInode } from "./shmem-fs.ts";
import { strncpyFromUser } from "./uaccess.ts";

const MFD_CLOEXEC = 0x1;
const MFD_ALLOW_SEALING = 0x2;
const MFD_HUGETLB = 0x4;
const MFD_NOEXEC_SEAL = 0x8;
const MFD_EXEC = 0x10;
const MFD_NAME_MAX_LEN = 249;
const F_ALL_SEALS =
  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC;

/** The tmpfs, mounted nowhere, in which such files lie. */
function memfdMount(task: Task): Mount {
  const { kernel } = task;
  return kernel.subsystem("memfd", () => {
    const sb = shmemFillSuper(kernel, task.cred, "") as SuperBlock;
    return new Mount(sb, sb.root, 0, "tmpfs");
  });
}

/**
 * A file that lives in memory and has no name but the one that /proc shows.
 *
 * @spec memfd_create(2)
 * @linux mm/memfd.c `memfd_create` (6.18)
 * @simplified no huge pages: MFD_HUGETLB answers EINVAL, as without CONFIG_HUGETLBFS.
 */
function memfdCreate(task: Task, nameAddr: number, rawFlags: number): number {
  const flags = rawFlags >>> 0;
  const known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
  if ((flags & MFD_HUGETLB) !== 0 || (flags & ~known) !== 0) return -EINVAL;
  if ((flags & MFD_EXEC) !== 0 && (flags & MFD_NOEXEC_SEAL) !== 0) return -EINVAL;
  const name = strncpyFromUser(task, nameAddr, MFD_NAME_MAX_LEN + 1);
  if (name === undefined) return -EINVAL;
  if (typeof name === "number") return -EFAULT;
  const fd = fdForNewFile(task, (flags & MFD_CLOEXEC) !== 0);
  if (fd < 0) return fd;
  const file = memfdFile(task, name, flags);
  if (typeof file === "number") {
    task.files.putUnusedFd(fd);
    return file;
  }
  task.files.install(fd, file);
  return fd;
}

/** @linux mm/memfd.c `alloc_file` (6.18) */
function memfdFile(task: Task, name: ByteString, flags: number): File | number {
  const mnt = memfdMount(task);
  const isNoexec = (flags & MFD_NOEXEC_SEAL) !== 0;
  const inode = shmemUnlinkedInode(mnt.sb, S_IFREG | (isNoexec ? 0o666 : 0o777), task.cred);
  if (typeof inode === "number") return inode;
  if (isNoexec) inode.mapping!.seals = F_SEAL_EXEC;
  else if ((flags & MFD_ALLOW_SEALING) !== 0) inode.mapping!.seals = 0;
  const dentry = new Dentry(mnt.sb, mnt.root, `memfd:${name}`, inode);
  dentry.isUnhashed = true;
  dentry.dname = () => `/memfd:${name} (deleted)`;
  const mode =
    FMODE_READ |
    FMODE_WRITE |
    FMODE_LSEEK |
    FMODE_PREAD |
    FMODE_PWRITE |
    FMODE_OPENED |
    FMODE_CAN_ODIRECT |
    FMODE_WRITER;
  inode.writecount++;
  mnt.writers++;
  return new File({ mnt, dentry }, inode, inode.fop, O_RDWR | O_LARGEFILE, mode, task.cred);
}

/** F_ADD_SEALS and F_GET_SEALS. @linux mm/memfd.c `memfd_fcntl`, `memfd_add_seals` (6.18) */
export function memfdFcntl(file: File, cmd: number, arg: number): number {
  const { mapping } = file.inode;
  const seals = mapping?.seals;
  if (cmd === F_GET_SEALS) return seals ?? -EINVAL;
  if ((file.mode & FMODE_WRITE) === 0) return -EPERM;
  if ((arg & ~F_ALL_SEALS) !== 0) return -EINVAL;
  if (mapping === undefined || seals === undefined) return -EINVAL;
  if ((seals & F_SEAL_SEAL) !== 0) return -EPERM;
  const newSeals = arg | seals;
  if ((arg & F_SEAL_WRITE) !== 0 && (seals & F_SEAL_WRITE) === 0) {
    // A shared mapping that may write would go round the seal.
    if (mapping.writableMmaps > 0) return -EBUSY;
    if ([...mapping.pages.values()].some((page) => page.pins > 0)) return -EBUSY;
  }
  const isExecutable = (file.inode.mode & 0o111) !== 0;
  const addsExec = (arg & F_SEAL_EXEC) !== 0 && isExecutable;
  mapping.seals = addsExec
    ? newSeals | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE
    : newSeals;
  return 0;
}

export const memfdSyscalls: SyscallTable = { memfd_create: memfdCreate };
