import {
  E2BIG,
  EACCES,
  EAGAIN,
  EFAULT,
  EIDRM,
  EINVAL,
  ENOMSG,
  ENOSYS,
  EPERM,
  ERESTARTNOHAND,
} from "../include/errno.ts";
import { CAP_SYS_RESOURCE } from "../include/uapi/capability.ts";
import { capable } from "../kernel/cred.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_NORMAL } from "../kernel/state.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { scheduleTimeout } from "../kernel/wait.ts";
import {
  copyFromUser,
  copyToUser,
  getUint64,
  getUser32,
  getUser64,
  putUser32,
  putUser64,
  setInt64,
  structFromUser,
} from "../mm/uaccess.ts";
import {
  IPC_INFO,
  IPC_NOWAIT,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  ipcGet,
  ipcMayControl,
  ipcPerms,
  ipcSeconds,
  ipcUpdatePerm,
  type KernIpcPerm,
  newIpcPerm,
  writeIpcPerm,
} from "./util.ts";

const MSG_NOERROR = 0o10000;
const MSG_EXCEPT = 0o20000;
const MSG_COPY = 0o40000;
const MSG_STAT = 11;
const MSG_INFO = 12;
const MSG_STAT_ANY = 13;
/** Bytes of a message, bytes of a queue, queues (`/proc/sys/kernel/msg*`). */
const MSGMAX = 8192;
const MSGMNB = 16_384;
const MSGMNI = 32_000;
const READ = 0o444;
const WRITE = 0o222;
const MSQID_DS_BYTES = 120;
const MSGINFO_BYTES = 32;
const LONG_MAX = 2 ** 63;

interface Msg {
  readonly type: number;
  readonly text: Uint8Array;
}

/** What a receiver looks for: `SEARCH_ANY` and its like. */
type SearchMode = "any" | "equal" | "not-equal" | "less-equal" | "number";

interface MsgReceiver {
  readonly task: Task;
  readonly mode: SearchMode;
  readonly type: number;
  /** The greatest text that it takes. */
  readonly maxBytes: number;
  /** A message, or the errno that the receiver finds; undefined while it waits. */
  answer: Msg | number | undefined;
}

interface MsgSender {
  readonly task: Task;
  isWoken: boolean;
}

/** A queue of messages. @linux ipc/msg.c `struct msg_queue` (6.18) */
export class MsgQueue {
  readonly perm: KernIpcPerm;
  readonly messages: Msg[] = [];
  readonly receivers: MsgReceiver[] = [];
  readonly senders: MsgSender[] = [];
  cbytes = 0;
  qbytes = MSGMNB;
  stime = 0;
  rtime = 0;
  ctime: number;
  lspid = 0;
  lrpid = 0;

  constructor(perm: KernIpcPerm, ctime: number) {
    this.perm = perm;
    this.ctime = ctime;
  }
}

/** System V messages. @linux ipc/msg.c (6.18) */
export const msgSyscalls: SyscallTable = {
  msgget: (task, key, flags) => msgget(task, key | 0, flags | 0),
  msgsnd: (task, id, ptr, size, flags) => doMsgsnd(task, id | 0, ptr, size, flags | 0, 8),
  msgrcv: (task, id, ptr, size, type, flags) =>
    doMsgrcv(task, id | 0, ptr, size, type, flags | 0, 8),
  msgctl: (task, id, cmd, ptr) => msgctl(task, id | 0, cmd | 0, ptr),
};

function msgget(task: Task, key: number, flags: number): number {
  const { msgIds } = task.nsproxy.ipc;
  const make = () =>
    msgIds.add(task, new MsgQueue(newIpcPerm(key, flags), ipcSeconds(task)), MSGMNI);
  return ipcGet(task, msgIds, key, flags, make, () => 0);
}

/** Bytes of the type in front of a message's text: that of a `long` of the program. */
type TypeBytes = 4 | 8;

/** @linux ipc/msg.c `do_msgsnd`, `compat_ksys_msgsnd` (6.18) */
export function doMsgsnd(
  task: Task,
  id: number,
  ptr: number,
  size: number,
  flags: number,
  typeBytes: TypeBytes,
): SysResult {
  const type = typeBytes === 4 ? getUser32(task, ptr) : getUser64(task, ptr);
  if (type === undefined) return -EFAULT;
  if (size > MSGMAX || size < 0 || id < 0) return -EINVAL;
  if (type < 1) return -EINVAL;
  const text = copyFromUser(task, ptr + typeBytes, size);
  if (typeof text === "number") return text;
  const msq = task.nsproxy.ipc.msgIds.obtain(id);
  if (typeof msq === "number") return msq;
  const msg = { type, text };
  const sent = trySend(task, msq, msg);
  if (sent !== -EAGAIN || (flags & IPC_NOWAIT) !== 0) return sent;
  return waitToSend(task, msq, msg);
}

