import { fileAccessed } from "../../fs/atime.ts";
import type { File, Kiocb } from "../../fs/fs.ts";
import { EAGAIN, EFAULT, EIO, ERESTARTSYS } from "../../include/errno.ts";
import { O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import { SIGTTIN } from "../../include/uapi/signal.ts";
import { VMIN, VTIME } from "../../include/uapi/termbits.ts";
import type { MaySleep, SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { waitEventInterruptible, waitEventInterruptibleTimeout } from "../../kernel/wait.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import type { NTty } from "./n-tty.ts";
import type { Tty } from "./tty.ts";
import { ttyCheckChange } from "./tty-jobctrl.ts";

/** `VTIME` counts in tenths of a second. */
const TENTH_NS = 100e6;
const TIOCPKT_DATA = 0;

/**
 * A line, or what `VMIN` and `VTIME` ask for.
 *
 * @linux drivers/tty/tty_io.c `tty_read`, drivers/tty/n_tty.c `n_tty_read` (6.18)
 */
export function ttyRead(iocb: Kiocb, to: IovIter): SysResult {
  const { task, file } = iocb;
  const tty = file.privateData as Tty;
  if (tty.isHungUp) return -EIO;
  if (to.count === 0) return 0;
  return readFrom(task, file, tty, tty.ldisc as NTty, to);
}

function* readFrom(task: Task, file: File, tty: Tty, ldisc: NTty, to: IovIter): MaySleep<number> {
  // Background groups may not take the input of the foreground.
  const refused = ttyCheckChange(task, tty, SIGTTIN);
  if (refused < 0) return refused;
  const { cc } = tty.termios;
  let minimum = 0;
  /** From byte to byte, and for the first one. */
  let interByteNs = 0;
  let timeoutNs = Infinity;
  if (!ldisc.isCanon) {
    minimum = cc[VMIN]!;
    if (minimum > 0) interByteNs = cc[VTIME]! * TENTH_NS;
    else {
      timeoutNs = cc[VTIME]! * TENTH_NS;
      minimum = 1;
    }
  }
  let got = 0;
  const wanted = to.count;
  let error = 0;
  while (got < wanted) {
    const { link } = tty;
    if (tty.packet && link !== undefined && link.pktStatus !== 0) {
      if (got > 0) break;
      const status = Uint8Array.of(link.pktStatus);
      link.pktStatus = 0;
      return to.copyTo(status) === 1 ? 1 : -EFAULT;
    }
    if (!ldisc.hasInput(false)) {
      const end = noInput(task, file, tty, timeoutNs);
      if (end !== undefined) {
        error = end;
        break;
      }
      timeoutNs = yield* waitForInput(task, tty, ldisc, file, timeoutNs);
      continue;
    }
    if (ldisc.isCanon) {
      const { bytes, isDone } = ldisc.takeCanon(wanted - got);
      const copied = to.copyTo(bytes);
      got += copied;
      if (copied < bytes.length) return got > 0 ? got : -EFAULT;
      if (!isDone && got === wanted) ldisc.skipEof();
      tty.flushToLdisc();
      if (isDone || got === wanted) break;
      continue;
    }
    if (tty.packet && got === 0) {
      if (to.copyTo(Uint8Array.of(TIOCPKT_DATA)) < 1) return -EFAULT;
      got = 1;
    }
    const bytes = ldisc.takeRaw(wanted - got);
    const copied = to.copyTo(bytes);
    got += copied;
    if (copied < bytes.length) return got > 0 ? got : -EFAULT;
    tty.flushToLdisc();
    if (got >= minimum && !(ldisc.hasInput(false) && got < wanted)) break;
    if (interByteNs > 0) timeoutNs = interByteNs;
  }
  if (got === 0) return error;
  fileAccessed(file);
  return got;
}

/** What a read answers that finds nothing; undefined: it waits. */
function noInput(task: Task, file: File, tty: Tty, timeoutNs: number): number | undefined {
  if (tty.isOtherClosed) return -EIO;
  if (isHungUpFile(file, tty)) return 0;
  if (timeoutNs <= 0) return 0;
  if ((file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  return task.hasSignalPending() ? -ERESTARTSYS : undefined;
}

/** A hang-up takes a file away from its terminal for good. */
export function isHungUpFile(file: File, tty: Tty): boolean {
  return tty.isHungUp || !tty.files.has(file);
}

/** Answers the time that is left. */
function* waitForInput(
  task: Task,
  tty: Tty,
  ldisc: NTty,
  file: File,
  timeoutNs: number,
): MaySleep<number> {
  const hasChanged = () =>
    ldisc.hasInput(false) ||
    tty.isOtherClosed ||
    isHungUpFile(file, tty) ||
    (tty.packet && tty.link !== undefined && tty.link.pktStatus !== 0);
  if (timeoutNs === Infinity) {
    yield* waitEventInterruptible(task, tty.readWait, hasChanged);
    return Infinity;
  }
  const left = yield* waitEventInterruptibleTimeout(task, tty.readWait, hasChanged, timeoutNs);
  return left < 0 ? timeoutNs : left;
}
