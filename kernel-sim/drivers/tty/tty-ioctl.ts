import { newEncodeDev } from "../../fs/char-dev.ts";
import type { File } from "../../fs/fs.ts";
import {
  EFAULT,
  EINVAL,
  EIO,
  ENOIOCTLCMD,
  ENOTTY,
  EPERM,
  ERESTARTSYS,
} from "../../include/errno.ts";
import { CAP_SYS_ADMIN } from "../../include/uapi/capability.ts";
import {
  FIONREAD,
  TCFLSH,
  TCGETS,
  TCSBRK,
  TCSBRKP,
  TCSETS,
  TCSETSF,
  TCSETSW,
  TCXONC,
  TIOCEXCL,
  TIOCGETD,
  TIOCGWINSZ,
  TIOCNXCL,
  TIOCOUTQ,
  TIOCSETD,
  TIOCSTI,
  TIOCSWINSZ,
} from "../../include/uapi/ioctls.ts";
import { SIGWINCH } from "../../include/uapi/signal.ts";
import { CLOCAL, VSTART, VSTOP } from "../../include/uapi/termbits.ts";
import { capable } from "../../kernel/cred.ts";
import { finish, type MaySleep, type SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { waitEventInterruptible } from "../../kernel/wait.ts";
import {
  copyFromUser,
  copyToUser,
  getUser32,
  putUser32,
  structFromUser,
} from "../../mm/uaccess.ts";
import type { NTty } from "./n-tty.ts";
import { TERMIO_SIZE, TERMIOS_SIZE, TERMIOS2_SIZE } from "./termios.ts";
import type { Tty, Winsize } from "./tty.ts";
import { ttyHangup } from "./tty-hangup.ts";
import { currentTty, jobctrlIoctl, killPgrp, ttyCheckChange } from "./tty-jobctrl.ts";

const TCGETA = 0x5405;
const TCSETA = 0x5406;
const TCSETAW = 0x5407;
const TCSETAF = 0x5408;
const TCGETS2 = 0x802c542a;
const TCSETS2 = 0x402c542b;
const TCSETSW2 = 0x402c542c;
const TCSETSF2 = 0x402c542d;
const TIOCGSOFTCAR = 0x5419;
const TIOCSSOFTCAR = 0x541a;
const TIOCVHANGUP = 0x5437;
const TIOCGDEV = 0x80045432;
const TIOCGEXCL = 0x80045440;
const TIOCGLCKTRMIOS = 0x5456;
const TIOCSLCKTRMIOS = 0x5457;
const N_TTY = 0;

/** What a call sets, and before what: nothing, the end of output, and input is thrown away. */
const SETTERS: ReadonlyMap<number, { size: number; waits: boolean; flushes: boolean }> = new Map([
  [TCSETS, { size: TERMIOS_SIZE, waits: false, flushes: false }],
  [TCSETSW, { size: TERMIOS_SIZE, waits: true, flushes: false }],
  [TCSETSF, { size: TERMIOS_SIZE, waits: true, flushes: true }],
  [TCSETS2, { size: TERMIOS2_SIZE, waits: false, flushes: false }],
  [TCSETSW2, { size: TERMIOS2_SIZE, waits: true, flushes: false }],
  [TCSETSF2, { size: TERMIOS2_SIZE, waits: true, flushes: true }],
  [TCSETA, { size: TERMIO_SIZE, waits: false, flushes: false }],
  [TCSETAW, { size: TERMIO_SIZE, waits: true, flushes: false }],
  [TCSETAF, { size: TERMIO_SIZE, waits: true, flushes: true }],
]);
const GETTERS: ReadonlyMap<number, number> = new Map([
  [TCGETS, TERMIOS_SIZE],
  [TCGETS2, TERMIOS2_SIZE],
  [TCGETA, TERMIO_SIZE],
]);

/** @linux drivers/tty/tty_io.c `tty_ioctl` (6.18) @spec ioctl_tty(2) */
export function ttyIoctl(task: Task, file: File, cmd: number, arg: number): SysResult {
  const tty = file.privateData as Tty;
  if (tty.isHungUp) return -EIO;
  // The master speaks of the terminal that its programs see.
  const real = tty.driver.kind === "pty-master" ? tty.link! : tty;
  const jobctrl = jobctrlIoctl(task, file, tty, real, cmd, arg);
  if (jobctrl !== undefined) return jobctrl;
  const common = commonIoctl(task, tty, real, cmd, arg);
  if (common !== undefined) return common;
  const ofDriver = tty.driver.ioctl?.(task, tty, cmd, arg) ?? -ENOIOCTLCMD;
  if (ofDriver !== -ENOIOCTLCMD) return ofDriver;
  return ldiscIoctl(task, tty, real, cmd, arg);
}

function commonIoctl(
  task: Task,
  tty: Tty,
  real: Tty,
  cmd: number,
  arg: number,
): SysResult | undefined {
  switch (cmd) {
    case TIOCSTI:
      return tiocsti(task, tty, arg);
    case TIOCGWINSZ:
      return copyToUser(task, arg, winsizeBytes(tty.winsize));
    case TIOCSWINSZ:
      return tiocswinsz(task, real, arg);
    case TIOCEXCL:
      tty.isExclusive = true;
      return 0;
    case TIOCNXCL:
      tty.isExclusive = false;
      return 0;
    case TIOCGEXCL:
      return putUser32(task, arg, tty.isExclusive ? 1 : 0);
    case TIOCGETD:
      return putUser32(task, arg, N_TTY);
    case TIOCSETD: {
      const number = getUser32(task, arg);
      if (number === undefined) return -EFAULT;
      // Only the usual line discipline is there.
      return number === N_TTY ? 0 : -EINVAL;
    }
    case TIOCVHANGUP:
      if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
      ttyHangup(tty);
      return 0;
    case TIOCGDEV:
      return putUser32(task, arg, newEncodeDev(real.dev));
    case TCSBRK:
    case TCSBRKP: {
      const refused = ttyCheckChange(task, real);
      return refused !== 0 ? refused : waitUntilSent(task, real);
    }
    default:
      return undefined;
  }
}

/** @linux drivers/tty/n_tty.c `n_tty_ioctl`, drivers/tty/tty_ioctl.c `tty_mode_ioctl`, `n_tty_ioctl_helper` (6.18) */
function ldiscIoctl(task: Task, tty: Tty, real: Tty, cmd: number, arg: number): SysResult {
  const setter = SETTERS.get(cmd);
  if (setter !== undefined) {
    return setTermios(task, real, arg, setter.size, setter.waits, setter.flushes);
  }
  const getter = GETTERS.get(cmd);
  if (getter !== undefined) return copyToUser(task, arg, real.termios.bytes(getter));
  switch (cmd) {
    case TIOCOUTQ:
      return putUser32(task, arg, tty.driver.charsInBuffer(tty));
    case FIONREAD:
      return putUser32(task, arg, (tty.ldisc as NTty).queued);
    case TCXONC:
      return tcxonc(task, tty, arg);
    case TCFLSH:
      return tcflsh(task, tty, arg);
    case TIOCGSOFTCAR:
      return putUser32(task, arg, (real.termios.cflag & CLOCAL) !== 0 ? 1 : 0);
    case TIOCSSOFTCAR: {
      const on = getUser32(task, arg);
      if (on === undefined) return -EFAULT;
      real.termios.cflag = on !== 0 ? real.termios.cflag | CLOCAL : real.termios.cflag & ~CLOCAL;
      return 0;
    }
    case TIOCGLCKTRMIOS:
      return copyToUser(task, arg, real.lockedTermios.bytes(TERMIOS_SIZE));
    case TIOCSLCKTRMIOS: {
      if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
      const view = structFromUser(task, arg, TERMIOS_SIZE);
      if (typeof view === "number") return -EFAULT;
      real.lockedTermios.parse(view);
      return 0;
    }
    default:
      return -ENOTTY;
  }
}

/** As if it had been typed. @linux drivers/tty/tty_io.c `tiocsti` (6.18) */
function tiocsti(task: Task, tty: Tty, arg: number): number {
  if (currentTty(task) !== tty && !capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  const char = copyFromUser(task, arg, 1);
  if (typeof char === "number") return -EFAULT;
  tty.ldisc.receive(char);
  return 0;
}

/** `struct winsize` in memory. */
function winsizeBytes({ rows, cols, xpixel, ypixel }: Winsize): Uint8Array {
  return new Uint8Array(Uint16Array.of(rows, cols, xpixel, ypixel).buffer);
}

function tiocswinsz(task: Task, tty: Tty, arg: number): number {
  const view = structFromUser(task, arg, 8);
  if (typeof view === "number") return -EFAULT;
  const field = (i: number) => view.getUint16(i * 2, true);
  resize(tty, { rows: field(0), cols: field(1), xpixel: field(2), ypixel: field(3) });
  return 0;
}

/** The window has another size: the foreground is told. @linux drivers/tty/tty_io.c `tty_do_resize`, pty.c `pty_resize` (6.18) */
export function resize(tty: Tty, size: Winsize): void {
  const old = tty.winsize;
  const isSame =
    old.rows === size.rows &&
    old.cols === size.cols &&
    old.xpixel === size.xpixel &&
    old.ypixel === size.ypixel;
  if (isSame) return;
  killPgrp(tty.pgrp, SIGWINCH);
  const { link } = tty;
  if (link !== undefined) {
    if (link.pgrp !== tty.pgrp) killPgrp(link.pgrp, SIGWINCH);
    link.winsize = size;
  }
  tty.winsize = size;
}

/** Waits until all output has gone. @linux drivers/tty/tty_ioctl.c `tty_wait_until_sent` (6.18) */
function* waitUntilSent(task: Task, tty: Tty): MaySleep<number> {
  const isSent = () => tty.driver.charsInBuffer(tty) === 0;
  const error = yield* waitEventInterruptible(task, tty.writeWait, isSent);
  return error < 0 ? -ERESTARTSYS : 0;
}

/** @linux drivers/tty/tty_ioctl.c `set_termios`, `tty_set_termios` (6.18) */
function* setTermios(
  task: Task,
  tty: Tty,
  arg: number,
  size: number,
  waits: boolean,
  flushes: boolean,
): MaySleep<number> {
  const refused = ttyCheckChange(task, tty);
  if (refused !== 0) return refused;
  const view = structFromUser(task, arg, size);
  if (typeof view === "number") return -EFAULT;
  if (flushes) flushInput(tty);
  if (waits) {
    const error = yield* finish(waitUntilSent(task, tty));
    if (error < 0) return error;
  }
  const old = tty.termios.copy();
  tty.termios.parse(view);
  keepLocked(tty, old);
  tty.driver.setTermios?.(tty, old);
  (tty.ldisc as NTty).setTermios(old);
  return 0;
}

/** What TIOCSLCKTRMIOS has locked stays. */
function keepLocked({ termios, lockedTermios: locked }: Tty, old: Tty["termios"]): void {
  for (const flag of ["iflag", "oflag", "cflag", "lflag"] as const) {
    termios[flag] = (termios[flag] & ~locked[flag]) | (old[flag] & locked[flag]);
  }
  if (locked.line !== 0) termios.line = old.line;
  for (const [i, isLocked] of locked.cc.entries()) if (isLocked !== 0) termios.cc[i] = old.cc[i]!;
}

function flushInput(tty: Tty): void {
  tty.flushFlip();
  (tty.ldisc as NTty).flushInput();
  tty.driver.flushInput?.(tty);
}

/** @linux drivers/tty/tty_ioctl.c `n_tty_ioctl_helper` TCXONC (6.18) @spec tcflow(3) */
function tcxonc(task: Task, tty: Tty, arg: number): number {
  const refused = ttyCheckChange(task, tty);
  if (refused !== 0) return refused;
  switch (arg) {
    case 0:
      if (!tty.isTcoStopped) {
        tty.isTcoStopped = true;
        tty.stop();
      }
      return 0;
    case 1:
      if (tty.isTcoStopped) {
        tty.isTcoStopped = false;
        tty.start();
      }
      return 0;
    case 2:
    case 3: {
      const char = tty.termios.cc[arg === 2 ? VSTOP : VSTART]!;
      if (char !== 0) tty.driver.write(tty, Uint8Array.of(char));
      return 0;
    }
    default:
      return -EINVAL;
  }
}

/** @linux drivers/tty/tty_ioctl.c `__tty_perform_flush` (6.18) @spec tcflush(3) */
function tcflsh(task: Task, tty: Tty, arg: number): number {
  const refused = ttyCheckChange(task, tty);
  if (refused !== 0) return refused;
  if (arg !== 0 && arg !== 1 && arg !== 2) return -EINVAL;
  if (arg !== 1) flushInput(tty);
  if (arg !== 0) {
    tty.driver.flushBuffer?.(tty);
    tty.wakeup();
  }
  return 0;
}
