import type { File, FileOperations } from "../../fs/fs.ts";
import { EIO, ENOTTY } from "../../include/errno.ts";
import { TIOCSPGRP } from "../../include/uapi/ioctls.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from "../../include/uapi/poll.ts";
import type { Task } from "../../kernel/task.ts";
import type { NTty } from "./n-tty.ts";
import type { Tty } from "./tty.ts";
import { disassociateCtty, signalSessionLeader } from "./tty-jobctrl.ts";

/** What one can do that was hung up: read its end, and be told of errors. @linux drivers/tty/tty_io.c `hung_up_tty_fops` */
const hungUpTtyFops: FileOperations = Object.freeze({
  readIter: () => 0,
  writeIter: () => -EIO,
  poll: () => EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM,
  ioctl: (_task: Task, _file: File, cmd: number) => (cmd === TIOCSPGRP ? -ENOTTY : -EIO),
  release: () => {},
  fasync: () => -ENOTTY,
});

/**
 * The line is cut: all who have it open see its end, and its session is told.
 *
 * @linux drivers/tty/tty_io.c `__tty_hangup` (6.18)
 */
export function ttyHangup(tty: Tty, isExit = false): void {
  signalSessionLeader(tty, isExit);
  const { files } = tty;
  for (const file of files) file.op = hungUpTtyFops;
  tty.isHungUp = true;
  tty.session = undefined;
  tty.pgrp = undefined;
  tty.isStopped = false;
  tty.isTcoStopped = false;
  tty.pktStatus = 0;
  (tty.ldisc as NTty).flushInput();
  tty.flushFlip();
  tty.readWait.wakeUpInterruptible(0);
  tty.writeWait.wakeUpInterruptible(0);
  const closed = files.size;
  files.clear();
  // The driver's own close, as often as it was opened, but nobody has to do it again.
  for (let i = 0; i < closed; i++) {
    tty.count--;
    tty.driver.close?.(tty);
  }
}

/** The leader of a session with a terminal ends. */
export function exitDisassociateCtty(task: Task): void {
  disassociateCtty(task, true, (tty) => ttyHangup(tty, true));
}
