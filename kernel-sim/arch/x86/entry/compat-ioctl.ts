import { EFAULT } from "../../../include/errno.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { Task } from "../../../kernel/task.ts";
import {
  copyFromUser,
  copyToUser,
  getUser32,
  getUser64,
  putUser32,
  structFromUser,
} from "../../../mm/uaccess.ts";
import { sockfdLookup } from "../../../net/socket.ts";
import { andThen, call, Scratch } from "./compat-translate.ts";

/** Commands whose number holds the size of a `long`, by the number that 32-bit programs know. */
const SAME_BUT_SIZE: ReadonlyMap<number, number> = new Map([
  [0x80046601, 0x80086601], // FS_IOC_GETFLAGS
  [0x40046602, 0x40086602], // FS_IOC_SETFLAGS
  [0x80041270, 0x80081270], // BLKBSZGET
  [0x80041272, 0x80081272], // BLKGETSIZE64
]);
const BLKGETSIZE = 0x1260;
const BLKRAGET = 0x1263;
const BLKFRAGET = 0x1265;
const SIOCGIFNAME = 0x8910;
const SIOCGIFCONF = 0x8912;
const SIOC_LAST = 0x89ff;
const IFREQ_BYTES = 40;
const IFREQ32_BYTES = 32;

/**
 * ioctl(2): most commands pass an `int` or a structure that both kinds of programs lay out alike.
 *
 * @linux fs/ioctl.c `COMPAT_SYSCALL_DEFINE3(ioctl)`, net/socket.c `compat_sock_ioctl`, block/ioctl.c `compat_blkdev_ioctl` (6.18)
 */
export function ioctl32(task: Task, fd: number, cmd: number, arg: number): SysResult {
  if (cmd === BLKGETSIZE || cmd === BLKRAGET || cmd === BLKFRAGET)
    return oneLong(task, fd, cmd, arg);
  const isSocket = typeof sockfdLookup(task, fd) !== "number";
  if (isSocket && cmd === SIOCGIFCONF) return ifconf32(task, fd, arg);
  if (isSocket && cmd >= SIOCGIFNAME && cmd <= SIOC_LAST) return ifreq32(task, fd, cmd, arg);
  return call(task, "ioctl", fd, SAME_BUT_SIZE.get(cmd) ?? cmd, arg);
}

/** A command that answers a `long`. */
function oneLong(task: Task, fd: number, cmd: number, arg: number): SysResult {
  const wide = new Scratch(task).put([0]);
  return andThen(call(task, "ioctl", fd, cmd, wide), (result) =>
    result < 0 ? result : putUser32(task, arg, (getUser64(task, wide) ?? 0) | 0),
  );
}

/** `struct ifreq`, whose union is shorter. */
function ifreq32(task: Task, fd: number, cmd: number, arg: number): SysResult {
  const narrow = copyFromUser(task, arg, IFREQ32_BYTES);
  if (typeof narrow === "number") return call(task, "ioctl", fd, cmd, arg);
  const padded = new Uint8Array(IFREQ_BYTES);
  padded.set(narrow);
  const wide = new Scratch(task).bytes(new DataView(padded.buffer));
  return andThen(call(task, "ioctl", fd, cmd, wide), (result) => {
    if (result < 0) return result;
    const answer = copyFromUser(task, wide, IFREQ32_BYTES);
    return typeof answer === "number" ? answer : copyToUser(task, arg, answer);
  });
}

/** A list of `struct ifreq`, of which the program's are shorter. @linux net/socket.c `sock_do_ioctl` (6.18) */
function ifconf32(task: Task, fd: number, arg: number): SysResult {
  const room = getUser32(task, arg);
  const list = getUser32(task, arg + 4);
  if (room === undefined || list === undefined) return -EFAULT;
  const scratch = new Scratch(task);
  const count = Math.max(0, Math.floor(room / IFREQ32_BYTES));
  const entries = list === 0 ? 0 : scratch.take(Math.min(count, 256) * IFREQ_BYTES);
  const wide = scratch.put([room < 0 ? room : count * IFREQ_BYTES, entries]);
  return andThen(call(task, "ioctl", fd, SIOCGIFCONF, wide), (result) => {
    if (result < 0) return result;
    const header = structFromUser(task, wide, 4);
    if (typeof header === "number") return header;
    const found = header.getInt32(0, true) / IFREQ_BYTES;
    for (let i = 0; entries !== 0 && i < found; i++) {
      const entry = copyFromUser(task, entries + i * IFREQ_BYTES, IFREQ32_BYTES);
      if (typeof entry === "number") return entry;
      if (copyToUser(task, (list >>> 0) + i * IFREQ32_BYTES, entry) < 0) return -EFAULT;
    }
    return putUser32(task, arg, found * IFREQ32_BYTES);
  });
}
