import { EFAULT, EINTR, EINVAL, ENOSPC } from "../include/errno.ts";
import { EPOLLET, EPOLLONESHOT } from "../include/uapi/eventpoll.ts";
import { O_CLOEXEC, O_RDWR } from "../include/uapi/fcntl.ts";
import { EPOLLIN, EPOLLRDNORM } from "../include/uapi/poll.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import { TASK_INTERRUPTIBLE, TASK_RUNNING } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { scheduleHrtimeout, selectEstimateAccuracy } from "../kernel/time/sleep-timeout.ts";
import type { WaitQueueEntry } from "../kernel/wait.ts";
import { copyToUser } from "../mm/uaccess.ts";
import { anonInodeGetfile } from "./anon-inodes.ts";
import { epIoctl } from "./eventpoll-busy-poll.ts";
import {
  EP_PRIVATE_BITS,
  Epitem,
  type EpollEvent,
  Eventpoll,
  epitemsOf,
} from "./eventpoll-item.ts";
import { hasTooManyPaths } from "./eventpoll-nesting.ts";
import { fdForNewFile } from "./file-table.ts";
import type { File, FileOperations, PollTable } from "./fs.ts";
import { noopLlseek } from "./llseek.ts";
import { pollWait } from "./poll.ts";
import type { EndTime } from "./poll-timeout.ts";

export const EPOLL_EVENT_SIZE = 12;

/** What epoll keeps for the whole machine. */
class EpollSubsystem {
  /** /proc/sys/fs/epoll/max_user_watches: 4 % of 1 GiB, at 192 bytes each. */
  maxUserWatches = 223_696;

  constructor(kernel: Kernel) {
    const before = kernel.hooks.fileReleased;
    kernel.hooks.fileReleased = (file) => {
      releaseFile(file);
      before(file);
    };
  }
}

/** What epoll keeps for this machine. */
export function epollSubsystem(kernel: Kernel): EpollSubsystem {
  return kernel.subsystem("eventpoll", () => new EpollSubsystem(kernel));
}

/** @linux fs/eventpoll.c `do_epoll_create` (6.18) */
export function doEpollCreate(task: Task, flags: number): number {
  if ((flags & ~O_CLOEXEC) !== 0) return -EINVAL;
  epollSubsystem(task.kernel);
  const fd = fdForNewFile(task, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) return fd;
  const ep = new Eventpoll(task.cred.user);
  ep.file = anonInodeGetfile(task, "[eventpoll]", eventpollFops, ep, O_RDWR);
  task.files.install(fd, ep.file);
  return fd;
}

/** A new item of interest. @linux fs/eventpoll.c `ep_insert` (6.18) */
export function epInsert(
  kernel: Kernel,
  ep: Eventpoll,
  event: EpollEvent,
  file: File,
  fd: number,
  fullCheck: boolean,
): number {
  if (ep.user.epollWatches >= epollSubsystem(kernel).maxUserWatches) return -ENOSPC;
  ep.user.epollWatches++;
  const item = new Epitem(ep, file, fd, event);
  epitemsOf(file).add(item);
  ep.insert(item);
  if (fullCheck && hasTooManyPaths(item)) {
    epRemove(item);
    return -EINVAL;
  }
  if (item.poll(item) !== 0) markReady(item);
  return 0;
}

/** Other events, and perhaps armed again. @linux fs/eventpoll.c `ep_modify` (6.18) */
export function epModify(item: Epitem, event: EpollEvent): number {
  item.events = event.events;
  item.dataLow = event.dataLow;
  item.dataHigh = event.dataHigh;
  if (item.poll() !== 0) markReady(item);
  return 0;
}

function markReady(item: Epitem): void {
  if (item.isReady) return;
  item.ep.ready.addLast(item);
  item.ep.notify();
}

/** @linux fs/eventpoll.c `ep_remove_safe` (6.18) */
export function epRemove(item: Epitem): void {
  const { ep } = item;
  for (const entry of item.waits) entry.head.remove(entry);
  item.waits.length = 0;
  epitemsOf(item.file).delete(item);
  ep.delete(item);
  ep.ready.remove(item);
  ep.user.epollWatches--;
}

/** An open file has ended, with all its descriptors: nobody watches it any more. @linux `eventpoll_release_file` */
function releaseFile(file: File): void {
  if (file.epitems === undefined) return;
  for (const item of [...epitemsOf(file)]) epRemove(item);
}

/** The last descriptor of an epoll file is closed. @linux fs/eventpoll.c `ep_clear_and_put` (6.18) */
function epRelease(file: File): void {
  const ep = file.privateData as Eventpoll;
  ep.pollWait.wakeUp(1, undefined, EPOLLIN);
  for (const item of [...ep.allItems()]) epRemove(item);
}

/**
 * Whether an item is really ready. What is found to be not ready leaves the list.
 *
 * @linux fs/eventpoll.c `__ep_eventpoll_poll` (6.18)
 */
