import { EFAULT, EINVAL, EOPNOTSUPP } from "../include/errno.ts";
import { SOL_SOCKET } from "../include/uapi/socket.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, getUser32, putUser32 } from "../mm/uaccess.ts";
import { skGetsockopt } from "./core/getsockopt.ts";
import { skSetsockopt } from "./core/setsockopt.ts";
import { sockfdLookup } from "./socket.ts";

/** @linux net/socket.c `do_sock_setsockopt` (6.18) */
export function sysSetsockopt(
  task: Task,
  fd: number,
  level: number,
  name: number,
  addr: number,
  optlen: number,
): number {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  const len = optlen | 0;
  if (len < 0) return -EINVAL;
  if ((level | 0) === SOL_SOCKET) return skSetsockopt(task, sock, name | 0, addr, len);
  return sock.ops.setsockopt?.(task, sock, level | 0, name | 0, addr, len) ?? -EOPNOTSUPP;
}

/** @linux net/socket.c `do_sock_getsockopt` (6.18) */
export function sysGetsockopt(
  task: Task,
  fd: number,
  level: number,
  name: number,
  addr: number,
  lenAddr: number,
): number {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") return sock;
  if ((level | 0) === SOL_SOCKET) return skGetsockopt(task, sock, name | 0, addr, lenAddr);
  return sock.ops.getsockopt?.(task, sock, level | 0, name | 0, addr, lenAddr) ?? -EOPNOTSUPP;
}

/** Writes the value of an option, cut off at the program's length; that becomes what was written. */
export function putOption(
  task: Task,
  addr: number,
  lenAddr: number,
  value: Uint8Array | number,
): number {
  const room = getUser32(task, lenAddr);
  if (room === undefined) return -EFAULT;
  if (room < 0) return -EINVAL;
  const bytes = typeof value === "number" ? int32(value) : value;
  const len = Math.min(room, bytes.length);
  if (copyToUser(task, addr, bytes.subarray(0, len)) < 0) return -EFAULT;
  return putUser32(task, lenAddr, len);
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
