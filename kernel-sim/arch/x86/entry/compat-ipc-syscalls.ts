import { EFAULT, EINVAL, ENOSYS } from "../../../include/errno.ts";
import { doMsgrcv, doMsgsnd } from "../../../ipc/msg.ts";
import { IPC_INFO, IPC_SET, IPC_STAT } from "../../../ipc/util.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyToUser, getInt64, getUser32, putUser32, structFromUser } from "../../../mm/uaccess.ts";
import {
  type IpcLayout,
  type IpcVersion,
  MSG_LAYOUT,
  narrowIpc,
  SEM_LAYOUT,
  SHM_LAYOUT,
  widenIpc,
} from "./compat-ipc-layout.ts";
import { call, Scratch, widenOrFault, words32 } from "./compat-translate.ts";

const IPC_64 = 0x100;
const SEM_STAT = 18;
const SEM_STAT_ANY = 20;
const MSG_STAT = 11;
const MSG_STAT_ANY = 13;
const SHM_STAT = 13;
const SHM_INFO = 14;
const SHM_STAT_ANY = 15;
const INT_MAX = 0x7fffffff;

/**
 * IPC of System V: calls of their own since 5.1, and behind ipc(2) before. Only the latter know the structures with
 * 16 bits.
 *
 * @linux ipc/syscall.c `compat_ksys_ipc`, ipc/{sem,msg,shm}.c, their compat parts (6.18)
 */
export const ipcCompatSyscalls: SyscallTable = {
  ipc: ipc32,
  semctl: (task, id, num, cmd, arg) => semctl(task, id, num, cmd & ~IPC_64, arg, "64"),
  msgctl: (task, id, cmd, ptr) => msgctl(task, id, cmd & ~IPC_64, ptr, "64"),
  shmctl: (task, id, cmd, ptr) => shmctl(task, id, cmd, ptr, "64"),
  msgsnd: (task, id, ptr, size, flags) => doMsgsnd(task, id | 0, ptr, size | 0, flags | 0, 4),
  msgrcv: (task, id, ptr, size, type, flags) =>
    doMsgrcv(task, id | 0, ptr, size | 0, type | 0, flags | 0, 4),
  semtimedop_time64: (task, id, sops, nsops, time) =>
    call(task, "semtimedop", id, sops, nsops, time),
};

/** All of them behind one number. @spec ipc(2) */
function ipc32(
  task: Task,
  which: number,
  first: number,
  second: number,
  third: number,
  ptr: number,
  fifth: number,
): SysResult {
  const version = which >>> 16;
  switch (which & 0xffff) {
    case 1:
      return call(task, "semtimedop", first, ptr, second, 0);
    case 2:
      return call(task, "semget", first, second, third);
    case 3: {
      if (ptr === 0) return -EINVAL;
      const arg = getUser32(task, ptr);
      if (arg === undefined) return -EFAULT;
      return semctl(task, first, second, third & ~IPC_64, arg >>> 0, versionOf(third));
    }
    case 4: {
      const time = fifth === 0 ? 0 : widenOrFault(task, new Scratch(task), fifth, 2);
      return call(task, "semtimedop", first, ptr, second, time);
    }
    case 11:
      return doMsgsnd(task, first | 0, ptr, second | 0, third | 0, 4);
    case 12:
      return ipcMsgrcv(task, version, first | 0, second | 0, third | 0, ptr, fifth | 0);
    case 13:
      return call(task, "msgget", first, second);
    case 14:
      return msgctl(task, first, second & ~IPC_64, ptr, versionOf(second));
    case 21:
      return ipcShmat(task, version, first, second, third, ptr);
    case 22:
      return call(task, "shmdt", ptr);
    case 23:
      return call(task, "shmget", first, second, third);
    case 24:
      return shmctl(task, first, second & ~IPC_64, ptr, versionOf(second));
    default:
      return -ENOSYS;
  }
}

function versionOf(cmd: number): IpcVersion {
  return (cmd & IPC_64) !== 0 ? "64" : "old";
}

/** Six arguments do not fit beside the number: at first two of them lay in memory. */
function ipcMsgrcv(
  task: Task,
  version: number,
  id: number,
  size: number,
  flags: number,
  ptr: number,
  fifth: number,
): SysResult {
  if (id < 0 || size < 0) return -EINVAL;
  if (version !== 0) return doMsgrcv(task, id, ptr, size, fifth, flags, 4);
  if (ptr === 0) return -EINVAL;
  const kludge = words32(task, ptr, 2);
  if (kludge === undefined) return -EFAULT;
  return doMsgrcv(task, id, kludge[0]! >>> 0, size, kludge[1]!, flags, 4);
}

