import { EFAULT, EINVAL, ENOSYS } from "../../../include/errno.ts";
import { SOL_SOCKET } from "../../../include/uapi/socket.ts";
import { SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD } from "../../../include/uapi/socket-options.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallFn, SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyToUser, getInt64, getUser32, putUser32, structFromUser } from "../../../mm/uaccess.ts";
import { COMPAT_MSGHDR } from "../../../net/msghdr.ts";
import { doRecvmmsg, doRecvmsg, doSendmmsg, doSendmsg } from "../../../net/socket-syscalls.ts";
import {
  andThen,
  call,
  narrow,
  Scratch,
  widen,
  widenOrFault,
  words32,
} from "./compat-translate.ts";

const TIMEVAL_BYTES = 8;

/** The calls behind socketcall by number, from 1, and how many arguments each has. @linux net/socket.c `nargs` (6.18) */
const SOCKETCALLS: readonly (readonly [string, number])[] = [
  ["socket", 3],
  ["bind", 3],
  ["connect", 3],
  ["listen", 2],
  ["accept", 3],
  ["getsockname", 3],
  ["getpeername", 3],
  ["socketpair", 4],
  ["send", 4],
  ["recv", 4],
  ["sendto", 6],
  ["recvfrom", 6],
  ["shutdown", 2],
  ["setsockopt", 5],
  ["getsockopt", 5],
  ["sendmsg", 3],
  ["recvmsg", 3],
  ["accept4", 4],
  ["recvmmsg", 5],
  ["sendmmsg", 4],
];

const SAME =
  "socket bind connect listen getsockname getpeername socketpair sendto recvfrom shutdown accept4".split(
    " ",
  );

const DIRECT: SyscallTable = {
  ...Object.fromEntries(
    SAME.map((name): [string, SyscallFn] => [name, (task, ...args) => call(task, name, ...args)]),
  ),
  setsockopt: setsockopt32,
  getsockopt: getsockopt32,
  sendmsg: (task, fd, addr, flags) => doSendmsg(task, fd, addr, flags, COMPAT_MSGHDR),
  recvmsg: (task, fd, addr, flags) => doRecvmsg(task, fd, addr, flags, COMPAT_MSGHDR),
  sendmmsg: (task, fd, vec, count, flags) => doSendmmsg(task, fd, vec, count, flags, COMPAT_MSGHDR),
  recvmmsg: recvmmsg32,
};

/** Calls on sockets, directly and behind socketcall. @linux net/compat.c (6.18) */
export const socketCompatSyscalls: SyscallTable = {
  ...DIRECT,
  recvmmsg_time64: (task, fd, vec, count, flags, time) =>
    doRecvmmsg(task, fd, vec, count, flags, time, COMPAT_MSGHDR),
  socketcall,
};

function socketcall(task: Task, number: number, block: number): SysResult {
  const row = number >= 1 ? SOCKETCALLS[number - 1] : undefined;
  if (row === undefined) return -EINVAL;
  const [name, count] = row;
  const args = words32(task, block, count)?.map((word) => word >>> 0);
  if (args === undefined) return -EFAULT;
  if (name === "accept") return call(task, "accept4", ...args, 0);
  if (name === "send") return call(task, "sendto", ...args);
  if (name === "recv") return call(task, "recvfrom", ...args);
  const [a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = args;
  return DIRECT[name]?.(task, a0, a1, a2, a3, a4, a5) ?? -ENOSYS;
}

/** With a time-out of two words of 32 bits. */
function recvmmsg32(
  task: Task,
  fd: number,
  vec: number,
  count: number,
  flags: number,
  time: number,
): SysResult {
  const wide = widen(task, new Scratch(task), time, 2);
  if (wide < 0) return wide;
  return andThen(doRecvmmsg(task, fd, vec, count, flags, wide, COMPAT_MSGHDR), (result) => {
    if (result <= 0 || wide === 0) return result;
    return narrow(task, wide, time, 2) < 0 ? -EFAULT : result;
  });
}

/** Times are of two words. @linux net/core/sock.c `sock_set_timeout` (6.18) */
function setsockopt32(
  task: Task,
  fd: number,
  level: number,
  option: number,
  value: number,
  length: number,
): SysResult {
  if (!isTime(level, option)) return call(task, "setsockopt", fd, level, option, value, length);
  // Too short for the shorter time is too short for the longer one as well.
  if ((length | 0) < TIMEVAL_BYTES)
    return call(task, "setsockopt", fd, level, option, value, length);
  const wide = widenOrFault(task, new Scratch(task), value, 2);
  return call(task, "setsockopt", fd, level, option, wide, 2 * TIMEVAL_BYTES);
}

function isTime(level: number, option: number): boolean {
  return level === SOL_SOCKET && (option === SO_RCVTIMEO_OLD || option === SO_SNDTIMEO_OLD);
}

/** @linux net/core/sock.c `sock_get_timeout` (6.18) */
function getsockopt32(
  task: Task,
  fd: number,
  level: number,
  option: number,
  value: number,
  lengthAt: number,
): SysResult {
  const room = isTime(level, option) ? getUser32(task, lengthAt) : undefined;
  if (room === undefined || room < 0) {
    return call(task, "getsockopt", fd, level, option, value, lengthAt);
  }
  const scratch = new Scratch(task);
  const wide = scratch.take(2 * TIMEVAL_BYTES);
  const wideLength = scratch.put([2 * TIMEVAL_BYTES]);
  return andThen(call(task, "getsockopt", fd, level, option, wide, wideLength), (result) => {
    if (result < 0) return result;
    const view = structFromUser(task, wide, 2 * TIMEVAL_BYTES);
    if (typeof view === "number") return view;
    const time = Int32Array.of(getInt64(view, 0) | 0, getInt64(view, 8) | 0);
    const bytes = new Uint8Array(time.buffer).subarray(0, room);
    if (copyToUser(task, value, bytes) < 0) return -EFAULT;
    return putUser32(task, lengthAt, bytes.length);
  });
}