function trySend(task: Task, msq: MsgQueue, msg: Msg): number {
  if (!ipcPerms(task, msq.perm, WRITE)) return -EACCES;
  if (msq.perm.isDeleted) return -EIDRM;
  const fits = msg.text.length + msq.cbytes <= msq.qbytes && 1 + msq.messages.length <= msq.qbytes;
  if (!fits) return -EAGAIN;
  msq.lspid = task.tgid;
  msq.stime = ipcSeconds(task);
  if (!pipelinedSend(msq, msg, task)) {
    msq.messages.push(msg);
    msq.cbytes += msg.text.length;
  }
  return 0;
}

function* waitToSend(task: Task, msq: MsgQueue, msg: Msg): MaySleep<number> {
  for (;;) {
    const sender: MsgSender = { task, isWoken: false };
    msq.senders.push(sender);
    while (!sender.isWoken) {
      if (task.hasSignalPending()) {
        remove(msq.senders, sender);
        return -ERESTARTNOHAND;
      }
      yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, Infinity);
    }
    if (msq.perm.isDeleted) return -EIDRM;
    const sent = trySend(task, msq, msg);
    if (sent !== -EAGAIN) return sent;
    if (task.hasSignalPending()) return -ERESTARTNOHAND;
  }
}

/** Hands a message to the first receiver who waits for one like it. @linux ipc/msg.c `pipelined_send` */
function pipelinedSend(msq: MsgQueue, msg: Msg, sender: Task): boolean {
  for (const receiver of [...msq.receivers]) {
    if (!matches(msg, receiver.mode, receiver.type)) continue;
    remove(msq.receivers, receiver);
    const isTooLarge = receiver.maxBytes < msg.text.length;
    receiver.answer = isTooLarge ? -E2BIG : msg;
    receiver.task.kernel.sched.tryToWakeUp(receiver.task, TASK_NORMAL);
    if (isTooLarge) continue;
    msq.lrpid = receiver.task.tgid;
    msq.rtime = ipcSeconds(sender);
    return true;
  }
  return false;
}

function matches(msg: Msg, mode: SearchMode, type: number): boolean {
  if (mode === "equal") return msg.type === type;
  if (mode === "not-equal") return msg.type !== type;
  if (mode === "less-equal") return msg.type <= type;
  return true;
}

/** @linux ipc/msg.c `do_msgrcv`, `compat_ksys_msgrcv` (6.18) */
export function doMsgrcv(
  task: Task,
  id: number,
  ptr: number,
  size: number,
  rawType: number,
  flags: number,
  typeBytes: TypeBytes,
): SysResult {
  if (id < 0 || size < 0) return -EINVAL;
  if ((flags & MSG_COPY) !== 0) {
    if ((flags & MSG_EXCEPT) !== 0 || (flags & IPC_NOWAIT) === 0) return -EINVAL;
    return -ENOSYS;
  }
  const { mode, type } = searchMode(rawType, flags);
  const msq = task.nsproxy.ipc.msgIds.obtain(id);
  if (typeof msq === "number") return msq;
  if (!ipcPerms(task, msq.perm, READ)) return -EACCES;
  const found = findMsg(msq, mode, type);
  if (found !== undefined) {
    if (size < found.text.length && (flags & MSG_NOERROR) === 0) return -E2BIG;
    takeMsg(task, msq, found);
    return fill(task, ptr, size, found, typeBytes);
  }
  if ((flags & IPC_NOWAIT) !== 0) return -ENOMSG;
  const maxBytes = (flags & MSG_NOERROR) !== 0 ? Infinity : size;
  const receiver: MsgReceiver = { task, mode, type, maxBytes, answer: undefined };
  return waitForMsg(msq, receiver, ptr, size, typeBytes);
}

function* waitForMsg(
  msq: MsgQueue,
  receiver: MsgReceiver,
  ptr: number,
  size: number,
  typeBytes: TypeBytes,
): MaySleep<number> {
  const { task } = receiver;
  msq.receivers.push(receiver);
  while (receiver.answer === undefined) {
    if (task.hasSignalPending()) {
      remove(msq.receivers, receiver);
      return -ERESTARTNOHAND;
    }
    yield* scheduleTimeout(task, TASK_INTERRUPTIBLE, Infinity);
  }
  const { answer } = receiver;
  return typeof answer === "number" ? answer : fill(task, ptr, size, answer, typeBytes);
}

/** @linux ipc/msg.c `convert_mode` */
function searchMode(type: number, flags: number): { mode: SearchMode; type: number } {
  if (type === 0) return { mode: "any", type };
  if (type < 0) return { mode: "less-equal", type: Math.min(-type, LONG_MAX) };
  return { mode: (flags & MSG_EXCEPT) !== 0 ? "not-equal" : "equal", type };
}

/** The first message that fits; of those up to a type, the one with the least. @linux ipc/msg.c `find_msg` */
function findMsg(msq: MsgQueue, mode: SearchMode, type: number): Msg | undefined {
  if (mode !== "less-equal") return msq.messages.find((msg) => matches(msg, mode, type));
  let least: Msg | undefined;
  for (const msg of msq.messages) {
    if (msg.type <= type && (least === undefined || msg.type < least.type)) least = msg;
  }
  return least;
}

