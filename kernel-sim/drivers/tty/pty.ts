import { mkdev } from "../../fs/char-dev.ts";
import { EFAULT, EINVAL, EIO, ENOIOCTLCMD, ENOSPC } from "../../include/errno.ts";
import {
  CREAD,
  CS8,
  CSIZE,
  EXTPROC,
  IXON,
  PARENB,
  VSTART,
  VSTOP,
} from "../../include/uapi/termbits.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import { getUser32, putUser32 } from "../../mm/uaccess.ts";
import { Termios } from "./termios.ts";
import { Tty, type TtyDriver } from "./tty.ts";
import { ttyHangup } from "./tty-hangup.ts";
import { attachNTty } from "./tty-io.ts";
import { killPgrp } from "./tty-jobctrl.ts";

const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTLCK = 0x80045439;
const TIOCPKT = 0x5420;
const TIOCGPKT = 0x80045438;
const TIOCSIG = 0x40045436;
const SIGNALS_OF_TIOCSIG: readonly number[] = Object.freeze([2, 3, 20]);

/** `tty->ctrl.pktstatus`: what a master in packet mode is told. */
const TIOCPKT_FLUSHREAD = 1;
const TIOCPKT_FLUSHWRITE = 2;
const TIOCPKT_STOP = 4;
const TIOCPKT_START = 8;
const TIOCPKT_NOSTOP = 16;
const TIOCPKT_DOSTOP = 32;
const TIOCPKT_IOCTL = 64;

const UNIX98_PTY_MASTER_MAJOR = 128;
const UNIX98_PTY_SLAVE_MAJOR = 136;

/** What is written to one end comes in at the other. @linux drivers/tty/pty.c `pty_write` (6.18) */
function ptyWrite(tty: Tty, bytes: Uint8Array): number {
  return tty.isStopped || bytes.length === 0 ? 0 : tty.link!.insertFlip(bytes);
}

function ptyWriteRoom(tty: Tty): number {
  return tty.isStopped ? 0 : tty.link!.flipSpace;
}

/** @linux drivers/tty/pty.c `pty_flush_buffer` (6.18) */
function ptyFlushBuffer(tty: Tty): void {
  tty.link!.flushFlip();
  if (tty.link!.packet) {
    tty.pktStatus |= TIOCPKT_FLUSHWRITE;
    tty.link!.readWait.wakeUpInterruptible(0);
  }
}

/** @linux drivers/tty/pty.c `pty_open` (6.18) */
function ptyOpen(tty: Tty): number {
  const { link } = tty;
  if (link === undefined || tty.isOtherClosed) return -EIO;
  if (tty.driver.kind === "pty-slave") {
    if (tty.isPtyLocked || link.count !== 1) return -EIO;
    link.isOtherClosed = false;
  }
  return 0;
}

/** @linux drivers/tty/pty.c `pty_close` (6.18) */
function ptyClose(tty: Tty): void {
  const link = tty.link!;
  if (tty.driver.kind === "pty-slave" && tty.count > 0) return;
  tty.packet = false;
  tty.readWait.wakeUpInterruptible();
  tty.writeWait.wakeUpInterruptible();
  link.isOtherClosed = true;
  link.readWait.wakeUpInterruptible();
  link.writeWait.wakeUpInterruptible();
  if (tty.driver.kind !== "pty-master") return;
  (tty.driverData as PtyPlace | undefined)?.remove();
  ttyHangup(link);
}

/** The name of a pseudo terminal in a devpts. */
export interface PtyPlace {
  remove(): void;
}

/** @linux drivers/tty/pty.c `pty_unix98_ioctl` (6.18) */
function ptyIoctl(task: Task, tty: Tty, cmd: number, arg: number): number {
  const slave = tty.link!;
  switch (cmd) {
    case TIOCSPTLCK: {
      const on = getUser32(task, arg);
      if (on === undefined) return -EFAULT;
      slave.isPtyLocked = on !== 0;
      return 0;
    }
    case TIOCGPTLCK:
      return putUser32(task, arg, slave.isPtyLocked ? 1 : 0);
    case TIOCPKT: {
      const on = getUser32(task, arg);
      if (on === undefined) return -EFAULT;
      if (on !== 0 && !tty.packet) slave.pktStatus = 0;
      tty.packet = on !== 0;
      return 0;
    }
    case TIOCGPKT:
      return putUser32(task, arg, tty.packet ? 1 : 0);
    case TIOCGPTN:
      return putUser32(task, arg, tty.index);
    case TIOCSIG:
      if (!SIGNALS_OF_TIOCSIG.includes(arg)) return -EINVAL;
      killPgrp(slave.pgrp, arg);
      return 0;
    default:
      return -ENOIOCTLCMD;
  }
}

