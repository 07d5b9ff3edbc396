import { sendSigurg } from "../../fs/fasync.ts";
import { POLL_PRI } from "../../include/uapi/siginfo.ts";
import { SIGPIPE } from "../../include/uapi/signal.ts";
import { SEND_SIG_NOINFO, sendSignal } from "../../kernel/signal-send.ts";
import type { Task } from "../../kernel/task.ts";
import type { Sock } from "./sock.ts";

/** The caller writes to where nobody reads any more. */
export function sendSigpipe(task: Task): void {
  sendSignal(SIGPIPE, SEND_SIG_NOINFO, task, "thread");
}

/** An urgent byte has come: the owner of the file is told. @linux net/core/sock.c `sk_send_sigurg` (6.18) */
export function skSendSigurg(sk: Sock): void {
  const file = sk.socket?.file;
  if (file !== undefined && sendSigurg(file)) sk.wakeAsync(POLL_PRI);
}
