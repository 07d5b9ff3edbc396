import { FasyncList } from "../../fs/fasync.ts";
import type { File } from "../../fs/fs.ts";
import { EPOLLOUT, EPOLLWRNORM } from "../../include/uapi/poll.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Pid } from "../../kernel/pid.ts";
import type { SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { WaitQueueHead } from "../../kernel/wait.ts";
import type { LineDiscipline } from "./n-tty.ts";
import type { Termios } from "./termios.ts";

type TtyKind = "serial" | "pty-master" | "pty-slave";

/** What is behind a terminal. @linux include/linux/tty_driver.h `struct tty_operations` (6.18) */
export interface TtyDriver {
  readonly kind: TtyKind;
  /** Takes bytes to put out; answers how many. */
  write(tty: Tty, bytes: Uint8Array): number;
  writeRoom(tty: Tty): number;
  charsInBuffer(tty: Tty): number;
  flushBuffer?(tty: Tty): void;
  /** What has come in and was not read is thrown away. */
  flushInput?(tty: Tty): void;
  open?(tty: Tty): number;
  /** A descriptor is closed for the last time; `tty.count` is how many others have it open. */
  close?(tty: Tty): void;
  stop?(tty: Tty): void;
  start?(tty: Tty): void;
  setTermios?(tty: Tty, old: Termios): void;
  resize?(tty: Tty, size: Winsize): void;
  ioctl?(task: Task, tty: Tty, cmd: number, arg: number): SysResult;
}

/** `struct winsize`. */
export interface Winsize {
  readonly rows: number;
  readonly cols: number;
  readonly xpixel: number;
  readonly ypixel: number;
}

/** What a port holds that its line discipline has no room for yet. */
const FLIP_LIMIT = 8192;

/**
 * A terminal.
 *
 * @linux include/linux/tty.h `struct tty_struct` (6.18)
 */
export class Tty {
  readonly kernel: Kernel;
  readonly driver: TtyDriver;
  readonly index: number;
  /** As ps shows it: "ttyS0", "pts/0". */
  readonly name: string;
  /** Device number of its slave side or of itself. */
  readonly dev: number;
  readonly termios: Termios;
  readonly lockedTermios: Termios;
  winsize: Winsize = { rows: 0, cols: 0, xpixel: 0, ypixel: 0 };
  ldisc!: LineDiscipline;
  /** The other end of a pseudo terminal. */
  link: Tty | undefined = undefined;
  /** Open files. */
  readonly files = new Set<File>();
  count = 0;
  /** The group in the foreground, and the session whose controlling terminal this is. */
  pgrp: Pid | undefined = undefined;
  session: Pid | undefined = undefined;
  /** Output is stopped by ^S, or by tcflow(3). */
  isStopped = false;
  isTcoStopped = false;
  packet = false;
  pktStatus = 0;
  isExclusive = false;
  /** A pty's slave that cannot be opened before `unlockpt(3)`. */
  isPtyLocked = false;
  isOtherClosed = false;
  isHungUp = false;
  readonly readWait = new WaitQueueHead();
  readonly writeWait = new WaitQueueHead();
  readonly fasync = new FasyncList();
  /** A writer is at work: others wait (`atomic_write_lock`). */
  isWriteLocked = false;
  /** The driver's own. */
  driverData: unknown = undefined;
  readonly #flip: Uint8Array[] = [];
  #flipCount = 0;
  #isHeld = false;

  constructor(
    kernel: Kernel,
    driver: TtyDriver,
    index: number,
    name: string,
    dev: number,
    termios: Termios,
  ) {
    this.kernel = kernel;
    this.driver = driver;
    this.index = index;
    this.name = name;
    this.dev = dev;
    this.termios = termios;
    this.lockedTermios = termios.copy();
    clearTermios(this.lockedTermios);
  }

  /** How many bytes the line can still bring in before some are lost. */
  get flipSpace(): number {
    return Math.max(0, FLIP_LIMIT - this.#flipCount);
  }

  /** Bytes come in from the line; answers how many were taken. @linux `tty_insert_flip_string`, `tty_flip_buffer_push` */
  insertFlip(bytes: Uint8Array): number {
    const n = Math.min(bytes.length, this.flipSpace);
    if (n > 0) {
      this.#flip.push(bytes.slice(0, n));
      this.#flipCount += n;
      this.flushToLdisc();
    }
    return n;
  }

  /** Gives the line discipline what it has room for. @linux drivers/tty/tty_buffer.c `flush_to_ldisc` (6.18) */
  flushToLdisc(): void {
    if (this.#isHeld) return;
    const { link } = this;
    // What this input makes the other end hear, an echo, gets there when all of it has been seen.
    if (link !== undefined) link.#isHeld = true;
    this.#flush();
    if (link === undefined) return;
    link.#isHeld = false;
    if (link.#flip.length > 0) link.flushToLdisc();
  }

  #flush(): void {
    while (this.#flip.length > 0) {
      const first = this.#flip[0]!;
      const taken = this.ldisc.receive(first);
      this.#flipCount -= taken;
      if (taken < first.length) {
        this.#flip[0] = first.subarray(taken);
        return;
      }
      this.#flip.shift();
    }
  }

  /** What has come in and was not taken is thrown away. */
  flushFlip(): void {
    this.#flip.length = 0;
    this.#flipCount = 0;
  }

  /** There is room for output again. @linux drivers/tty/tty_io.c `tty_wakeup` (6.18) */
  wakeup(): void {
    this.writeWait.wakeUpInterruptible(1, EPOLLOUT | EPOLLWRNORM);
  }

  /** @linux drivers/tty/tty_io.c `stop_tty`, `__stop_tty` (6.18) */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.driver.stop?.(this);
  }

  /** @linux drivers/tty/tty_io.c `start_tty`, `__start_tty` (6.18) */
  start(): void {
    if (!this.isStopped || this.isTcoStopped) return;
    this.isStopped = false;
    this.driver.start?.(this);
    this.wakeup();
  }
}

function clearTermios(termios: Termios): void {
  termios.iflag = 0;
  termios.oflag = 0;
  termios.cflag = 0;
  termios.lflag = 0;
  termios.line = 0;
  termios.cc.fill(0);
}