/** The address is no answer that could be told from an error: it is put into memory. */
function ipcShmat(
  task: Task,
  version: number,
  id: number,
  flags: number,
  at: number,
  address: number,
): SysResult {
  if (version === 1) return -EINVAL;
  const mapped = call(task, "shmat", id, address, flags);
  if (typeof mapped !== "number" || (mapped < 0 && mapped >= -4095)) return mapped;
  return putUser32(task, at, mapped | 0);
}

function semctl(
  task: Task,
  id: number,
  num: number,
  cmd: number,
  arg: number,
  version: IpcVersion,
): SysResult {
  const isStat = cmd === IPC_STAT || cmd === SEM_STAT || cmd === SEM_STAT_ANY;
  return control(task, id, cmd, arg, version, SEM_LAYOUT, isStat, (wide) =>
    call(task, "semctl", id, num, cmd, wide),
  );
}

function msgctl(task: Task, id: number, cmd: number, ptr: number, version: IpcVersion): SysResult {
  const isStat = cmd === IPC_STAT || cmd === MSG_STAT || cmd === MSG_STAT_ANY;
  return control(task, id, cmd, ptr, version, MSG_LAYOUT, isStat, (wide) =>
    call(task, "msgctl", id, cmd, wide),
  );
}

function shmctl(task: Task, id: number, cmd: number, ptr: number, version: IpcVersion): SysResult {
  const ask = (wide: number) => call(task, "shmctl", id, cmd, wide);
  if (cmd === IPC_INFO || cmd === SHM_INFO) return shmInfo(task, cmd, ptr, version, ask);
  const isStat = cmd === IPC_STAT || cmd === SHM_STAT || cmd === SHM_STAT_ANY;
  return control(task, id, cmd, ptr, version, SHM_LAYOUT, isStat, ask);
}

/** A command on an object, whose structure is widened or narrowed. */
function control(
  task: Task,
  id: number,
  cmd: number,
  ptr: number,
  version: IpcVersion,
  layout: IpcLayout,
  isStat: boolean,
  ask: (wide: number) => SysResult,
): SysResult {
  if ((id | 0) < 0) return -EINVAL;
  const scratch = new Scratch(task);
  if (cmd === IPC_SET) {
    const bytes = version === "old" ? layout.oldBytes : layout.bytes;
    const narrow = structFromUser(task, ptr, bytes);
    if (typeof narrow === "number") return narrow;
    return ask(scratch.bytes(widenIpc(narrow, layout, version)));
  }
  if (!isStat) return ask(ptr);
  const wide = scratch.take(layout.wideBytes);
  const result = ask(wide);
  if (typeof result !== "number" || result < 0) return result;
  const view = structFromUser(task, wide, layout.wideBytes);
  if (typeof view === "number") return view;
  return copyToUser(task, ptr, narrowIpc(view, layout, version)) < 0 ? -EFAULT : result;
}

/** Limits and usage of all segments. @linux ipc/shm.c `copy_compat_shminfo_to_user`, `compat_shm_info` (6.18) */
function shmInfo(
  task: Task,
  cmd: number,
  ptr: number,
  version: IpcVersion,
  ask: (wide: number) => SysResult,
): SysResult {
  const wide = new Scratch(task).take(72);
  const result = ask(wide);
  if (typeof result !== "number" || result < 0) return result;
  const view = structFromUser(task, wide, 72);
  if (typeof view === "number") return view;
  const words = [0, 1, 2, 3, 4, 5].map((i) => getInt64(view, i * 8));
  // Limits that do not fit: the greatest segment is cut off, the others lose their upper half.
  if (cmd === IPC_INFO) words[0] = words[0]! < 0 ? INT_MAX : Math.min(words[0]!, INT_MAX);
  if (cmd === IPC_INFO) words[4] = view.getInt32(32, true);
  const count = cmd === SHM_INFO ? 6 : version === "old" ? 5 : 9;
  const bytes = new Uint8Array(count * 4);
  const out = new DataView(bytes.buffer);
  words.slice(0, cmd === SHM_INFO ? 6 : 5).forEach((word, i) => {
    out.setInt32(i * 4, word | 0, true);
  });
  return copyToUser(task, ptr, bytes) < 0 ? -EFAULT : result;
}
