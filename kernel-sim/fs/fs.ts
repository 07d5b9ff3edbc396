import type { Cred } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import type { WaitQueueHead } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import type { AddressSpace } from "../mm/address-space.ts";
import type { Mm } from "../mm/mm.ts";
import type { FileRaState } from "../mm/readahead.ts";
import type { Vma } from "../mm/vma.ts";
import type { Iattr } from "./attr.ts";
import type { Dentry } from "./dcache.ts";
import type { Mount } from "./mount.ts";
import type { FsnotifyMark } from "./notify/fsnotify.ts";
import type { PosixAcl } from "./posix-acl.ts";
import { EPOCH, type Timespec64 } from "./timestamps.ts";

/** A name or path as the kernel sees it: a string with one char for each byte (0 to 255). */
export type ByteString = string;

export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;

/** Bits of `File.mode`: `include/linux/fs.h`. */
export const FMODE_READ = 0x1;
export const FMODE_WRITE = 0x2;
export const FMODE_LSEEK = 0x4;
export const FMODE_PREAD = 0x8;
export const FMODE_PWRITE = 0x10;
/** In the flags of an open: it is to be executed (`__FMODE_EXEC`). */
export const FMODE_EXEC = 0x20;
export const FMODE_PATH = 0x4000;
/** Reads and writes of the file take turns by its position (regular files and directories). */
export const FMODE_ATOMIC_POS = 0x8000;
/** It has no position (`FMODE_STREAM`). */
export const FMODE_STREAM = 0x200000;
/** Reads come from everywhere: nothing is read ahead (POSIX_FADV_RANDOM). */
export const FMODE_RANDOM = 0x1000;
/** O_DIRECT is possible. */
export const FMODE_CAN_ODIRECT = 0x400000;
/** Reads and writes that must not wait are possible (RWF_NOWAIT). */
export const FMODE_NOWAIT = 0x8000000;
/** It has been opened completely. */
export const FMODE_OPENED = 0x80000;
/** This open made the file. */
export const FMODE_CREATED = 0x100000;
/** It holds the right to write of its inode (`FMODE_WRITER`). */
export const FMODE_WRITER = 0x10000;
/** Positions are unsigned: /proc/PID/mem (`FOP_UNSIGNED_OFFSET`). */
export const FMODE_UNSIGNED_OFFSET = 0x2000;

/** Bits of `Inode.flags`: `include/linux/fs.h`. */
export const S_NOATIME = 0x2;
export const S_APPEND = 0x4;
export const S_IMMUTABLE = 0x8;
export const S_DEAD = 0x10;

/** Bits of `SuperBlock.flags`. */
export const SB_RDONLY = 0x1;

/** Bits of `Kiocb.flags`. */
export const IOCB_NOWAIT = 0x8;
export const IOCB_APPEND = 0x2;
export const IOCB_DSYNC = 0x4;

/** A place in the tree: a dentry seen through a mount. */
export interface Path {
  readonly mnt: Mount;
  readonly dentry: Dentry;
}

/**
 * A file itself, without a name.
 *
 * @linux include/linux/fs.h `struct inode` (6.18)
 */
export class Inode {
  readonly sb: SuperBlock;
  readonly ino: number;
  /** Type and permissions. */
  mode: number;
  uid = 0;
  gid = 0;
  nlink = 1;
  size = 0;
  /** Device number, for S_IFCHR and S_IFBLK. */
  rdev = 0;
  atime: Timespec64 = EPOCH;
  mtime: Timespec64 = EPOCH;
  ctime: Timespec64 = EPOCH;
  btime: Timespec64 = EPOCH;
  /** Somebody has seen `ctime` since it was last set: the next one must be finer (`I_CTIME_QUERIED`). */
  isCtimeQueried = false;
  /** Without a name, but linkat(2) may give it one (`I_LINKABLE`). */
  isLinkable = false;
  /** Linux's inode flags: S_APPEND, S_IMMUTABLE, S_DEAD … */
  flags = 0;
  op: InodeOperations;
  fop: FileOperations;
  /** The pages of its contents, when it has any. */
  mapping: AddressSpace | undefined = undefined;
  /** Target of a symbolic link that needs no disk (`i_link`). */
  link: ByteString | undefined = undefined;
  readonly xattrs: Map<ByteString, Uint8Array> = new Map();
  /** Access ACL beyond the mode bits, and the one that new files of a directory get. */
  acl: PosixAcl | undefined = undefined;
  defaultAcl: PosixAcl | undefined = undefined;
  /** Who watches it (`fs/notify`). */
  notifyMarks: Set<FsnotifyMark> | undefined = undefined;
  /** Locks (`fs/locks.ts`), pipe (`fs/pipe.ts`), file system's own. */
  flctx: unknown = undefined;
  pipe: unknown = undefined;
  privateData: unknown = undefined;
  /** Who has it open for writing; negative while writing is denied (a running program). */
  writecount = 0;
  /** How long its data are thought to live: RWH_WRITE_LIFE_… of fcntl(F_SET_RW_HINT). */
  writeHint = 0;
  /** Open files that can only read: what a write lease looks at (`i_readcount`). */
  readcount = 0;
  /** Dentries that name it; with none and no link it is evicted. */
  refs = 0;

