import { EFAULT, EINVAL, ENOSYS } from "../../../include/errno.ts";
import { SOL_SOCKET } from "../../../include/uapi/socket.ts";
import { SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD } from "../../../include/uapi/socket-options.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallFn, SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { call, Scratch, widen, words32 } from "./compat-translate.ts";

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
  "socket bind connect listen getsockname getpeername socketpair sendto recvfrom shutdown accept4 getsockopt".split(
    " ",
  );

const DIRECT: SyscallTable = {
  ...Object.fromEntries(
    SAME.map((name): [string, SyscallFn] => [name, (task, ...args) => call(task, name, ...args)]),
  ),
  setsockopt: setsockopt32,
};

/**
 * Calls on sockets, directly and behind socketcall.
 *
 * @linux net/compat.c `compat_socketcall` (6.18)
 * @simplified sendmsg, recvmsg and their like, whose headers hold pointers, answer ENOSYS.
 */
export const socketCompatSyscalls: SyscallTable = { ...DIRECT, socketcall };

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

/** Times are of two words. @linux net/core/sock.c `sock_set_timeout` (6.18) */
function setsockopt32(
  task: Task,
  fd: number,
  level: number,
  option: number,
  value: number,
  length: number,
): SysResult {
  const isTime = level === SOL_SOCKET && (option === SO_RCVTIMEO_OLD || option === SO_SNDTIMEO_OLD);
  if (!isTime) return call(task, "setsockopt", fd, level, option, value, length);
  if (length < TIMEVAL_BYTES) return -EINVAL;
  const wide = widen(task, new Scratch(task), value, 2);
  return wide < 0 ? wide : call(task, "setsockopt", fd, level, option, wide, 16);
}
