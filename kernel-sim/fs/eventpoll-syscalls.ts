import { EBADF, EEXIST, EFAULT, EINTR, EINVAL, ELOOP, ENOENT, EPERM } from "../include/errno.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLWAKEUP,
} from "../include/uapi/eventpoll.ts";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT } from "../include/uapi/poll.ts";
import { restoreSavedSigmaskUnless } from "../kernel/signal-mask.ts";
import { isSleeping, type SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { TASK_SIZE_MAX } from "../mm/mm.ts";
import { structFromUser } from "../mm/uaccess.ts";
import {
  doEpollCreate,
  doEpollPoll,
  EPOLL_EVENT_SIZE,
  epInsert,
  epModify,
  epRemove,
} from "./eventpoll.ts";
import { type EpollEvent, epitemsOf } from "./eventpoll-item.ts";
import { eventpollOf, mayNest } from "./eventpoll-nesting.ts";
import {
  type EndTime,
  endTimeFromTimespec,
  pollSelectSetTimeout,
  setUserSigmask,
} from "./poll-timeout.ts";

/** What may stand beside EPOLLEXCLUSIVE. */
const EPOLLEXCLUSIVE_OK_BITS =
  EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
const EP_MAX_EVENTS = Math.floor(0x7fffffff / EPOLL_EVENT_SIZE);

/** @linux fs/eventpoll.c `epoll_create` (6.18) @spec epoll_create(2) */
function sysEpollCreate(task: Task, size: number): number {
  return (size | 0) <= 0 ? -EINVAL : doEpollCreate(task, 0);
}

/** @linux fs/eventpoll.c `epoll_create1` (6.18) */
function sysEpollCreate1(task: Task, flags: number): number {
  return doEpollCreate(task, flags | 0);
}

/** @linux fs/eventpoll.c `epoll_ctl` (6.18) @spec epoll_ctl(2) */
function sysEpollCtl(task: Task, epfd: number, opArg: number, fdArg: number, addr: number): number {
  const op = opArg | 0;
  let event: EpollEvent = { events: 0, dataLow: 0, dataHigh: 0 };
  if (op !== EPOLL_CTL_DEL) {
    const view = structFromUser(task, addr, EPOLL_EVENT_SIZE);
    if (typeof view === "number") return -EFAULT;
    event = {
      events: view.getInt32(0, true),
      dataLow: view.getUint32(4, true),
      dataHigh: view.getUint32(8, true),
    };
  }
  return doEpollCtl(task, epfd | 0, op, fdArg | 0, event);
}

/**
 * @linux fs/eventpoll.c `do_epoll_ctl` (6.18)
 * @simplified no EPOLLWAKEUP: a machine that never suspends (no CONFIG_PM_SLEEP) drops it.
 */
export function doEpollCtl(
  task: Task,
  epfd: number,
  op: number,
  fd: number,
  event: EpollEvent,
): number {
  const file = task.files.fget(epfd);
  if (file === undefined) return -EBADF;
  const target = task.files.fget(fd);
  if (target === undefined) return -EBADF;
  if (target.op.poll === undefined) return -EPERM;
  event.events &= ~EPOLLWAKEUP;
  const ep = eventpollOf(file);
  if (file === target || ep === undefined) return -EINVAL;
  const isNested = eventpollOf(target) !== undefined;
  if (op !== EPOLL_CTL_DEL && (event.events & EPOLLEXCLUSIVE) !== 0) {
    if (op === EPOLL_CTL_MOD) return -EINVAL;
    const isOdd = isNested || (event.events & ~EPOLLEXCLUSIVE_OK_BITS) !== 0;
    if (op === EPOLL_CTL_ADD && isOdd) return -EINVAL;
  }
  let fullCheck = false;
  if (op === EPOLL_CTL_ADD && (isNested || epitemsOf(file).size > 0)) {
    fullCheck = true;
    if (isNested && !mayNest(file, target)) return -ELOOP;
  }
  const item = ep.find(target, fd);
  switch (op) {
    case EPOLL_CTL_ADD:
      if (item !== undefined) return -EEXIST;
      event.events |= EPOLLERR | EPOLLHUP;
      return epInsert(task.kernel, ep, event, target, fd, fullCheck);
    case EPOLL_CTL_DEL:
      if (item === undefined) return -ENOENT;
      epRemove(item);
      return 0;
    case EPOLL_CTL_MOD:
      if (item === undefined) return -ENOENT;
      if ((item.events & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
      event.events |= EPOLLERR | EPOLLHUP;
      return epModify(item, event);
    default:
      return -EINVAL;
  }
}

/** @linux fs/eventpoll.c `epoll_wait` (6.18) @spec epoll_wait(2) */
function sysEpollWait(
  task: Task,
  epfd: number,
  events: number,
  maxevents: number,
  timeout: number,
): SysResult {
  return doEpollWait(task, epfd, events, maxevents | 0, endTimeFromMs(task, timeout | 0));
}

function endTimeFromMs(task: Task, ms: number): EndTime {
  return ms < 0 ? Infinity : pollSelectSetTimeout(task, Math.floor(ms / 1000), (ms % 1000) * 1e6)!;
}

/** @linux fs/eventpoll.c `do_epoll_wait` (6.18) */
export function doEpollWait(
  task: Task,
  epfd: number,
  events: number,
  maxevents: number,
  end: EndTime,
): SysResult {
  const file = task.files.fget(epfd);
  if (file === undefined) return -EBADF;
  if (maxevents <= 0 || maxevents > EP_MAX_EVENTS) return -EINVAL;
  if (events < 0 || events + maxevents * EPOLL_EVENT_SIZE > TASK_SIZE_MAX) return -EFAULT;
  const ep = eventpollOf(file);
  return ep === undefined ? -EINVAL : doEpollPoll(task, ep, events, maxevents, end);
}

/** @linux fs/eventpoll.c `epoll_pwait` (6.18) @spec epoll_wait(2) */
function sysEpollPwait(
  task: Task,
  epfd: number,
  events: number,
  maxevents: number,
  timeout: number,
  sigmask: number,
  sigsetsize: number,
): SysResult {
  const end = endTimeFromMs(task, timeout | 0);
  return doEpollPwait(task, epfd, events, maxevents | 0, end, sigmask, sigsetsize);
}

/** @linux fs/eventpoll.c `epoll_pwait2` (6.18) @spec epoll_wait(2) */
function sysEpollPwait2(
  task: Task,
  epfd: number,
  events: number,
  maxevents: number,
  timeout: number,
  sigmask: number,
  sigsetsize: number,
): SysResult {
  const end = endTimeFromTimespec(task, timeout);
  if (end < 0) return end;
  return doEpollPwait(task, epfd, events, maxevents | 0, end, sigmask, sigsetsize);
}

function doEpollPwait(
  task: Task,
  epfd: number,
  events: number,
  maxevents: number,
  end: EndTime,
  sigmask: number,
  sigsetsize: number,
): SysResult {
  const error = setUserSigmask(task, sigmask, sigsetsize);
  if (error < 0) return error;
  const result = doEpollWait(task, epfd, events, maxevents, end);
  if (!isSleeping(result)) return restoreMask(task, result);
  return (function* () {
    return restoreMask(task, yield* result);
  })();
}

function restoreMask(task: Task, result: number): number {
  restoreSavedSigmaskUnless(task, result === -EINTR);
  return result;
}

export const eventpollSyscalls: SyscallTable = Object.freeze({
  epoll_create: sysEpollCreate,
  epoll_create1: sysEpollCreate1,
  epoll_ctl: sysEpollCtl,
  epoll_wait: sysEpollWait,
  epoll_pwait: sysEpollPwait,
  epoll_pwait2: sysEpollPwait2,
});
