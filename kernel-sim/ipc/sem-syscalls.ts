import { E2BIG, EACCES, EFAULT, EINVAL, ERANGE } from "../include/errno.ts";
import type { SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getTimespecNs } from "../kernel/time/time64.ts";
import { copyToUser, setInt64, structFromUser } from "../mm/uaccess.ts";
import {
  countWaiters,
  doSemop,
  freeary,
  SEMMNI,
  SEMMNS,
  SEMMSL,
  SEMOPM,
  SEMVMX,
  type SemArray,
  type Sembuf,
  semget,
  updateQueues,
} from "./sem.ts";
import {
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  ipcMayControl,
  ipcPerms,
  ipcSeconds,
  ipcUpdatePerm,
  writeIpcPerm,
} from "./util.ts";

const GETPID = 11;
const GETVAL = 12;
const GETALL = 13;
const GETNCNT = 14;
const GETZCNT = 15;
const SETVAL = 16;
const SETALL = 17;
const SEM_STAT = 18;
const SEM_INFO = 19;
const SEM_STAT_ANY = 20;

const READ = 0o444;
const WRITE = 0o222;
const SEMBUF_BYTES = 6;
const SEMID_DS_BYTES = 104;
const SEMINFO_BYTES = 40;

/** System V semaphores. @linux ipc/sem.c (6.18) */
export const semSyscalls: SyscallTable = {
  semget: (task, key, nsems, flags) => semget(task, key | 0, nsems | 0, flags | 0),
  semop: (task, id, sops, nsops) => semtimedop(task, id | 0, sops, nsops, 0),
  semtimedop: (task, id, sops, nsops, timeout) => semtimedop(task, id | 0, sops, nsops, timeout),
  semctl: (task, id, num, cmd, arg) => semctl(task, id | 0, num | 0, cmd | 0, arg),
};

function semtimedop(
  task: Task,
  id: number,
  sopsPtr: number,
  nsops: number,
  timeout: number,
): SysResult {
  let end = Infinity;
  if (timeout !== 0) {
    const time = getTimespecNs(task, timeout);
    if (time < 0) return time;
    end = task.kernel.now() + time;
  }
  if (nsops < 1 || id < 0) return -EINVAL;
  if (nsops > SEMOPM) return -E2BIG;
  const view = structFromUser(task, sopsPtr, nsops * SEMBUF_BYTES);
  if (typeof view === "number") return -EFAULT;
  const sops: Sembuf[] = [];
  for (let at = 0; at < view.byteLength; at += SEMBUF_BYTES) {
    sops.push({
      num: view.getUint16(at, true),
      op: view.getInt16(at + 2, true),
      flg: view.getInt16(at + 4, true),
    });
  }
  const sma = task.nsproxy.ipc.semIds.obtain(id);
  if (typeof sma === "number") return sma;
  const isAlter = sops.some(({ op }) => op !== 0);
  const isInside = sops.every(({ num }) => num < sma.values.length);
  if (isInside && !ipcPerms(task, sma.perm, isAlter ? WRITE : READ)) return -EACCES;
  return doSemop(task, sma, sops, end);
}

function semctl(task: Task, id: number, num: number, cmd: number, arg: number): number {
  if (id < 0) return -EINVAL;
  switch (cmd) {
    case IPC_INFO:
    case SEM_INFO:
      return semInfo(task, cmd, arg);
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
      return semStat(task, id, cmd, arg);
    case GETALL:
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
    case SETALL:
      return semctlMain(task, id, num, cmd, arg);
    case SETVAL:
      return setVal(task, id, num, arg | 0);
    case IPC_SET:
    case IPC_RMID:
      return semctlDown(task, id, cmd, arg);
    default:
      return -EINVAL;
  }
}

/** @linux ipc/sem.c `semctl_main` (6.18) */
function semctlMain(task: Task, id: number, num: number, cmd: number, arg: number): number {
  const sma = task.nsproxy.ipc.semIds.obtain(id);
  if (typeof sma === "number") return sma;
  if (!ipcPerms(task, sma.perm, cmd === SETALL ? WRITE : READ)) return -EACCES;
  if (cmd === GETALL)
    return copyToUser(task, arg, new Uint8Array(Uint16Array.from(sma.values).buffer));
  if (cmd === SETALL) return setAll(task, sma, arg);
  if (num < 0 || num >= sma.values.length) return -EINVAL;
  if (cmd === GETVAL) return sma.values[num]!;
  if (cmd === GETPID) return sma.pids[num]!;
  return countWaiters(sma, num, cmd === GETZCNT);
}

