import { EPERM } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import type { UnixSock } from "../../net/unix/unix-sock.ts";
import { SCOPE_ABSTRACT_UNIX_SOCKET, SCOPE_SIGNAL } from "./access.ts";
import type { Hierarchy, LandlockDomain } from "./ruleset.ts";

/**
 * Whether a layer of `client` keeps it from reaching out to `server`, who is not inside of that layer.
 *
 * @linux security/landlock/task.c `domain_is_scoped` (6.18)
 */
function isScoped(
  client: LandlockDomain,
  server: LandlockDomain | undefined,
  scope: number,
): boolean {
  let clientAt: Hierarchy | undefined = client.hierarchy;
  let serverAt: Hierarchy | undefined = server?.hierarchy;
  let layer = client.layers.length - 1;
  const serverLayer = (server?.layers.length ?? 0) - 1;
  for (; layer > serverLayer; layer--) {
    if ((client.layers[layer]!.scoped & scope) !== 0) return true;
    clientAt = clientAt?.parent;
  }
  for (let at = serverLayer; at > layer; at--) serverAt = serverAt?.parent;
  for (; layer >= 0; layer--) {
    if ((client.layers[layer]!.scoped & scope) !== 0) return serverAt !== clientAt;
    clientAt = clientAt?.parent;
    serverAt = serverAt?.parent;
  }
  return false;
}

/** @linux security/landlock/task.c `hook_task_kill` (6.18) */
export function taskKill(task: Task, target: Task): number {
  const domain = task.cred.landlock;
  if (domain === undefined || target.signal === task.signal) return 0;
  return isScoped(domain, target.cred.landlock, SCOPE_SIGNAL) ? -EPERM : 0;
}

/** @linux security/landlock/task.c `hook_unix_stream_connect` (6.18) */
export function unixStreamConnect(task: Task, _sk: UnixSock, other: UnixSock): number {
  const domain = task.cred.landlock;
  const { addr } = other;
  // A name in the file system is the file system's business.
  const isAbstract = addr !== undefined && addr.length > 2 && addr[2] === 0;
  if (domain === undefined || !isAbstract) return 0;
  const server = other.socket?.file?.cred.landlock;
  return isScoped(domain, server, SCOPE_ABSTRACT_UNIX_SOCKET) ? -EPERM : 0;
}

/** @linux security/landlock/task.c `hook_unix_may_send` (6.18) */
export function unixMaySend(task: Task, sk: UnixSock, other: UnixSock): number {
  return sk.peer === other ? 0 : unixStreamConnect(task, sk, other);
}
