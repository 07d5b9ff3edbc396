import { dDrop, dInstantiate } from "../fs/dcache.ts";
import { type File, FMODE_READ, FMODE_WRITE, File as OpenFile, type Path } from "../fs/fs.ts";
import { lookupOne } from "../fs/namei.ts";
import { mayCreate, vfsUnlink } from "../fs/namei-modify.ts";
import { vfsOpen } from "../fs/open-file.ts";
import { inodePermission, MAY_READ, MAY_WRITE } from "../fs/permission.ts";
import {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  EMFILE,
  EMSGSIZE,
  ENAMETOOLONG,
  ENFILE,
  ENOENT,
  ERESTARTSYS,
  ETIMEDOUT,
} from "../include/errno.ts";
import { CAP_SYS_RESOURCE } from "../include/uapi/capability.ts";
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../include/uapi/fcntl.ts";
import { EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from "../include/uapi/poll.ts";
import { RLIMIT_MSGQUEUE } from "../include/uapi/resource.ts";
import { SI_MESGQ } from "../include/uapi/siginfo.ts";
import { SIGRTMAX } from "../include/uapi/signal.ts";
import { capable } from "../kernel/cred.ts";
import { sendSignal } from "../kernel/signal-send.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL } from "../kernel/state.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getTimespecNs } from "../kernel/time/time64.ts";
import { scheduleTimeout } from "../kernel/wait.ts";
import {
  copyFromUser,
  copyToUser,
  getInt64,
  getname,
  putUser32,
  setInt64,
  structFromUser,
} from "../mm/uaccess.ts";
import {
  type MqAttr,
  type MqMessage,
  MqueueInfo,
  type MqWaiter,
  mqueueMount,
  mqueueOf,
  setQueue,
} from "./mqueue-inode.ts";

const MQ_PRIO_MAX = 32_768;
const MQ_ATTR_BYTES = 64;
const NAME_MAX = 255;
/** `/proc/sys/fs/mqueue`: defaults, and what even privileged ones may ask for. */
const DFLT_MSG = 10;
const DFLT_MSGSIZE = 8192;
const HARD_MSGMAX = 65_536;
const HARD_MSGSIZEMAX = 16 * 1024 * 1024;
const SIGEV_SIGNAL = 0;
const SIGEV_NONE = 1;
const SIGEV_THREAD = 2;

/** POSIX message queues. @linux ipc/mqueue.c (6.18) @spec mq_overview(7) */
export const mqSyscalls: SyscallTable = {
  mq_open: (task, name, flags, mode, attr) => mqOpen(task, name, flags | 0, mode, attr),
  mq_unlink: mqUnlink,
  mq_timedsend: (task, fd, ptr, len, prio, timeout) =>
    mqTimedsend(task, fd | 0, ptr, len, prio >>> 0, timeout),
  mq_timedreceive: (task, fd, ptr, len, prio, timeout) =>
    mqTimedreceive(task, fd | 0, ptr, len, prio, timeout),
  mq_notify: (task, fd, sevp) => mqNotify(task, fd | 0, sevp),
  mq_getsetattr: (task, fd, wanted, old) => mqGetsetattr(task, fd | 0, wanted, old),
};

/** @linux ipc/mqueue.c `do_mq_open` (6.18) */
function mqOpen(task: Task, namePtr: number, flags: number, mode: number, attrPtr: number): number {
  let attr: MqAttr | undefined;
  if (attrPtr !== 0 && (flags & O_CREAT) !== 0) {
    const view = structFromUser(task, attrPtr, MQ_ATTR_BYTES);
    if (typeof view === "number") return -EFAULT;
    attr = { maxmsg: getInt64(view, 8), msgsize: getInt64(view, 16) };
  }
  const name = getname(task, namePtr);
  if (typeof name === "number") return name;
  const fd = task.files.getUnusedFd(task, true);
  if (fd < 0) return fd;
  const file = openQueue(task, name, flags, mode, attr);
  if (typeof file === "number") {
    task.files.putUnusedFd(fd);
    return file;
  }
  task.files.install(fd, file);
  return fd;
}

