import { EACCES, EFAULT, EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import { CAP_IPC_LOCK } from "../include/uapi/capability.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { RLIMIT_MEMLOCK } from "../mm/mm-limits.ts";
import { copyToUser, setInt64, structFromUser } from "../mm/uaccess.ts";
import type { IpcNamespace } from "./namespace.ts";
import { SHM_DEST, SHM_LOCKED, shmDestroy } from "./shm.ts";
import type { Shm } from "./shm-info.ts";
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

const SHM_LOCK = 11;
const SHM_UNLOCK = 12;
const SHM_STAT = 13;
const SHM_INFO = 14;
const SHM_STAT_ANY = 15;
const SHMID64_DS_BYTES = 112;
const SHMINFO64_BYTES = 72;
const SHM_INFO_BYTES = 48;
const S_IRUGO = 0o444;

/** @linux ipc/shm.c `ksys_shmctl` (6.18) */
export function sysShmctl(task: Task, shmid: number, cmd: number, buf: number): number {
  const id = shmid | 0;
  const { ipc: ns } = task.nsproxy;
  if ((cmd | 0) < 0 || id < 0) return -EINVAL;
  switch (cmd | 0) {
    case IPC_INFO:
      return writeInfo(task, buf, limitsOf(ns), ns);
    case SHM_INFO:
      return writeInfo(task, buf, usageOf(ns), ns);
    case SHM_STAT:
    case SHM_STAT_ANY:
    case IPC_STAT:
      return stat(task, ns, id, cmd | 0, buf);
    case IPC_SET:
      return set(task, ns, id, buf);
    case IPC_RMID:
      return remove(task, ns, id);
    case SHM_LOCK:
    case SHM_UNLOCK:
      return lock(task, ns, id, (cmd | 0) === SHM_LOCK);
    default:
      return -EINVAL;
  }
}

function writeInfo(task: Task, buf: number, bytes: Uint8Array, ns: IpcNamespace): number {
  if (copyToUser(task, buf, bytes) !== 0) return -EFAULT;
  return Math.max(0, ns.shmIds.maxIndex);
}

/** `struct shminfo64`. */
function limitsOf(ns: IpcNamespace): Uint8Array {
  const bytes = new Uint8Array(SHMINFO64_BYTES);
  const view = new DataView(bytes.buffer);
  [ns.shmCtlmax, 1, ns.shmCtlmni, ns.shmCtlmni, ns.shmCtlall].forEach((limit, i) => {
    // What is no limit is 2^64 - 1 - 2^24, of which the number is a rounding.
    if (limit < 2 ** 63) setInt64(view, i * 8, limit);
    else {
      view.setUint32(i * 8, 0xfeffffff, true);
      view.setUint32(i * 8 + 4, 0xffffffff, true);
    }
  });
  return bytes;
}

/** `struct shm_info`. */
function usageOf(ns: IpcNamespace): Uint8Array {
  const bytes = new Uint8Array(SHM_INFO_BYTES);
  const view = new DataView(bytes.buffer);
  let resident = 0;
  for (const shm of ns.shmIds.all()) resident += shm.file.inode.mapping!.pages.size;
  view.setInt32(0, ns.shmIds.inUse, true);
  setInt64(view, 8, ns.shmTot);
  setInt64(view, 16, resident);
  return bytes;
}

function stat(task: Task, ns: IpcNamespace, id: number, cmd: number, buf: number): number {
  const shm = cmd === IPC_STAT ? ns.shmIds.obtain(id) : ns.shmIds.atIndex(id);
  if (typeof shm === "number") return shm;
  if (cmd !== SHM_STAT_ANY && !ipcPerms(task, shm.perm, S_IRUGO)) return -EACCES;
  const bytes = new Uint8Array(SHMID64_DS_BYTES);
  const view = new DataView(bytes.buffer);
  writeIpcPerm(view, shm.perm);
  setInt64(view, 48, shm.size);
  setInt64(view, 56, shm.atime);
  setInt64(view, 64, shm.dtime);
  setInt64(view, 72, shm.ctime);
  view.setInt32(80, shm.cprid.nr(task.pidNs()), true);
  view.setInt32(84, shm.lprid?.nr(task.pidNs()) ?? 0, true);
  setInt64(view, 88, shm.nattch);
  if (copyToUser(task, buf, bytes) !== 0) return -EFAULT;
  return cmd === IPC_STAT ? 0 : shm.perm.id;
}

function set(task: Task, ns: IpcNamespace, id: number, buf: number): number {
  const view = structFromUser(task, buf, SHMID64_DS_BYTES);
  if (typeof view === "number") return -EFAULT;
  const shm = ns.shmIds.obtain(id);
  if (typeof shm === "number") return shm;
  const refused = ipcMayControl(task, shm.perm);
  if (refused !== 0) return refused;
  const uid = view.getUint32(4, true);
  const gid = view.getUint32(8, true);
  const result = ipcUpdatePerm(shm.perm, uid, gid, view.getUint32(20, true));
  if (result === 0) shm.ctime = ipcSeconds(task);
  return result;
}

/** @linux ipc/shm.c `do_shm_rmid` */
function remove(task: Task, ns: IpcNamespace, id: number): number {
  const shm = ns.shmIds.obtain(id);
  if (typeof shm === "number") return shm;
  const refused = ipcMayControl(task, shm.perm);
  if (refused !== 0) return refused;
  if (shm.nattch === 0) {
    shmDestroy(shm);
    return 0;
  }
  shm.perm.mode |= SHM_DEST;
  ns.shmIds.forgetKey(shm);
  return 0;
}

/** @linux ipc/shm.c `shmctl_do_lock`, mm/mlock.c `user_shm_lock` */
function lock(task: Task, ns: IpcNamespace, id: number, isLock: boolean): number {
  const shm = ns.shmIds.obtain(id);
  if (typeof shm === "number") return shm;
  const { cred } = task;
  const mayAny = capable(cred, CAP_IPC_LOCK);
  const limit = task.signal.rlim[RLIMIT_MEMLOCK]!.cur;
  if (!mayAny) {
    if (cred.euid !== shm.perm.uid && cred.euid !== shm.perm.cuid) return -EPERM;
    if (isLock && limit === 0) return -EPERM;
  }
  const isLocked = (shm.perm.mode & SHM_LOCKED) !== 0;
  return isLock ? lockSegment(task, shm, isLocked, mayAny, limit) : unlock(shm, isLocked);
}

function lockSegment(
  task: Task,
  shm: Shm,
  isLocked: boolean,
  mayAny: boolean,
  limit: number,
): number {
  const { user } = task.cred;
  const pages = Math.ceil(shm.size / 4096);
  if (isLocked) return 0;
  if (!mayAny && user.lockedShm + pages > Math.floor(limit / 4096)) return -ENOMEM;
  user.lockedShm += pages;
  shm.mlockUser = user;
  shm.perm.mode |= SHM_LOCKED;
  return 0;
}

function unlock(shm: Shm, isLocked: boolean): number {
  if (!isLocked) return 0;
  if (shm.mlockUser !== undefined) shm.mlockUser.lockedShm -= Math.ceil(shm.size / 4096);
  shm.mlockUser = undefined;
  shm.perm.mode &= ~SHM_LOCKED;
  return 0;
}
