import { dget } from "../../fs/dcache.ts";
import { type ByteString, type Inode, S_IFMT, S_IFSOCK } from "../../fs/fs.ts";
import { mknodForBind, unlinkPath } from "../../fs/namei-modify.ts";
import {
  EADDRINUSE,
  ECONNREFUSED,
  EEXIST,
  EINVAL,
  ENOSPC,
  EPROTOTYPE,
} from "../../include/errno.ts";
import { AF_UNIX } from "../../include/uapi/socket.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import type { NetNamespace } from "../namespace.ts";
import { findSocketPath, touchSocketPath } from "./path.ts";
import { SUN_PATH_OFFSET, type UnixSock } from "./unix-sock.ts";

/** `sizeof(struct sockaddr_un)`. */
const SOCKADDR_UN_BYTES = 110;
const AUTOBIND_MASK = 0xfffff;

/** Bound sockets of a namespace with abstract names, by type and name. */
function abstractNames(net: NetNamespace): Map<string, UnixSock> {
  return net.generic("unix", () => new Map<string, UnixSock>());
}

/** Sockets bound to files, by inode; these are the whole machine's (`bsd_socket_buckets`). */
function boundInodes(kernel: Kernel): Map<Inode, UnixSock> {
  return kernel.subsystem("unix-bound", () => new Map<Inode, UnixSock>());
}

/** @linux net/unix/af_unix.c `unix_validate_addr` (6.18) */
export function unixValidateAddr(addr: Uint8Array): number {
  if (addr.length <= SUN_PATH_OFFSET || addr.length > SOCKADDR_UN_BYTES) return -EINVAL;
  return addrFamily(addr) === AF_UNIX ? 0 : -EINVAL;
}

/** `sa_family`, 0 when the address is too short to have one. */
export function addrFamily(addr: Uint8Array): number {
  return addr.length < 2 ? 0 : addr[0]! | (addr[1]! << 8);
}

/** The path in an address that has one: up to a NUL or the end. */
function pathOf(addr: Uint8Array): ByteString {
  const bytes = addr.subarray(SUN_PATH_OFFSET);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}

function abstractKey(type: number, addr: Uint8Array): string {
  return `${type}:${String.fromCharCode(...addr.subarray(SUN_PATH_OFFSET))}`;
}

/**
 * The socket that is bound to a name, or why there is none.
 *
 * @linux net/unix/af_unix.c `unix_find_other` (6.18)
 */
export function unixFindOther(
  task: Task,
  net: NetNamespace,
  addr: Uint8Array,
  type: number,
): UnixSock | number {
  if (addr[SUN_PATH_OFFSET] === 0) {
    return abstractNames(net).get(abstractKey(type, addr)) ?? -ECONNREFUSED;
  }
  const path = findSocketPath(task, pathOf(addr));
  if (typeof path === "number") return path;
  const inode = path.dentry.inode;
  if (inode === undefined || (inode.mode & S_IFMT) !== S_IFSOCK) return -ECONNREFUSED;
  const sk = boundInodes(task.kernel).get(inode);
  if (sk === undefined) return -ECONNREFUSED;
  if (sk.type !== type) return -EPROTOTYPE;
  touchSocketPath(path);
  return sk;
}

/**
 * Gives a socket some free abstract name of five hexadecimal digits.
 *
 * @linux net/unix/af_unix.c `unix_autobind` (6.18)
 */
export function unixAutobind(sk: UnixSock): number {
  if (sk.addr !== undefined) return 0;
  const first = sk.kernel.random.nextInt32() & AUTOBIND_MASK;
  let number = first;
  do {
    number = (number + 1) & AUTOBIND_MASK;
    const addr = autobindAddress(number);
    if (setAbstract(sk, addr)) return 0;
  } while (number !== first);
  return -ENOSPC;
}

function autobindAddress(number: number): Uint8Array {
  const addr = new Uint8Array(SUN_PATH_OFFSET + 6);
  addr[0] = AF_UNIX;
  const digits = number.toString(16).padStart(5, "0");
  for (let i = 0; i < digits.length; i++) addr[SUN_PATH_OFFSET + 1 + i] = digits.charCodeAt(i);
  return addr;
}

/** Takes an abstract name; false when somebody has it. */
function setAbstract(sk: UnixSock, addr: Uint8Array): boolean {
  const names = abstractNames(sk.net);
  const key = abstractKey(sk.type, addr);
  if (names.has(key)) return false;
  names.set(key, sk);
  sk.addr = addr;
  return true;
}

/** Binds to an abstract name. @linux net/unix/af_unix.c `unix_bind_abstract` (6.18) */
export function unixBindAbstract(sk: UnixSock, addr: Uint8Array): number {
  if (sk.addr !== undefined) return -EINVAL;
  return setAbstract(sk, addr.slice()) ? 0 : -EADDRINUSE;
}

/**
 * Binds to a path, which must not exist. The file is made before it is known whether the socket has a
 * name already, and taken away again.
 *
 * @linux net/unix/af_unix.c `unix_bind_bsd` (6.18)
 */
export function unixBindBsd(task: Task, sk: UnixSock, addr: Uint8Array): number {
  const name = pathOf(addr);
  const mode = S_IFSOCK | (sk.socket!.inode.mode & 0o7777 & ~task.fs.umask);
  const path = mknodForBind(task, name, mode);
  if (typeof path === "number") return path === -EEXIST ? -EADDRINUSE : path;
  if (sk.addr !== undefined) {
    unlinkPath(task, path);
    return -EINVAL;
  }
  sk.path = path;
  dget(path.dentry);
  // The length counts the NUL behind the path.
  const bound = new Uint8Array(SUN_PATH_OFFSET + name.length + 1);
  bound[0] = AF_UNIX;
  bound.set(addr.subarray(SUN_PATH_OFFSET, SUN_PATH_OFFSET + name.length), SUN_PATH_OFFSET);
  sk.addr = bound;
  boundInodes(task.kernel).set(path.dentry.inode!, sk);
  return 0;
}

/** The name is free again (an abstract one) or leads nowhere (a file). */
export function unixUnbind(sk: UnixSock): void {
  const { addr, path } = sk;
  if (addr === undefined) return;
  if (path === undefined) {
    const names = abstractNames(sk.net);
    const key = abstractKey(sk.type, addr);
    if (names.get(key) === sk) names.delete(key);
    return;
  }
  const inodes = boundInodes(sk.kernel);
  const inode = path.dentry.inode;
  if (inode !== undefined && inodes.get(inode) === sk) inodes.delete(inode);
  else for (const [at, bound] of inodes) if (bound === sk) inodes.delete(at);
}