/** A name is one component, without a slash: -EACCES else. @linux fs/namei.c `lookup_noperm_common` */
function checkName(name: string): number {
  if (name.includes("/") || name === "." || name === "..") return -EACCES;
  return name.length > NAME_MAX ? -ENAMETOOLONG : 0;
}

function openQueue(
  task: Task,
  name: string,
  flags: number,
  mode: number,
  attr: MqAttr | undefined,
): File | number {
  const refused = checkName(name);
  if (refused !== 0) return refused;
  const mnt = mqueueMount(task.kernel, task.nsproxy.ipc);
  const dentry = lookupOne(mnt.root, name);
  if (typeof dentry === "number") return dentry;
  const path: Path = { mnt, dentry };
  const error =
    dentry.inode === undefined
      ? createQueue(task, path, flags, mode, attr)
      : mayOpenQueue(task, path, flags);
  if (error !== 0) return error;
  const kept = flags & (O_ACCMODE | O_NONBLOCK | O_CLOEXEC);
  const file = vfsOpen(task, path, kept);
  return file instanceof OpenFile || typeof file === "number" ? file : -EAGAIN;
}

/** @linux ipc/mqueue.c `prepare_open` */
function mayOpenQueue(task: Task, path: Path, flags: number): number {
  if ((flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return -EEXIST;
  const access = flags & O_ACCMODE;
  if (access === (O_RDWR | O_WRONLY)) return -EINVAL;
  const wanted =
    access === O_RDONLY ? MAY_READ : access === O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
  return inodePermission(task, path.dentry.inode!, wanted);
}

/** @linux ipc/mqueue.c `mqueue_create_attr`, `mqueue_get_inode` */
function createQueue(
  task: Task,
  path: Path,
  flags: number,
  mode: number,
  wanted: MqAttr | undefined,
): number {
  if ((flags & O_CREAT) === 0) return -ENOENT;
  const dir = path.mnt.root.inode!;
  const refused = mayCreate(task, dir, path.dentry);
  if (refused !== 0) return refused;
  const attr = wanted ?? { maxmsg: DFLT_MSG, msgsize: DFLT_MSGSIZE };
  const isPrivileged = capable(task.cred, CAP_SYS_RESOURCE);
  if (!isAttrValid(attr, isPrivileged)) return -EINVAL;
  const inode = dir.op.create!(dir, path.dentry, mode & 0o7777 & ~task.fs.umask, task.cred);
  if (typeof inode === "number") return inode;
  const info = new MqueueInfo(attr, task.cred.user);
  const limit = task.signal.rlim[RLIMIT_MSGQUEUE]!.cur;
  const error = setQueue(inode, task.nsproxy.ipc, info, limit, isPrivileged);
  if (error !== 0) {
    dDrop(path.dentry);
    return error === -ENFILE ? -EMFILE : error;
  }
  dInstantiate(path.dentry, inode);
  return 0;
}

/** @linux ipc/mqueue.c `mq_attr_ok` */
function isAttrValid({ maxmsg, msgsize }: MqAttr, isPrivileged: boolean): boolean {
  if (maxmsg <= 0 || msgsize <= 0) return false;
  const [most, largest] = isPrivileged ? [HARD_MSGMAX, HARD_MSGSIZEMAX] : [DFLT_MSG, DFLT_MSGSIZE];
  return maxmsg <= most && msgsize <= largest;
}

function mqUnlink(task: Task, namePtr: number): number {
  const name = getname(task, namePtr);
  if (typeof name === "number") return name;
  const refused = checkName(name);
  if (refused !== 0) return refused;
  const { root } = mqueueMount(task.kernel, task.nsproxy.ipc);
  const dentry = lookupOne(root, name);
  if (typeof dentry === "number") return dentry;
  return dentry.inode === undefined ? -ENOENT : vfsUnlink(task, root.inode!, dentry);
}

/** When to give up, in ns since boot: the time is absolute, of CLOCK_REALTIME. */
function readTimeout(task: Task, ptr: number): number {
  if (ptr === 0) return Infinity;
  const time = getTimespecNs(task, ptr);
  return time < 0 ? time : Math.max(0, time - task.kernel.wallClockBootNs);
}

/** The queue of a descriptor that is open in `mode`, or -EBADF. */
function queueOfFd(
  task: Task,
  fd: number,
  mode: number,
): { file: File; info: MqueueInfo } | undefined {
  const file = task.files.get(fd);
  const info = file === undefined ? undefined : mqueueOf(file);
  if (file === undefined || info === undefined || (file.mode & mode) !== mode) return undefined;
  return { file, info };
}

/** @linux ipc/mqueue.c `do_mq_timedsend` (6.18) */
function mqTimedsend(
  task: Task,
  fd: number,
  ptr: number,
  len: number,
  prio: number,
  timeout: number,
): SysResult {
  const end = readTimeout(task, timeout);
  if (end < 0) return end;
  if (prio >= MQ_PRIO_MAX) return -EINVAL;
  const queue = queueOfFd(task, fd, FMODE_WRITE);
  if (queue === undefined) return -EBADF;
  const { file, info } = queue;
  if (len < 0 || len > info.attr.msgsize) return -EMSGSIZE;
  const text = copyFromUser(task, ptr, len);
  if (typeof text === "number") return text;
  const message = { prio, text };
  if (info.messages.length < info.attr.maxmsg) {
    deliver(info, message, task);
    return 0;
  }
  if ((file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  const waiter = { task, prio: task.se.prio, message, isDone: false };
  return sleepOn(info.senders, waiter, end, () => 0);
}

/** A message arrives: for the first receiver that waits, else it is kept and whoever asked is told. */
function deliver(info: MqueueInfo, message: MqMessage, sender: Task): void {
  const receiver = info.receivers.shift();
  if (receiver !== undefined) {
    receiver.message = message;
    wake(receiver);
    return;
  }
  insert(info, message);
  info.wait.wakeUpAll(EPOLLIN | EPOLLRDNORM);
  if (info.messages.length === 1) tell(info, sender);
}

function insert({ messages }: MqueueInfo, message: MqMessage): void {
  const at = messages.findIndex(({ prio }) => prio < message.prio);
  messages.splice(at < 0 ? messages.length : at, 0, message);
}

/** The first message in an empty queue ends the registration. @linux ipc/mqueue.c `__do_notify` */
function tell(info: MqueueInfo, sender: Task): void {
  const { notify } = info;
  if (notify === undefined) return;
  info.notify = undefined;
  if (notify.signo === 0) return;
  sendSignal(
    notify.signo,
    {
      signo: notify.signo,
      errno: 0,
      code: SI_MESGQ,
      pid: sender.tgidNr(notify.task.pidNs()),
      uid: sender.cred.uid,
      value: notify.value,
    },
    notify.task,
    "process",
  );
}

function wake(waiter: MqWaiter): void {
  waiter.isDone = true;
  waiter.task.kernel.sched.tryToWakeUp(waiter.task, TASK_NORMAL);
}

/** Waits by priority, then by arrival, until somebody has served it. @linux ipc/mqueue.c `wq_sleep` */
function* sleepOn(
  queue: MqWaiter[],
  waiter: MqWaiter,
  end: number,
  finish: () => number,
): MaySleep<number> {
  const { task } = waiter;
  const at = queue.findIndex(({ prio }) => prio > waiter.prio);
  queue.splice(at < 0 ? queue.length : at, 0, waiter);
  while (!waiter.isDone) {
    const isLate = task.kernel.now() >= end;
    if (isLate || task.hasSignalPending()) {
      queue.splice(queue.indexOf(waiter), 1);
      return isLate ? -ETIMEDOUT : -ERESTARTSYS;
    }
    yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, end);
  }
  return finish();
}

/** @linux ipc/mqueue.c `do_mq_timedreceive` (6.18) */
function mqTimedreceive(
  task: Task,
  fd: number,
  ptr: number,
  len: number,
  prioPtr: number,
  timeout: number,
): SysResult {
  const end = readTimeout(task, timeout);
  if (end < 0) return end;
  const queue = queueOfFd(task, fd, FMODE_READ);
  if (queue === undefined) return -EBADF;
  const { file, info } = queue;
  if (len >= 0 && len < info.attr.msgsize) return -EMSGSIZE;
  const message = info.messages.shift();
  if (message !== undefined) {
    letSenderIn(info);
    return fill(task, ptr, prioPtr, message);
  }
  if ((file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  const waiter: MqWaiter = { task, prio: task.se.prio, message: undefined, isDone: false };
  return sleepOn(info.receivers, waiter, end, () => fill(task, ptr, prioPtr, waiter.message!));
}

/** There is room again. @linux ipc/mqueue.c `pipelined_receive` */
function letSenderIn(info: MqueueInfo): void {
  const sender = info.senders.shift();
  if (sender === undefined) {
    info.wait.wakeUpAll(EPOLLOUT | EPOLLWRNORM);
    return;
  }
  insert(info, sender.message!);
  wake(sender);
}

function fill(task: Task, ptr: number, prioPtr: number, { prio, text }: MqMessage): number {
  if (prioPtr !== 0 && putUser32(task, prioPtr, prio) !== 0) return -EFAULT;
  return copyToUser(task, ptr, text) === 0 ? text.length : -EFAULT;
}

/**
 * @linux ipc/mqueue.c `do_mq_notify` (6.18)
 * @simplified SIGEV_THREAD needs a netlink socket, which this machine has not: EBADF.
 */
function mqNotify(task: Task, fd: number, sevp: number): number {
  let signo = 0;
  let value = 0;
  if (sevp !== 0) {
    const view = structFromUser(task, sevp, 64);
    if (typeof view === "number") return -EFAULT;
    const notify = view.getInt32(12, true);
    if (notify !== SIGEV_NONE && notify !== SIGEV_SIGNAL && notify !== SIGEV_THREAD) return -EINVAL;
    if (notify === SIGEV_THREAD) return -EBADF;
    const wanted = view.getInt32(8, true);
    if (notify === SIGEV_SIGNAL) {
      if (wanted < 0 || wanted > SIGRTMAX) return -EINVAL;
      signo = wanted;
    }
    value = getInt64(view, 0);
  }
  const queue = queueOfFd(task, fd, 0);
  if (queue === undefined) return -EBADF;
  const { file, info } = queue;
  if (sevp === 0) {
    if (info.notify?.task.tgid === task.tgid) info.notify = undefined;
    return 0;
  }
  if (info.notify !== undefined) return -EBUSY;
  info.notify = { task, file, signo, value };
  return 0;
}

/** @linux ipc/mqueue.c `do_mq_getsetattr` (6.18) */
function mqGetsetattr(task: Task, fd: number, wantedPtr: number, oldPtr: number): number {
  let wanted: number | undefined;
  if (wantedPtr !== 0) {
    const view = structFromUser(task, wantedPtr, MQ_ATTR_BYTES);
    if (typeof view === "number") return -EFAULT;
    wanted = getInt64(view, 0);
    if ((wanted & ~O_NONBLOCK) !== 0) return -EINVAL;
  }
  const queue = queueOfFd(task, fd, 0);
  if (queue === undefined) return -EBADF;
  const { file, info } = queue;
  const old = new DataView(new ArrayBuffer(MQ_ATTR_BYTES));
  setInt64(old, 0, file.flags & O_NONBLOCK);
  setInt64(old, 8, info.attr.maxmsg);
  setInt64(old, 16, info.attr.msgsize);
  setInt64(old, 24, info.messages.length);
  if (wanted !== undefined) file.flags = (file.flags & ~O_NONBLOCK) | wanted;
  return oldPtr === 0 ? 0 : copyToUser(task, oldPtr, new Uint8Array(old.buffer));
}
