import { EAGAIN, EEXIST, EFAULT, EINVAL, ENOIOCTLCMD, ENOSPC } from "../../include/errno.ts";
import { O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import {
  IN_ALL_EVENTS,
  IN_DELETE_SELF,
  IN_EXCL_UNLINK,
  IN_IGNORED,
  IN_ISDIR,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_MOVE_SELF,
  IN_ONESHOT,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
} from "../../include/uapi/inotify.ts";
import { FIONREAD } from "../../include/uapi/ioctls.ts";
import { EPOLLIN, EPOLLRDNORM } from "../../include/uapi/poll.ts";
import { POLL_IN } from "../../include/uapi/siginfo.ts";
import type { UserStruct } from "../../kernel/cred.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { WaitQueueHead, waitEventInterruptible } from "../../kernel/wait.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import { putUser32 } from "../../mm/uaccess.ts";
import { FasyncList, fasyncHelper, killFasync } from "../fasync.ts";
import type { ByteString, File, FileOperations, Inode, Kiocb } from "../fs.ts";
import { noopLlseek } from "../llseek.ts";
import { pollWait } from "../poll.ts";
import { addMark, type FsnotifyMark, removeMark } from "./fsnotify.ts";

const EVENT_SIZE = 16;

interface InotifyEvent {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: ByteString;
}

/** A watch of one inode by one instance. */
class InotifyMark implements FsnotifyMark {
  mask: number;
  isExclUnlink = false;
  isOneshot = false;
  readonly wd: number;
  readonly inode: Inode;
  readonly group: InotifyGroup;

  constructor(group: InotifyGroup, inode: Inode, wd: number, mask: number) {
    this.group = group;
    this.inode = inode;
    this.wd = wd;
    this.mask = mask;
  }

  /** @linux fs/notify/inotify/inotify_fsnotify.c `inotify_handle_inode_event` (6.18) */
  handle(mask: number, name: ByteString | undefined, cookie: number): void {
    // What happens to the watched thing itself never says that it is a directory.
    const isSelf = (mask & (IN_MOVE_SELF | IN_DELETE_SELF)) !== 0;
    const shown = (isSelf ? mask & ~IN_ISDIR : mask) >>> 0;
    this.group.queue({ wd: this.wd, mask: shown, cookie, name: name ?? "" });
    if (this.isOneshot) this.group.removeWatch(this);
  }

  /** The inode is going. */
  destroyed(): void {
    this.group.removeWatch(this);
  }
}

/**
 * An inotify instance: watches and the events that wait to be read.
 *
 * @linux fs/notify/inotify/inotify_user.c, fs/notify/group.c (6.18)
 */
export class InotifyGroup {
  readonly wait = new WaitQueueHead();
  readonly fasync = new FasyncList();
  readonly events: InotifyEvent[] = [];
  readonly user: UserStruct;
  readonly #maxEvents: number;
  readonly #maxWatches: number;
  readonly #watches = new Map<number, InotifyMark>();
  #lastWd = 0;
  #isOverflown = false;

  constructor(user: UserStruct, maxEvents: number, maxWatches: number) {
    this.user = user;
    this.#maxEvents = maxEvents;
    this.#maxWatches = maxWatches;
    user.inotifyInstances++;
  }

  /** Queues an event unless it says the same as the last one. @linux fs/notify/notification.c `fsnotify_insert_event` (6.18) */
  queue(event: InotifyEvent): void {
    if (this.events.length >= this.#maxEvents) {
      if (this.#isOverflown) return;
      this.#isOverflown = true;
      this.events.push({ wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: "" });
    } else {
      const last = this.events.at(-1);
      const isSame =
        last !== undefined &&
        (last.mask & IN_IGNORED) === 0 &&
        last.mask === event.mask &&
        last.wd === event.wd &&
        last.name === event.name;
      if (isSame) return;
      this.events.push(event);
    }
    this.wait.wakeUp(1);
    killFasync(this.fasync, POLL_IN);
  }

  /** Takes the first event out. */
  shift(): InotifyEvent | undefined {
    const event = this.events.shift();
    if (event !== undefined && (event.mask & IN_Q_OVERFLOW) !== 0) this.#isOverflown = false;
    return event;
  }

  /** Watches `inode` for `arg`, or changes the watch that there is. @linux fs/notify/inotify/inotify_user.c `inotify_update_watch` (6.18) */
  updateWatch(inode: Inode, arg: number): number {
    const mask = (arg & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK)) | IN_UNMOUNT;
    for (const mark of this.#watches.values()) {
      if (mark.inode !== inode) continue;
      if ((arg & IN_MASK_CREATE) !== 0) return -EEXIST;
      const isAdding = (arg & IN_MASK_ADD) !== 0;
      mark.mask = isAdding ? mark.mask | mask : mask;
      mark.isExclUnlink = (isAdding && mark.isExclUnlink) || (arg & IN_EXCL_UNLINK) !== 0;
      mark.isOneshot = (isAdding && mark.isOneshot) || (arg & IN_ONESHOT) !== 0;
      return mark.wd;
    }
    if (this.user.inotifyWatches >= this.#maxWatches) return -ENOSPC;
    this.user.inotifyWatches++;
    const mark = new InotifyMark(this, inode, ++this.#lastWd, mask);
    mark.isExclUnlink = (arg & IN_EXCL_UNLINK) !== 0;
    mark.isOneshot = (arg & IN_ONESHOT) !== 0;
    this.#watches.set(mark.wd, mark);
    addMark(inode, mark);
    return mark.wd;
  }

  watch(wd: number): InotifyMark | undefined {
    return this.#watches.get(wd);
  }

  /** The watch ends; the reader is told so. @linux fs/notify/inotify/inotify_user.c `inotify_ignored_and_remove_idr` (6.18) */
  removeWatch(mark: InotifyMark): void {
    if (!this.#drop(mark)) return;
    this.queue({ wd: mark.wd, mask: IN_IGNORED, cookie: 0, name: "" });
  }

  #drop(mark: InotifyMark): boolean {
    if (!this.#watches.delete(mark.wd)) return false;
    removeMark(mark.inode, mark);
    this.user.inotifyWatches--;
    return true;
  }

  /** The instance is closed. */
  release(): void {
    for (const mark of [...this.#watches.values()]) this.#drop(mark);
    this.user.inotifyInstances--;
  }

  /** The watches for /proc/PID/fdinfo, newest first. */
  show(): string {
    const lines = [...this.#watches.values()].map(
      ({ wd, inode, mask }) =>
        `inotify wd:${wd.toString(16)} ino:${inode.ino.toString(16)} sdev:${inode.sb.dev.toString(16)} mask:${(mask & IN_ALL_EVENTS).toString(16)} ignored_mask:0 \n`,
    );
    return lines.reverse().join("");
  }
}

export function groupOf(file: File): InotifyGroup | undefined {
  return file.op === inotifyFops ? (file.privateData as InotifyGroup) : undefined;
}

function eventSize({ name }: InotifyEvent): number {
  // The name and its NUL fill whole pieces of 16 bytes.
  return EVENT_SIZE + (name === "" ? 0 : Math.ceil((name.length + 1) / 16) * 16);
}

function eventBytes(event: InotifyEvent): Uint8Array {
  const bytes = new Uint8Array(eventSize(event));
  const view = new DataView(bytes.buffer);
  view.setInt32(0, event.wd, true);
  view.setUint32(4, event.mask, true);
  view.setUint32(8, event.cookie, true);
  view.setUint32(12, bytes.length - EVENT_SIZE, true);
  for (let i = 0; i < event.name.length; i++) bytes[EVENT_SIZE + i] = event.name.charCodeAt(i);
  return bytes;
}

/** @linux fs/notify/inotify/inotify_user.c `inotify_read` (6.18) */
function inotifyRead(iocb: Kiocb, iter: IovIter): SysResult {
  const group = iocb.file.privateData as InotifyGroup;
  const result = takeEvents(group, iter);
  if (result !== 0) return result;
  if ((iocb.file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  return waitForEvents(iocb.task, group, iter);
}

function* waitForEvents(task: Task, group: InotifyGroup, iter: IovIter): MaySleep<number> {
  for (;;) {
    const hasEvents = () => group.events.length > 0;
    const error = yield* waitEventInterruptible(task, group.wait, hasEvents);
    if (error < 0) return error;
    const result = takeEvents(group, iter);
    if (result !== 0) return result;
  }
}

/** As many events as fit, 0 when none waits, -EINVAL when not even one fits. */
function takeEvents(group: InotifyGroup, iter: IovIter): number {
  let done = 0;
  for (;;) {
    const event = group.events[0];
    if (event === undefined) return done;
    if (eventSize(event) > iter.count) return done > 0 ? done : -EINVAL;
    group.shift();
    const bytes = eventBytes(event);
    if (iter.copyTo(bytes) < bytes.length) return done > 0 ? done : -EFAULT;
    done += bytes.length;
  }
}

/** @linux fs/notify/inotify/inotify_user.c `inotify_fops` (6.18) */
export const inotifyFops: FileOperations = Object.freeze<FileOperations>({
  llseek: noopLlseek,
  readIter: inotifyRead,
  poll(file, table) {
    const group = file.privateData as InotifyGroup;
    pollWait(file, group.wait, table);
    return group.events.length > 0 ? EPOLLIN | EPOLLRDNORM : 0;
  },
  ioctl(task, file, cmd, arg) {
    if (cmd !== FIONREAD) return -ENOIOCTLCMD;
    const { events } = file.privateData as InotifyGroup;
    return putUser32(
      task,
      arg,
      events.reduce((sum, event) => sum + eventSize(event), 0),
    );
  },
  fasync: (fd, file, on) => fasyncHelper(fd, file, on, (file.privateData as InotifyGroup).fasync),
  release: (file) => (file.privateData as InotifyGroup).release(),
  showFdinfo: (file) => (file.privateData as InotifyGroup).show(),
});
