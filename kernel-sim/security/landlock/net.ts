import { EACCES, EAFNOSUPPORT, EINVAL } from "../../include/errno.ts";
import { AF_INET, AF_UNSPEC, SOCK_STREAM } from "../../include/uapi/socket.ts";
import type { Task } from "../../kernel/task.ts";
import type { Socket } from "../../net/socket.ts";
import { ACCESS_NET_BIND_TCP, ACCESS_NET_CONNECT_TCP } from "./access.ts";

const AF_INET6 = 10;
const SOCKADDR_IN_SIZE = 16;
const SIN6_LEN_RFC2133 = 24;

/** Which TCP ports may be bound or connected to. @linux security/landlock/net.c `current_check_access_socket` (6.18) */
function checkPort(task: Task, sock: Socket, addr: Uint8Array, access: number): number {
  const domain = task.cred.landlock;
  if (domain === undefined || domain.layers.every(({ net }) => net === 0)) return 0;
  const { family } = sock.ops;
  if (sock.sk?.type !== SOCK_STREAM || (family !== AF_INET && family !== AF_INET6)) return 0;
  if (addr.length < 2) return -EINVAL;
  const view = new DataView(addr.buffer, addr.byteOffset, addr.length);
  const given = view.getUint16(0, true);
  if (given !== AF_UNSPEC && given !== AF_INET && given !== AF_INET6) return 0;
  if (addr.length < (given === AF_INET6 ? SIN6_LEN_RFC2133 : SOCKADDR_IN_SIZE)) return -EINVAL;
  if (given === AF_UNSPEC) {
    // connect(2) to nothing breaks a connection off; bind(2) takes it for IPv4, with no address.
    if (access === ACCESS_NET_CONNECT_TCP) return 0;
    if (family !== AF_INET || view.getUint32(4, true) !== 0) return -EAFNOSUPPORT;
  } else if (given !== family) return -EINVAL;
  const rule = domain.netRule(view.getUint16(2, false));
  const isAllowed = domain.layers.every(
    ({ net }, layer) => (net & access) === 0 || ((rule?.get(layer) ?? 0) & access) !== 0,
  );
  return isAllowed ? 0 : -EACCES;
}

export function socketBind(task: Task, sock: Socket, addr: Uint8Array): number {
  return checkPort(task, sock, addr, ACCESS_NET_BIND_TCP);
}

export function socketConnect(task: Task, sock: Socket, addr: Uint8Array): number {
  return checkPort(task, sock, addr, ACCESS_NET_CONNECT_TCP);
}
