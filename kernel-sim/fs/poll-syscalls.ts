import { EFAULT, EINVAL, ERESTART_RESTARTBLOCK, ERESTARTNOHAND } from "../include/errno.ts";
import { EPOLLERR, EPOLLHUP, EPOLLNVAL } from "../include/uapi/poll.ts";
import { RLIMIT_NOFILE } from "../include/uapi/resource.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { selectEstimateAccuracy } from "../kernel/time/sleep-timeout.ts";
import { copyFromUser, copyToUser } from "../mm/uaccess.ts";
import type { PollTable } from "./fs.ts";
import { vfsPoll } from "./poll.ts";
import {
  type EndTime,
  endTimeFromTimespec,
  pollSelectFinish,
  pollSelectSetTimeout,
  setUserSigmask,
} from "./poll-timeout.ts";
import { PollWqueues } from "./poll-wqueues.ts";

const POLLFD_SIZE = 8;

/** The array of a call of poll: descriptors, what is asked, what is answered. */
class PollFds {
  readonly count: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.count = bytes.length / POLLFD_SIZE;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset);
  }

  fd(i: number): number {
    return this.#view.getInt32(i * POLLFD_SIZE, true);
  }

  events(i: number): number {
    return this.#view.getUint16(i * POLLFD_SIZE + 4, true);
  }

  setRevents(i: number, mask: number): void {
    this.#view.setUint16(i * POLLFD_SIZE + 6, mask, true);
  }

  revents(i: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + i * POLLFD_SIZE + 6, 2);
  }
}

/** @linux fs/select.c `poll` (6.18) @spec poll(2) */
function sysPoll(task: Task, ufds: number, nfds: number, timeoutMs: number): SysResult {
  const timeout = timeoutMs | 0;
  const end =
    timeout < 0
      ? Infinity
      : pollSelectSetTimeout(task, Math.floor(timeout / 1000), (timeout % 1000) * 1e6)!;
  return restartable(task, ufds, nfds >>> 0, end, doSysPoll(task, ufds, nfds >>> 0, end));
}

/** A signal with SA_RESTART or none makes it go on with what is left of the time. */
function restartable(
  task: Task,
  ufds: number,
  nfds: number,
  end: EndTime,
  result: SysResult,
): SysResult {
  if (!isSleeping(result)) return result;
  return (function* (): MaySleep<number> {
    const value = yield* result;
    if (value !== -ERESTARTNOHAND) return value;
    task.restartBlock = function* () {
      const again = restartable(task, ufds, nfds, end, doSysPoll(task, ufds, nfds, end));
      return isSleeping(again) ? yield* again : again;
    };
    return -ERESTART_RESTARTBLOCK;
  })();
}

/** @linux fs/select.c `ppoll` (6.18) @spec ppoll(2) */
function sysPpoll(
  task: Task,
  ufds: number,
  nfds: number,
  tsp: number,
  sigmask: number,
  sigsetsize: number,
): SysResult {
  const end = endTimeFromTimespec(task, tsp);
  if (end < 0) return end;
  const error = setUserSigmask(task, sigmask, sigsetsize);
  if (error < 0) return error;
  const result = doSysPoll(task, ufds, nfds >>> 0, end);
  if (!isSleeping(result)) return pollSelectFinish(task, end, tsp, 1, result);
  return (function* () {
    return pollSelectFinish(task, end, tsp, 1, yield* result);
  })();
}

/** @linux fs/select.c `do_sys_poll` (6.18) */
function doSysPoll(task: Task, ufds: number, nfds: number, end: EndTime): SysResult {
  if (nfds > task.signal.rlim[RLIMIT_NOFILE]!.cur) return -EINVAL;
  const bytes = copyFromUser(task, ufds, nfds * POLLFD_SIZE);
  if (typeof bytes === "number") return bytes;
  const fds = new PollFds(bytes);
  const wqueues = end === 0 ? undefined : new PollWqueues(task);
  let count = scan(task, fds, wqueues);
  if (count > 0 || wqueues === undefined || task.hasSignalPending()) {
    wqueues?.free();
    if (count === 0 && task.hasSignalPending()) count = -ERESTARTNOHAND;
    return finishPoll(task, ufds, fds, count);
  }
  return sleepingPoll(task, ufds, fds, wqueues, end);
}

function* sleepingPoll(
  task: Task,
  ufds: number,
  fds: PollFds,
  wqueues: PollWqueues,
  end: EndTime,
): MaySleep<number> {
  const slackNs = end === Infinity ? 0 : selectEstimateAccuracy(task, end - task.kernel.now());
  for (;;) {
    const isTimedOut = !(yield* wqueues.scheduleTimeout(end, slackNs));
    let count = scan(task, fds, undefined);
    if (count === 0 && task.hasSignalPending()) count = -ERESTARTNOHAND;
    if (count !== 0 || isTimedOut) {
      wqueues.free();
      return finishPoll(task, ufds, fds, count);
    }
  }
}

/** Looks at all descriptors and answers how many have something; after the first, no more queues are joined. */
function scan(task: Task, fds: PollFds, wqueues: PollWqueues | undefined): number {
  let count = 0;
  for (let i = 0; i < fds.count; i++) {
    const mask = doPollfd(task, fds, i, count === 0 ? wqueues : undefined);
    fds.setRevents(i, mask);
    if (mask !== 0) count++;
  }
  return count;
}

/** @linux fs/select.c `do_pollfd` (6.18) */
function doPollfd(
  task: Task,
  fds: PollFds,
  i: number,
  wqueues: (PollTable & { key: number }) | undefined,
): number {
  const fd = fds.fd(i);
  if (fd < 0) return 0;
  const file = task.files.fget(fd);
  if (file === undefined) return EPOLLNVAL;
  const filter = fds.events(i) | EPOLLERR | EPOLLHUP;
  if (wqueues !== undefined) wqueues.key = filter;
  return vfsPoll(file, wqueues) & filter;
}

/** The answers go to user memory even when a signal came. */
function finishPoll(task: Task, ufds: number, fds: PollFds, result: number): number {
  for (let i = 0; i < fds.count; i++) {
    if (copyToUser(task, ufds + i * POLLFD_SIZE + 6, fds.revents(i)) < 0) return -EFAULT;
  }
  return result;
}

export const pollSyscalls: SyscallTable = Object.freeze({ poll: sysPoll, ppoll: sysPpoll });