function setAll(task: Task, sma: SemArray, arg: number): number {
  const view = structFromUser(task, arg, sma.values.length * 2);
  if (typeof view === "number") return -EFAULT;
  for (let i = 0; i < sma.values.length; i++) {
    if (view.getUint16(i * 2, true) > SEMVMX) return -ERANGE;
  }
  for (let i = 0; i < sma.values.length; i++) {
    sma.values[i] = view.getUint16(i * 2, true);
    sma.pids[i] = task.tgid;
  }
  for (const list of task.nsproxy.ipc.semUndoLists) list.reset(sma, undefined);
  sma.ctime = ipcSeconds(task);
  updateQueues(sma);
  return 0;
}

/** @linux ipc/sem.c `semctl_setval` (6.18) */
function setVal(task: Task, id: number, num: number, value: number): number {
  if (value > SEMVMX || value < 0) return -ERANGE;
  const { ipc } = task.nsproxy;
  const sma = ipc.semIds.obtain(id);
  if (typeof sma === "number") return sma;
  if (num < 0 || num >= sma.values.length) return -EINVAL;
  if (!ipcPerms(task, sma.perm, WRITE)) return -EACCES;
  for (const list of ipc.semUndoLists) list.reset(sma, num);
  sma.values[num] = value;
  sma.pids[num] = task.tgid;
  sma.ctime = ipcSeconds(task);
  updateQueues(sma);
  return 0;
}

/** @linux ipc/sem.c `semctl_down` (6.18) */
function semctlDown(task: Task, id: number, cmd: number, arg: number): number {
  const { ipc } = task.nsproxy;
  const wanted = cmd === IPC_SET ? structFromUser(task, arg, SEMID_DS_BYTES) : undefined;
  if (typeof wanted === "number") return -EFAULT;
  const sma = ipc.semIds.obtain(id);
  if (typeof sma === "number") return sma;
  const refused = ipcMayControl(task, sma.perm);
  if (refused !== 0) return refused;
  if (wanted === undefined) {
    freeary(ipc, sma);
    return 0;
  }
  const error = ipcUpdatePerm(
    sma.perm,
    wanted.getUint32(4, true),
    wanted.getUint32(8, true),
    wanted.getUint32(20, true),
  );
  if (error === 0) sma.ctime = ipcSeconds(task);
  return error;
}

/** @linux ipc/sem.c `semctl_stat` (6.18) */
function semStat(task: Task, id: number, cmd: number, arg: number): number {
  const { semIds } = task.nsproxy.ipc;
  const sma = cmd === IPC_STAT ? semIds.obtain(id) : semIds.atIndex(id);
  if (typeof sma === "number") return sma;
  if (cmd !== SEM_STAT_ANY && !ipcPerms(task, sma.perm, READ)) return -EACCES;
  const view = new DataView(new ArrayBuffer(SEMID_DS_BYTES));
  writeIpcPerm(view, sma.perm);
  setInt64(view, 48, sma.otime);
  setInt64(view, 64, sma.ctime);
  setInt64(view, 80, sma.values.length);
  const error = copyToUser(task, arg, new Uint8Array(view.buffer));
  if (error !== 0) return error;
  return cmd === IPC_STAT ? 0 : sma.perm.id;
}

/** @linux ipc/sem.c `semctl_info` (6.18) */
function semInfo(task: Task, cmd: number, arg: number): number {
  const { ipc } = task.nsproxy;
  const isCurrent = cmd === SEM_INFO;
  const words = [
    SEMMNS,
    SEMMNI,
    SEMMNS,
    SEMMNS,
    SEMMSL,
    SEMOPM,
    SEMOPM,
    isCurrent ? ipc.semIds.inUse : 20,
    SEMVMX,
    isCurrent ? ipc.usedSems : SEMVMX,
  ];
  const bytes = new Uint8Array(SEMINFO_BYTES);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setInt32(i * 4, word, true);
  });
  const error = copyToUser(task, arg, bytes);
  return error !== 0 ? error : Math.max(ipc.semIds.maxIndex, 0);
}
