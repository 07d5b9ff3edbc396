import { EAFNOSUPPORT } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import type { Socket } from "../socket.ts";

/** Makes a new socket of the family AF_INET. @linux net/ipv4/af_inet.c `inet_create` (6.18) */
export function inetCreate(_task: Task, _sock: Socket, _protocol: number): number {
  return -EAFNOSUPPORT;
}
