import { Dentry } from "../fs/dcache.ts";
import type { FileSystemType } from "../fs/filesystems.ts";
import {
  type File,
  type FileOperations,
  Inode,
  type InodeOperations,
  S_IFDIR,
  S_IFREG,
  SuperBlock,
} from "../fs/fs.ts";
import { newInode } from "../fs/inode.ts";
import { simpleDirOperations } from "../fs/libfs.ts";
import { Mount } from "../fs/mount.ts";
import { ENFILE, ENOSPC } from "../include/errno.ts";
import { EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from "../include/uapi/poll.ts";
import type { UserStruct } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueueHead } from "../kernel/wait.ts";
import { byteArray } from "../lib/byte-string.ts";
import type { IpcNamespace } from "./namespace.ts";

const MQUEUE_MAGIC = 0x1980_0202;
/** Name of the extended file name limit and the shape of the text that read(2) finds. */
const QUEUES_MAX = 256;

/** `struct mq_attr` without the flags, which are the open file's. */
export interface MqAttr {
  readonly maxmsg: number;
  readonly msgsize: number;
}

export interface MqMessage {
  readonly prio: number;
  readonly text: Uint8Array;
}

/** One who sleeps in mq_timedsend or mq_timedreceive. */
export interface MqWaiter {
  readonly task: Task;
  readonly prio: number;
  /** The message to send, or the one that was handed over. */
  message: MqMessage | undefined;
  isDone: boolean;
}

/** Who is told of the next message: mq_notify(3). */
export interface MqNotify {
  readonly task: Task;
  readonly file: File;
  readonly signo: number;
  readonly value: number;
}

/** What belongs to a queue. @linux ipc/mqueue.c `struct mqueue_inode_info` (6.18) */
export class MqueueInfo {
  readonly attr: MqAttr;
  readonly user: UserStruct;
  /** Highest priority first, within one in the order of arrival. */
  readonly messages: MqMessage[] = [];
  readonly senders: MqWaiter[] = [];
  readonly receivers: MqWaiter[] = [];
  readonly wait = new WaitQueueHead();
  notify: MqNotify | undefined = undefined;

  constructor(attr: MqAttr, user: UserStruct) {
    this.attr = attr;
    this.user = user;
  }

  /** What counts against RLIMIT_MSGQUEUE. */
  get bytes(): number {
    return queueBytes(this.attr);
  }
}

/** Bytes that a queue may take: a tree node and a pointer for each message, and the texts. */
export function queueBytes(attr: MqAttr): number {
  const nodes = Math.min(attr.maxmsg, 32_768) * 48;
  return attr.maxmsg * 48 + nodes + attr.maxmsg * attr.msgsize;
}

/** The queue behind an open file; undefined when it is none. */
export function mqueueOf(file: File): MqueueInfo | undefined {
  return file.inode.privateData instanceof MqueueInfo ? file.inode.privateData : undefined;
}

/** The file system of an IPC namespace, with its internal mount. */
export function mqueueMount(kernel: Kernel, ipc: IpcNamespace): Mount {
  if (ipc.mqMnt === undefined) {
    const sb = new SuperBlock(kernel, "mqueue", MQUEUE_MAGIC, kernel.anonymousDev());
    sb.op = {
      evictInode(inode) {
        if (!(inode.privateData instanceof MqueueInfo)) return;
        inode.privateData.user.mqBytes -= inode.privateData.bytes;
        ipc.mqQueues--;
      },
    };
    const root = new Inode(sb, sb.nextIno(), S_IFDIR | 0o1777, dirOperations, simpleDirOperations);
    root.nlink = 2;
    sb.root = new Dentry(sb, undefined, "/", root);
    ipc.mqMnt = new Mount(sb, sb.root, 0, "mqueue");
  }
  return ipc.mqMnt;
}

/** @linux ipc/mqueue.c `mqueue_fs_type` (6.18) */
export const mqueueType: FileSystemType = {
  name: "mqueue",
  flags: 0,
  getTree: (task) => mqueueMount(task.kernel, task.nsproxy.ipc).sb,
};

const dirOperations: InodeOperations = {
  lookup: () => undefined,
  create(dir, _dentry, mode, cred) {
    return newInode(dir.sb, dir, S_IFREG | (mode & 0o7777), cred, {}, mqueueFileOperations);
  },
  unlink(_dir, dentry) {
    dentry.inode!.nlink--;
    return 0;
  },
};

/** Gives a new inode its queue; an errno when there are too many. */
export function setQueue(
  inode: Inode,
  ipc: IpcNamespace,
  info: MqueueInfo,
  limit: number,
  isPrivileged: boolean,
): number {
  if (ipc.mqQueues >= QUEUES_MAX && !isPrivileged) return -ENOSPC;
  if (info.user.mqBytes + info.bytes > limit) return -ENFILE;
  info.user.mqBytes += info.bytes;
  ipc.mqQueues++;
  inode.privateData = info;
  inode.size = 80;
  return 0;
}

/** @linux ipc/mqueue.c `mqueue_file_operations` (6.18) */
const mqueueFileOperations: FileOperations = {
  llseek: (_task, file, offset, whence) => {
    const at = whence === 1 ? file.pos + offset : whence === 2 ? file.inode.size + offset : offset;
    file.pos = at;
    return at;
  },
  poll(file, table) {
    const info = mqueueOf(file)!;
    table?.queue(file, info.wait);
    let mask = 0;
    if (info.messages.length > 0) mask |= EPOLLIN | EPOLLRDNORM;
    if (info.messages.length < info.attr.maxmsg) mask |= EPOLLOUT | EPOLLWRNORM;
    return mask;
  },
  readIter(iocb, iter) {
    const info = mqueueOf(iocb.file)!;
    const size = info.messages.reduce((sum, { text }) => sum + text.length, 0);
    const text = `QSIZE:${String(size).padEnd(10)} NOTIFY:${"0".padEnd(5)} SIGNO:${String(
      info.notify?.signo ?? 0,
    ).padEnd(5)} NOTIFY_PID:${String(info.notify?.task.tgid ?? 0).padEnd(6)}\n`;
    const bytes = byteArray(text.slice(iocb.pos));
    const done = iter.copyTo(bytes);
    iocb.pos += done;
    return done;
  },
  flush(task, file) {
    const info = mqueueOf(file);
    // Whoever closes it is told of nothing more.
    if (info?.notify?.task.tgid === task.tgid) info.notify = undefined;
    return 0;
  },
};
