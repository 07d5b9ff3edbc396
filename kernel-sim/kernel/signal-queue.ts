import { RLIMIT_SIGPENDING } from "../include/uapi/resource.ts";
import type { UserStruct } from "./cred.ts";
import { isMember, sigmask } from "./signal-set.ts";
import type { KernelSiginfo, Sigpending, Sigqueue, Sigset } from "./signal-struct.ts";
import type { Task } from "./task.ts";

/**
 * Room for one signal to `task`, counted for its real user; undefined beyond RLIMIT_SIGPENDING.
 *
 * @linux kernel/signal.c `sigqueue_alloc` (6.18)
 */
export function allocSigqueue(
  task: Task,
  info: KernelSiginfo,
  overridesLimit: boolean,
): Sigqueue | undefined {
  const { user } = task.cred;
  if (!overridesLimit && user.sigpending + 1 > task.signal.rlim[RLIMIT_SIGPENDING]!.cur) {
    return undefined;
  }
  user.sigpending++;
  return { info, user };
}

/** Gives the room back. */
export function freeSigqueue(entry: Sigqueue): void {
  const user: UserStruct | undefined = entry.user;
  if (user !== undefined) user.sigpending--;
}

/** Drops the signals of `mask` that wait. @linux kernel/signal.c `flush_sigqueue_mask` (6.18) */
export function flushSigqueueMask(pending: Sigpending, mask: Sigset): void {
  if ((pending.signal & mask) === 0n) return;
  pending.signal &= ~mask;
  const kept: Sigqueue[] = [];
  for (const entry of pending.queue) {
    if (isMember(mask, entry.info.signo)) freeSigqueue(entry);
    else kept.push(entry);
  }
  pending.queue = kept;
}

/** Drops all that waits. @linux kernel/signal.c `flush_sigqueue` (6.18) */
export function flushSigqueue(pending: Sigpending): void {
  for (const entry of pending.queue) freeSigqueue(entry);
  pending.signal = 0n;
  pending.queue = [];
}

/**
 * Takes the oldest `signo` off the queue; the signal stays pending while there is another one. One whose
 * details were lost says that nobody sent it.
 *
 * @linux kernel/signal.c `collect_signal` (6.18)
 */
export function collectSignal(pending: Sigpending, signo: number): Sigqueue {
  let found: Sigqueue | undefined;
  let isStillPending = false;
  for (const entry of pending.queue) {
    if (entry.info.signo !== signo) continue;
    if (found !== undefined) {
      isStillPending = true;
      break;
    }
    found = entry;
  }
  if (!isStillPending) pending.signal &= ~sigmask(signo);
  if (found === undefined) {
    return { info: { signo, errno: 0, code: 0, pid: 0, uid: 0 }, user: undefined };
  }
  pending.queue.splice(pending.queue.indexOf(found), 1);
  freeSigqueue(found);
  return found;
}
