import { ETOOMANYREFS } from "../../include/errno.ts";
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../../include/uapi/capability.ts";
import { RLIMIT_NOFILE } from "../../include/uapi/resource.ts";
import { capable } from "../../kernel/cred.ts";
import type { Task } from "../../kernel/task.ts";
import { type ScmCookie, scmFpDestroy } from "../core/scm.ts";
import type { SkBuff } from "../core/skbuff.ts";
import { sockWfree } from "../core/sock.ts";
import { unixGarbage } from "./garbage.ts";
import type { UnixSkb, UnixSock } from "./unix-sock.ts";

/**
 * Puts credentials and, with `sendFds`, the files on a message; -ETOOMANYREFS when the user has too many
 * on their way.
 *
 * @linux net/unix/af_unix.c `unix_scm_to_skb` (6.18)
 */
export function unixScmToSkb(task: Task, scm: ScmCookie, skb: UnixSkb, sendFds: boolean): number {
  skb.pid = scm.pid;
  skb.uid = scm.uid;
  skb.gid = scm.gid;
  skb.destructor = unixDestructScm;
  if (scm.fp === undefined || !sendFds) return 0;
  if (hasTooManyInFlight(task)) return -ETOOMANYREFS;
  skb.fp = scm.fp;
  scm.fp = undefined;
  return 0;
}

function hasTooManyInFlight(task: Task): boolean {
  const { cred } = task;
  return (
    cred.user.unixInflight > task.signal.rlim[RLIMIT_NOFILE]!.cur &&
    !capable(cred, CAP_SYS_RESOURCE) &&
    !capable(cred, CAP_SYS_ADMIN)
  );
}

/** The message is freed: its files are closed and the sender gets its memory back. */
function unixDestructScm(buffer: SkBuff): void {
  const skb = buffer as UnixSkb;
  const sk = skb.sk!;
  unixGarbage(sk.kernel).remove(skb);
  const { fp } = skb;
  skb.fp = undefined;
  if (fp !== undefined) scmFpDestroy(fp);
  sockWfree(skb);
}

/** The sender's credentials, when one of both ends wants them. @linux `unix_maybe_add_creds` (6.18) */
export function maybeAddCreds(task: Task, skb: UnixSkb, sk: UnixSock, other: UnixSock): void {
  if (skb.pid !== undefined) return;
  // Nobody can say yet what the one who accepts will want.
  if (!mayPassCred(sk) && !mayPassCred(other) && other.socket !== undefined) return;
  skb.pid = task.groupLeader.threadPid;
  skb.uid = task.cred.uid;
  skb.gid = task.cred.gid;
}

export function mayPassCred(sk: UnixSock): boolean {
  return sk.options.passCred || sk.options.passPidfd;
}

/** The message goes into the queue of `receiver` (`scm_stat_add`). */
export function scmStatAdd(receiver: UnixSock, skb: UnixSkb): void {
  unixGarbage(receiver.kernel).add(skb, receiver);
}

/** It has left it (`scm_stat_del`). */
export function scmStatDel(receiver: UnixSock, skb: UnixSkb): void {
  unixGarbage(receiver.kernel).remove(skb);
}
