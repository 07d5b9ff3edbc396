import { fasyncHelper } from "../../fs/fasync.ts";
import { streamOpen } from "../../fs/fifo.ts";
import type { File, FileOperations, PollTable } from "../../fs/fs.ts";
import { pollWait } from "../../fs/poll.ts";
import { EBUSY, ENXIO } from "../../include/errno.ts";
import { CAP_SYS_ADMIN } from "../../include/uapi/capability.ts";
import { O_NOCTTY } from "../../include/uapi/fcntl.ts";
import {
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from "../../include/uapi/poll.ts";
import { capable } from "../../kernel/cred.ts";
import type { SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { NTty } from "./n-tty.ts";
import type { Tty } from "./tty.ts";
import { ttyIoctl } from "./tty-ioctl.ts";
import { currentTty, openProcSetTty } from "./tty-jobctrl.ts";
import { ttyRead } from "./tty-read.ts";
import { ttyWrite } from "./tty-write.ts";

/** With fewer than so many bytes on their way, there is room for more. */
const WAKEUP_CHARS = 256;

/** The line discipline that every terminal starts with. */
export function attachNTty(tty: Tty): void {
  tty.ldisc = new NTty(tty);
}

/** A new open file of `tty`. @linux drivers/tty/tty_io.c `tty_open` (6.18) */
export function ttyOpen(task: Task, file: File, tty: Tty, noctty: boolean): number {
  if (tty.isExclusive && !capable(task.cred, CAP_SYS_ADMIN)) return -EBUSY;
  if (tty.count === 0) tty.isHungUp = false;
  tty.count++;
  const error = tty.driver.open?.(tty) ?? 0;
  if (error < 0) {
    tty.count--;
    return error;
  }
  tty.files.add(file);
  file.privateData = tty;
  file.op = ttyFops;
  streamOpen(file);
  const isMaster = tty.driver.kind === "pty-master";
  if (!noctty && !isMaster && (file.flags & O_NOCTTY) === 0) openProcSetTty(task, file, tty);
  return 0;
}

/** /dev/tty: the terminal that controls the caller. @linux drivers/tty/tty_io.c `tty_open_current_tty` (6.18) */
export const devTtyFops: FileOperations = Object.freeze({
  open(task: Task, _inode: unknown, file: File): SysResult {
    const tty = currentTty(task);
    if (tty === undefined) return -ENXIO;
    return ttyOpen(task, file, tty, true);
  },
});

/** @linux drivers/tty/tty_io.c `tty_release` (6.18) */
function ttyRelease(file: File): void {
  const tty = file.privateData as Tty;
  if (!tty.files.delete(file)) return;
  tty.count--;
  tty.driver.close?.(tty);
  if (tty.count > 0) return;
  // Nobody has it open: what is in it goes, and no session has it.
  if (tty.link !== undefined && tty.link.count > 0) return;
  forgetSession(tty);
  tty.session = undefined;
  tty.pgrp = undefined;
  (tty.ldisc as NTty).flushInput();
}

function forgetSession(tty: Tty): void {
  const { session } = tty;
  if (session === undefined) return;
  for (const member of session.tasks.sid) {
    if (member.signal.tty === tty) member.signal.tty = undefined;
  }
}

/** @linux drivers/tty/n_tty.c `n_tty_poll` (6.18) */
function ttyPoll(file: File, table: PollTable | undefined): number {
  const tty = file.privateData as Tty;
  pollWait(file, tty.readWait, table);
  pollWait(file, tty.writeWait, table);
  let mask = 0;
  if ((tty.ldisc as NTty).hasInput(true)) mask |= EPOLLIN | EPOLLRDNORM;
  if (tty.packet && tty.link !== undefined && tty.link.pktStatus !== 0) {
    mask |= EPOLLPRI | EPOLLIN | EPOLLRDNORM;
  }
  if (tty.isOtherClosed || tty.isHungUp) mask |= EPOLLHUP;
  const { driver } = tty;
  const isQuiet = driver.charsInBuffer(tty) < WAKEUP_CHARS && driver.writeRoom(tty) > 0;
  if (!tty.isWriteLocked && isQuiet) mask |= EPOLLOUT | EPOLLWRNORM;
  return mask;
}

/** What an open terminal can do. @linux drivers/tty/tty_io.c `tty_fops` (6.18) */
const ttyFops: FileOperations = Object.freeze({
  readIter: ttyRead,
  writeIter: ttyWrite,
  poll: ttyPoll,
  ioctl: ttyIoctl,
  release: ttyRelease,
  fasync: (fd: number, file: File, on: boolean) =>
    fasyncHelper(fd, file, on, (file.privateData as Tty).fasync),
  spliceRead: true,
  spliceWrite: true,
});