  constructor(sb: SuperBlock, ino: number, mode: number, op: InodeOperations, fop: FileOperations) {
    this.sb = sb;
    this.ino = ino;
    this.mode = mode;
    this.op = op;
    this.fop = fop;
  }

  get type(): number {
    return this.mode & S_IFMT;
  }
}

/** What a file system does with names. What is left out answers as in Linux (EPERM, EINVAL, EOPNOTSUPP). */
export interface InodeOperations {
  /** The inode of a name in directory `dir`; undefined: there is none. */
  lookup?(dir: Inode, name: ByteString): Inode | undefined | number;
  create?(dir: Inode, dentry: Dentry, mode: number, cred: Cred): Inode | number;
  link?(old: Inode, dir: Inode, dentry: Dentry): number;
  unlink?(dir: Inode, dentry: Dentry): number;
  symlink?(dir: Inode, dentry: Dentry, target: ByteString, cred: Cred): Inode | number;
  mkdir?(dir: Inode, dentry: Dentry, mode: number, cred: Cred): Inode | number;
  rmdir?(dir: Inode, dentry: Dentry): number;
  mknod?(dir: Inode, dentry: Dentry, mode: number, rdev: number, cred: Cred): Inode | number;
  tmpfile?(dir: Inode, mode: number, cred: Cred): Inode | number;
  rename?(
    oldDir: Inode,
    oldDentry: Dentry,
    newDir: Inode,
    newDentry: Dentry,
    flags: number,
    cred: Cred,
  ): number;
  /** Target of a link that depends on who looks (`/proc/self`), a path of another place for magic links. */
  getLink?(inode: Inode, task: Task): ByteString | Path | number;
  permission?(task: Task, inode: Inode, mask: number): number;
  /** Changes attributes itself, checks included (`fs/attr.ts`). */
  setattr?(task: Task, inode: Inode, attr: Iattr): number;
  /** After the checks of `notify_change`: takes the new size. */
  truncate?(inode: Inode, size: number): number;
  getattr?(inode: Inode): Partial<Pick<Inode, "size" | "nlink">> & { blocks?: number };
  /** Whether what the dcache holds of this inode is still true (`d_revalidate`); false: it is looked up again. */
  revalidate?(inode: Inode): boolean;
  /** Whether chattr(1) can mark it append-only, immutable and so on. */
  fileattr?: boolean;
  /** Whether xattrs of these names may be set here (`user.`, `trusted.`, `security.`). */
  xattr?: boolean;
}

/** One I/O on an open file. */
export interface Kiocb {
  readonly task: Task;
  readonly file: File;
  pos: number;
  readonly flags: number;
}

/** What a directory hands out, name by name; answers false when the buffer is full. */
export type DirActor = (
  name: ByteString,
  ino: number,
  dtype: number,
  /** Where reading goes on behind this entry. */
  nextPos: number,
) => boolean;

/** What can be done with an open file; what is left out answers as in Linux (EINVAL, ENOTTY, EBADF …). */
export interface FileOperations {
  /** Prepares a file that is being opened; a negative errno refuses. FIFOs sleep here. */
  open?(task: Task, inode: Inode, file: File): SysResult;
  /** The last reference has gone. */
  release?(file: File): void;
  /** A descriptor of it was closed by `task`. */
  flush?(task: Task, file: File): number;
  llseek?(task: Task, file: File, offset: number, whence: number): number;
  readIter?(iocb: Kiocb, iter: IovIter): SysResult;
  writeIter?(iocb: Kiocb, iter: IovIter): SysResult;
  /**
   * read(2) and write(2), for what is read and written so often that an iterator for it costs too much. A read that
   * has slept ends with `endOfSleptRead`.
   */
  read?(task: Task, file: File, buf: number, count: number): SysResult;
  write?(task: Task, file: File, buf: number, count: number): SysResult;
  /** Hands out the names from `file.pos` on; leaves `file.pos` behind the last one that `actor` took. */
  iterate?(task: Task, file: File, actor: DirActor): number;
  /** The mask of what is possible now (EPOLL…); with `table`, is told of the queues to wait on. */
  poll?(file: File, table: PollTable | undefined): number;
  ioctl?(task: Task, file: File, cmd: number, arg: number): SysResult;
  mmap?(file: File, vma: Vma, mm: Mm): number;
  /**
   * Where a mapping goes, when that is not anywhere.
   *
   * @param find answers where there is room for so many bytes
   */
  getUnmappedArea?(
    file: File,
    addr: number,
    len: number,
    pgoff: number,
    find: (len: number) => number,
  ): number;
  /** `isDataOnly`: what is not needed to read the contents again may stay behind (fdatasync). */
  fsync?(task: Task, file: File, isDataOnly?: boolean): SysResult;
  /** O_ASYNC was set or taken away by descriptor `fd` (`fasyncHelper` in `fs/fasync.ts`). */
  fasync?(fd: number, file: File, on: boolean): number;
  fallocate?(task: Task, file: File, mode: number, offset: number, len: number): number;
  /** Whether splice(2) may read or write it; left out: regular files may. */
  spliceRead?: boolean;
  spliceWrite?: boolean;
  /** Lines of /proc/PID/fdinfo/FD. */
  showFdinfo?(file: File): string;
}

