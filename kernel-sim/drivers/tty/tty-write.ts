import type { File, Kiocb } from "../../fs/fs.ts";
import { fileUpdateTime } from "../../fs/timestamps.ts";
import { EAGAIN, EFAULT, EIO, ERESTARTSYS } from "../../include/errno.ts";
import { O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import { SIGTTOU } from "../../include/uapi/signal.ts";
import { TOSTOP } from "../../include/uapi/termbits.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { waitEventInterruptible } from "../../kernel/wait.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import type { NTty } from "./n-tty.ts";
import type { Tty } from "./tty.ts";
import { ttyCheckChange } from "./tty-jobctrl.ts";
import { isHungUpFile } from "./tty-read.ts";

/** So much is taken from the program at a time, and written as one. */
const CHUNK = 2048;

/** @linux drivers/tty/tty_io.c `tty_write`, `iterate_tty_write` (6.18) */
export function ttyWrite(iocb: Kiocb, from: IovIter): SysResult {
  const { task, file } = iocb;
  const tty = file.privateData as Tty;
  if (tty.isHungUp) return -EIO;
  return writeTo(task, file, tty, from);
}

function* writeTo(task: Task, file: File, tty: Tty, from: IovIter): MaySleep<number> {
  const locked = yield* lockForWrite(task, file, tty);
  if (locked < 0) return locked;
  let written = 0;
  let result = 0;
  try {
    while (from.count > 0) {
      const bytes = new Uint8Array(Math.min(CHUNK, from.count));
      if (from.copyFrom(bytes) < bytes.length) {
        result = -EFAULT;
        break;
      }
      result = yield* writeChunk(task, file, tty, bytes);
      if (result <= 0) break;
      written += result;
      if (result < bytes.length) from.revert(bytes.length - result);
      if (from.count === 0) break;
      if (task.hasSignalPending()) {
        result = -ERESTARTSYS;
        break;
      }
    }
  } finally {
    tty.isWriteLocked = false;
    tty.wakeup();
  }
  const { kernel } = task;
  kernel.chargeCurrent(kernel.costs.ttyWriteNs + written * kernel.costs.ttyByteNs);
  if (written === 0) return result;
  fileUpdateTime(file.inode);
  return written;
}

/** One writer at a time, so that lines do not get mixed. @linux drivers/tty/tty_io.c `tty_write_lock` (6.18) */
function* lockForWrite(task: Task, file: File, tty: Tty): MaySleep<number> {
  if (tty.isWriteLocked && (file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  const error = yield* waitEventInterruptible(task, tty.writeWait, () => !tty.isWriteLocked);
  if (error < 0) return -ERESTARTSYS;
  tty.isWriteLocked = true;
  return 0;
}

/** @linux drivers/tty/n_tty.c `n_tty_write` (6.18) */
function* writeChunk(task: Task, file: File, tty: Tty, bytes: Uint8Array): MaySleep<number> {
  if ((tty.termios.lflag & TOSTOP) !== 0) {
    const refused = ttyCheckChange(task, tty, SIGTTOU);
    if (refused < 0) return refused;
  }
  const { out } = tty.ldisc as NTty;
  out.processEchoes();
  let done = 0;
  let error = 0;
  for (;;) {
    if (task.hasSignalPending()) {
      error = -ERESTARTSYS;
      break;
    }
    if (isHungUpFile(file, tty) || isMasterGone(tty)) {
      error = -EIO;
      break;
    }
    if (out.isPost) {
      if (done === 0) done = out.block(bytes);
      while (done < bytes.length && out.output(bytes[done]!)) done++;
    } else {
      let n: number;
      do {
        n = out.raw(bytes.subarray(done));
        done += n;
      } while (n > 0 && done < bytes.length);
    }
    if (done === bytes.length) break;
    if ((file.flags & O_NONBLOCK) !== 0) {
      error = -EAGAIN;
      break;
    }
    const mayGoOn = () =>
      tty.driver.writeRoom(tty) > (out.isPost ? 1 : 0) ||
      isHungUpFile(file, tty) ||
      isMasterGone(tty);
    yield* waitEventInterruptible(task, tty.writeWait, mayGoOn);
  }
  return done > 0 ? done : error;
}

/** Nobody reads what a pseudo terminal's programs write. */
function isMasterGone({ driver, link }: Tty): boolean {
  return driver.kind === "pty-slave" && link?.count === 0;
}