/** Whether ^S and ^Q stop and start it, so that the master could do that itself. */
function usesUsualFlow({ iflag, cc }: Termios): boolean {
  return (iflag & IXON) !== 0 && cc[VSTOP] === 0o23 && cc[VSTART] === 0o21;
}

function packetStatus(tty: Tty, set: number, clear: number): void {
  if (!tty.link!.packet) return;
  tty.pktStatus = (tty.pktStatus & ~clear) | set;
  tty.link!.readWait.wakeUpInterruptible(0);
}

const COMMON = {
  write: ptyWrite,
  writeRoom: ptyWriteRoom,
  charsInBuffer: () => 0,
  flushBuffer: ptyFlushBuffer,
  open: ptyOpen,
  close: ptyClose,
};

const masterDriver: TtyDriver = Object.freeze({
  ...COMMON,
  kind: "pty-master" as const,
  ioctl: ptyIoctl,
});

const slaveDriver: TtyDriver = Object.freeze({
  ...COMMON,
  kind: "pty-slave" as const,
  setTermios(tty: Tty, old: Termios) {
    const { termios } = tty;
    termios.cflag = (termios.cflag & ~(CSIZE | PARENB)) | CS8 | CREAD;
    const flows = usesUsualFlow(termios);
    if (flows !== usesUsualFlow(old)) {
      packetStatus(tty, flows ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
    }
    if (((old.lflag | termios.lflag) & EXTPROC) !== 0) packetStatus(tty, TIOCPKT_IOCTL, 0);
  },
  flushInput: (tty: Tty) => packetStatus(tty, TIOCPKT_FLUSHREAD, 0),
  stop: (tty: Tty) => packetStatus(tty, TIOCPKT_STOP, TIOCPKT_START),
  start: (tty: Tty) => packetStatus(tty, TIOCPKT_START, TIOCPKT_STOP),
});

/** The numbers of pseudo terminals that are in use on a machine, whatever the devpts. */
class PtyNumbers {
  readonly used = new Set<number>();
  /** /proc/sys/kernel/pty/max. */
  readonly max = 4096;
}

/** A new pair of number `index`: the master, with the slave as its `link`. @linux drivers/tty/pty.c `pty_unix98_install` (6.18) */
export function makePty(kernel: Kernel, index: number): Tty {
  const raw = new Termios();
  raw.iflag = 0;
  raw.oflag = 0;
  raw.lflag = 0;
  raw.cflag &= ~0o2000;
  const usual = new Termios();
  usual.cflag &= ~0o2000;
  const dev = mkdev(UNIX98_PTY_SLAVE_MAJOR, index);
  const masterDev = mkdev(UNIX98_PTY_MASTER_MAJOR, index);
  const master = new Tty(kernel, masterDriver, index, `ptm${index}`, masterDev, raw);
  const slave = new Tty(kernel, slaveDriver, index, `pts/${index}`, dev, usual);
  master.link = slave;
  slave.link = master;
  slave.isPtyLocked = true;
  attachNTty(master);
  attachNTty(slave);
  return master;
}

/** The lowest free number, taken. @linux fs/devpts/inode.c `devpts_new_index` (6.18) */
export function newPtyIndex(kernel: Kernel): number {
  const numbers = ptyNumbers(kernel);
  if (numbers.used.size >= numbers.max) return -ENOSPC;
  let index = 0;
  while (numbers.used.has(index)) index++;
  numbers.used.add(index);
  return index;
}

export function killPtyIndex(kernel: Kernel, index: number): void {
  ptyNumbers(kernel).used.delete(index);
}

function ptyNumbers(kernel: Kernel): PtyNumbers {
  return kernel.subsystem("pty", () => new PtyNumbers());
}