/** Who asks `poll`: it is told of every queue that will say when something changes (`poll_table`). */
export interface PollTable {
  /** Only these events interest the caller. */
  readonly key: number;
  queue(file: File, head: WaitQueueHead): void;
}

/**
 * An open file: what a descriptor refers to, shared by dup and fork.
 *
 * @linux include/linux/fs.h `struct file` (6.18)
 */
export class File {
  readonly path: Path;
  readonly inode: Inode;
  op: FileOperations;
  /** O_… that can still change by fcntl(F_SETFL). */
  flags: number;
  /** FMODE_… */
  mode: number;
  pos = 0;
  /** Who opened it. */
  readonly cred: Cred;
  /** Descriptors and others that hold it (`f_count`); `fput` in fs/file-table.ts. */
  count = 1;
  privateData: unknown = undefined;
  /** What Landlock lets whoever has it do; settled when it was opened. */
  landlockAccess = 0xffff;
  /** fcntl(F_SETOWN, F_SETSIG). */
  owner: { pid: unknown; type: number; uid: number; euid: number; signum: number } | undefined =
    undefined;
  /** How many writers its FIFO had seen when it was opened without waiting for one (`f_pipe`). */
  pipeWriterCount = 0;
  /** epoll instances that watch it (`f_ep`). */
  epitems: unknown = undefined;
  /** How it is read, when it lies on a disk (`f_ra`). */
  ra: FileRaState | undefined = undefined;
  /** The queue on which tasks wait that share the position (`f_pos_lock`). */
  posLocked = false;

  constructor(
    path: Path,
    inode: Inode,
    op: FileOperations,
    flags: number,
    mode: number,
    cred: Cred,
  ) {
    // Held until `fput` lets both go.
    path.mnt.count++;
    path.dentry.count++;
    inode.sb.kernel.nrFiles++;
    this.path = path;
    this.inode = inode;
    this.op = op;
    this.flags = flags;
    this.mode = mode;
    this.cred = cred;
  }
}

/** What a file system does as a whole. */
export interface SuperOperations {
  /** The last name and the last user of `inode` have gone. */
  evictInode?(inode: Inode): void;
  /** What statfs(2) tells of this file system; what is left out is 0. */
  statfs?(sb: SuperBlock): Partial<Kstatfs>;
  syncFs?(sb: SuperBlock, task: Task): SysResult;
  /** New options of a mount(2) with MS_REMOUNT; `sb.flags` still say whether it was read-only. */
  remount?(sb: SuperBlock, options: ByteString, isReadOnly: boolean): number;
  /** The options that /proc/mounts shows behind the common ones, with a comma before each. */
  showOptions?(sb: SuperBlock): string;
  /** It is mounted nowhere any more. */
  putSuper?(sb: SuperBlock): void;
}

/** @linux include/linux/statfs.h `struct kstatfs` (6.18) */
export interface Kstatfs {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/** The last position in files for who has not said O_LARGEFILE. */
export const MAX_NON_LFS = 0x7fffffff;

/** A mounted file system. */
export class SuperBlock {
  op: SuperOperations = {};
  /** Timestamps are as fine as somebody looks at them (`FS_MGTIME`). */
  isMultigrain = false;
  /** Timestamps have no parts of a second (`s_time_gran`). */
  hasWholeSeconds = false;
  /** Mounts of it. */
  mounts = 0;
  readonly kernel: Kernel;
  readonly type: string;
  readonly magic: number;
  /** Number of its (anonymous) device. */
  readonly dev: number;
  /** SB_RDONLY … */
  flags = 0;
  root!: Dentry;
  blocksize = 4096;
  nameMax: number = 255;
  /** What is longer is cut off, not refused. */
  cutsNames = false;
  /** Links that one file can have. */
  maxLinks = Infinity;
  maxbytes: number = 2 ** 63;
  fsInfo: unknown = undefined;
  #nextIno = 1;

  constructor(kernel: Kernel, type: string, magic: number, dev: number) {
    this.kernel = kernel;
    this.type = type;
    this.magic = magic;
    this.dev = dev;
  }

  nextIno(): number {
    return this.#nextIno++;
  }
}