function epPoll(file: File, table: PollTable | undefined): number {
  const ep = file.privateData as Eventpoll;
  pollWait(file, ep.pollWait, table);
  let mask = 0;
  for (let item = ep.ready.first; item !== undefined; item = ep.ready.first) {
    if (item.poll() !== 0) {
      mask = EPOLLIN | EPOLLRDNORM;
      break;
    }
    ep.ready.remove(item);
  }
  doneScan(ep);
  return mask;
}

/** With something left on the list, the next who waits may have it. @linux fs/eventpoll.c `ep_done_scan` (6.18) */
function doneScan(ep: Eventpoll): void {
  if (!ep.ready.isEmpty) ep.wq.wakeUp();
}

/** Waits for events and writes up to `maxevents` of them to user memory. @linux fs/eventpoll.c `ep_poll` (6.18) */
export function doEpollPoll(
  task: Task,
  ep: Eventpoll,
  events: number,
  maxevents: number,
  end: EndTime,
): SysResult {
  if (!ep.ready.isEmpty) {
    const sent = sendEvents(task, ep, events, maxevents);
    if (sent !== 0) return sent;
  }
  if (end === 0) return 0;
  return waitForEvents(task, ep, events, maxevents, end);
}

function* waitForEvents(
  task: Task,
  ep: Eventpoll,
  events: number,
  maxevents: number,
  end: EndTime,
): MaySleep<number> {
  const slackNs = end === Infinity ? 0 : selectEstimateAccuracy(task, end - task.kernel.now());
  for (;;) {
    if (task.hasSignalPending()) return -EINTR;
    let isTimedOut = false;
    let isAvailable = !ep.ready.isEmpty;
    if (!isAvailable) {
      const waiter = new EpollWaiter(task);
      ep.wq.addFirst(waiter);
      task.waitingOn = ep.wq;
      isTimedOut = yield* scheduleHrtimeout(task, TASK_INTERRUPTIBLE, end, slackNs);
      task.waitingOn = undefined;
      // Who was woken when the time was up already looks once more; who was not has nothing to find.
      isAvailable = !isTimedOut || waiter.wasWoken;
      ep.wq.remove(waiter);
    }
    task.state = TASK_RUNNING;
    if (isAvailable) {
      const sent = sendEvents(task, ep, events, maxevents);
      if (sent !== 0) return sent;
    }
    if (isTimedOut) return 0;
  }
}

/** One task in epoll_wait. The newest stands in front, and one event wakes one of them. */
class EpollWaiter implements WaitQueueEntry {
  readonly task: Task;
  readonly exclusive: boolean = true;
  wasWoken = false;

  constructor(task: Task) {
    this.task = task;
  }

  /** @linux fs/eventpoll.c `ep_autoremove_wake_function` (6.18) */
  func(_entry: WaitQueueEntry, mode: number): boolean {
    this.wasWoken = true;
    return this.task.kernel.sched.tryToWakeUp(this.task, mode);
  }
}

/**
 * Hands out what is ready. Level-triggered items go back to the end of the list, so that with little room
 * all get their turn; what was not reached stays in front.
 *
 * @linux fs/eventpoll.c `ep_send_events` (6.18)
 */
function sendEvents(task: Task, ep: Eventpoll, addr: number, maxevents: number): number {
  if (task.hasFatalSignalPending()) return -EINTR;
  const { ready } = ep;
  const { last } = ready;
  const event = ep.eventView;
  let count = 0;
  for (let item = ready.first; item !== undefined && count < maxevents; item = ready.first) {
    ready.remove(item);
    const revents = item.poll();
    if (revents !== 0) {
      event.setUint32(0, revents, true);
      event.setUint32(4, item.dataLow, true);
      event.setUint32(8, item.dataHigh, true);
      const at = addr + count * EPOLL_EVENT_SIZE;
      if (copyToUser(task, at, ep.eventBytes) < 0) {
        ready.addFirst(item);
        if (count === 0) count = -EFAULT;
        break;
      }
      count++;
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= EP_PRIVATE_BITS;
      else if ((item.events & EPOLLET) === 0) ready.addLast(item);
    }
    if (item === last) break;
  }
  doneScan(ep);
  return count;
}

/** @linux fs/eventpoll.c `ep_show_fdinfo` (6.18) */
function epShowFdinfo(file: File): string {
  let text = "";
  for (const item of (file.privateData as Eventpoll).allItems()) {
    const { inode, pos } = item.file;
    const fd = String(item.fd).padStart(8);
    const events = (item.events >>> 0).toString(16).padStart(8);
    const high = item.dataHigh.toString(16);
    const low = item.dataLow.toString(16);
    const data = item.dataHigh === 0 ? low : high + low.padStart(8, "0");
    const sdev = inode.sb.dev.toString(16);
    text += `tfd: ${fd} events: ${events} data: ${data.padStart(16)}  pos:${pos} ino:${inode.ino.toString(16)} sdev:${sdev}\n`;
  }
  return text;
}

const eventpollFops: FileOperations = Object.freeze({
  poll: epPoll,
  release: epRelease,
  ioctl: epIoctl,
  llseek: noopLlseek,
  showFdinfo: epShowFdinfo,
});