function takeMsg(task: Task, msq: MsgQueue, msg: Msg): void {
  remove(msq.messages, msg);
  msq.cbytes -= msg.text.length;
  msq.rtime = ipcSeconds(task);
  msq.lrpid = task.tgid;
  wakeSenders(msq);
}

function wakeSenders(msq: MsgQueue): void {
  for (const sender of msq.senders.splice(0)) {
    sender.isWoken = true;
    sender.task.kernel.sched.tryToWakeUp(sender.task, TASK_NORMAL);
  }
}

/** @linux ipc/msg.c `do_msg_fill` */
function fill(task: Task, ptr: number, size: number, msg: Msg, typeBytes: TypeBytes): number {
  const put = typeBytes === 4 ? putUser32 : putUser64;
  if (put(task, ptr, msg.type) !== 0) return -EFAULT;
  const bytes = msg.text.subarray(0, Math.min(size, msg.text.length));
  return copyToUser(task, ptr + typeBytes, bytes) === 0 ? bytes.length : -EFAULT;
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}

/** @linux ipc/msg.c `ksys_msgctl` (6.18) */
function msgctl(task: Task, id: number, cmd: number, ptr: number): number {
  if (id < 0 || cmd < 0) return -EINVAL;
  if (cmd === IPC_INFO || cmd === MSG_INFO) return msgInfo(task, cmd, ptr);
  if (cmd === IPC_STAT || cmd === MSG_STAT || cmd === MSG_STAT_ANY) {
    return msgStat(task, id, cmd, ptr);
  }
  if (cmd === IPC_SET || cmd === IPC_RMID) return msgctlDown(task, id, cmd, ptr);
  return -EINVAL;
}

function msgctlDown(task: Task, id: number, cmd: number, ptr: number): number {
  const { msgIds } = task.nsproxy.ipc;
  const wanted = cmd === IPC_SET ? structFromUser(task, ptr, MSQID_DS_BYTES) : undefined;
  if (typeof wanted === "number") return -EFAULT;
  const msq = msgIds.obtain(id);
  if (typeof msq === "number") return msq;
  const refused = ipcMayControl(task, msq.perm);
  if (refused !== 0) return refused;
  if (wanted === undefined) {
    msgIds.remove(msq);
    for (const receiver of msq.receivers.splice(0)) {
      receiver.answer = -EIDRM;
      receiver.task.kernel.sched.tryToWakeUp(receiver.task, TASK_NORMAL);
    }
    wakeSenders(msq);
    return 0;
  }
  const qbytes = getUint64(wanted, 88);
  if (qbytes > MSGMNB && !capable(task.cred, CAP_SYS_RESOURCE)) return -EPERM;
  const error = ipcUpdatePerm(
    msq.perm,
    wanted.getUint32(4, true),
    wanted.getUint32(8, true),
    wanted.getUint32(20, true),
  );
  if (error !== 0) return error;
  msq.qbytes = qbytes;
  msq.ctime = ipcSeconds(task);
  wakeSenders(msq);
  return 0;
}

function msgStat(task: Task, id: number, cmd: number, ptr: number): number {
  const { msgIds } = task.nsproxy.ipc;
  const msq = cmd === IPC_STAT ? msgIds.obtain(id) : msgIds.atIndex(id);
  if (typeof msq === "number") return msq;
  if (cmd !== MSG_STAT_ANY && !ipcPerms(task, msq.perm, READ)) return -EACCES;
  const view = new DataView(new ArrayBuffer(MSQID_DS_BYTES));
  writeIpcPerm(view, msq.perm);
  setInt64(view, 48, msq.stime);
  setInt64(view, 56, msq.rtime);
  setInt64(view, 64, msq.ctime);
  setInt64(view, 72, msq.cbytes);
  setInt64(view, 80, msq.messages.length);
  setInt64(view, 88, msq.qbytes);
  view.setInt32(96, msq.lspid, true);
  view.setInt32(100, msq.lrpid, true);
  const error = copyToUser(task, ptr, new Uint8Array(view.buffer));
  if (error !== 0) return error;
  return cmd === IPC_STAT ? 0 : msq.perm.id;
}

function msgInfo(task: Task, cmd: number, ptr: number): number {
  const { msgIds } = task.nsproxy.ipc;
  const queues = [...msgIds.all()];
  const messages = queues.reduce((sum, msq) => sum + msq.messages.length, 0);
  const bytes = queues.reduce((sum, msq) => sum + msq.cbytes, 0);
  const isCurrent = cmd === MSG_INFO;
  const pool = Math.floor((MSGMNI * MSGMNB) / 1024);
  const view = new DataView(new ArrayBuffer(MSGINFO_BYTES));
  const words = [
    isCurrent ? msgIds.inUse : pool,
    isCurrent ? messages : MSGMNB,
    MSGMAX,
    MSGMNB,
    MSGMNI,
    16,
    isCurrent ? bytes : MSGMNB,
  ];
  words.forEach((word, i) => {
    view.setInt32(i * 4, word, true);
  });
  view.setUint16(28, 0xffff, true);
  const error = copyToUser(task, ptr, new Uint8Array(view.buffer));
  return error !== 0 ? error : Math.max(msgIds.maxIndex, 0);
}
