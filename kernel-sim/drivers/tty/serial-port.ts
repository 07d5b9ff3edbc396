import { cdevAdd, mkdev } from "../../fs/char-dev.ts";
import type { File } from "../../fs/fs.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import { HrTimer } from "../../kernel/time/hrtimer.ts";
import { Termios } from "./termios.ts";
import { Tty, type TtyDriver } from "./tty.ts";
import { ttyHangup } from "./tty-hangup.ts";
import { attachNTty, devTtyFops, ttyOpen } from "./tty-io.ts";
import { resize } from "./tty-ioctl.ts";

const TTY_MAJOR = 4;
const TTYAUX_MAJOR = 5;
/** Minor number of ttyS0. */
const SERIAL_MINOR = 64;
/** What the driver takes from programs before they have to wait (`UART_XMIT_SIZE`). */
const XMIT_SIZE = 4096;
/** Bytes that the device sends in one go (the FIFO of a 16550A). */
const FIFO_SIZE = 16;
/** Start bit, eight bits, stop bit. */
const BITS_PER_BYTE = 10;

/** How fast a port is, and what hears its output. */
interface TtyPortOptions {
  /** Bits a second; undefined: output costs no time. */
  readonly baud?: number;
  readonly onOutput?: (bytes: Uint8Array) => void;
  readonly rows?: number;
  readonly cols?: number;
}

/**
 * The other side of a serial terminal: where somebody sits and types.
 *
 * Output leaves in groups of 16 bytes at the speed of the line; with a full buffer, programs wait.
 */
export class TtyPort {
  readonly tty: Tty;
  readonly #kernel: Kernel;
  readonly #baud: number | undefined;
  readonly #timer: HrTimer;
  /** Called with what programs print. */
  onOutput: (bytes: Uint8Array) => void;
  #xmit: number[] = [];

  constructor(kernel: Kernel, index: number, options: TtyPortOptions = {}) {
    this.#kernel = kernel;
    this.#baud = options.baud;
    this.onOutput = options.onOutput ?? (() => {});
    this.#timer = new HrTimer(kernel, () => this.#transmit());
    const dev = mkdev(TTY_MAJOR, SERIAL_MINOR + index);
    this.tty = new Tty(kernel, this.#driver(), index, `ttyS${index}`, dev, new Termios());
    const { rows = 24, cols = 80 } = options;
    this.tty.winsize = { rows, cols, xpixel: 0, ypixel: 0 };
    attachNTty(this.tty);
  }

  /** Somebody has typed; answers how many bytes were taken. */
  input(bytes: Uint8Array): number {
    return this.tty.insertFlip(bytes);
  }

  /** The window has another size now. */
  resize(rows: number, cols: number): void {
    resize(this.tty, { rows, cols, xpixel: 0, ypixel: 0 });
  }

  /** The line is cut. */
  hangup(): void {
    ttyHangup(this.tty);
  }

  #driver(): TtyDriver {
    return {
      kind: "serial",
      write: (_tty, bytes) => this.#write(bytes),
      writeRoom: () => XMIT_SIZE - this.#xmit.length,
      charsInBuffer: () => this.#xmit.length,
      flushBuffer: () => {
        this.#xmit = [];
      },
      start: () => this.#startTransmit(),
    };
  }

  #write(bytes: Uint8Array): number {
    if (this.#baud === undefined && !this.tty.isStopped) {
      this.onOutput(bytes.slice());
      return bytes.length;
    }
    const n = Math.min(bytes.length, XMIT_SIZE - this.#xmit.length);
    for (let i = 0; i < n; i++) this.#xmit.push(bytes[i]!);
    this.#startTransmit();
    return n;
  }

  #startTransmit(): void {
    if (this.#timer.isActive || this.#xmit.length === 0 || this.tty.isStopped) return;
    const n = Math.min(FIFO_SIZE, this.#xmit.length);
    const ns = this.#baud === undefined ? 0 : Math.ceil((n * BITS_PER_BYTE * 1e9) / this.#baud);
    this.#timer.start(this.#kernel.now() + ns);
  }

  #transmit(): void {
    if (this.tty.isStopped) return;
    const sent = Uint8Array.from(this.#xmit.splice(0, FIFO_SIZE));
    if (sent.length > 0) this.onOutput(sent);
    if (this.#xmit.length < XMIT_SIZE / 16) this.tty.wakeup();
    this.#startTransmit();
  }
}

/**
 * A machine's console: /dev/ttyS0 (4,64), with /dev/console (5,1) and /dev/tty (5,0).
 *
 * @linux drivers/tty/tty_io.c `tty_init` (6.18)
 */
export function addConsole(kernel: Kernel, options: TtyPortOptions = {}): TtyPort {
  const port = new TtyPort(kernel, 0, options);
  const openWith = (noctty: boolean) => ({
    open: (task: Task, _inode: unknown, file: File) => ttyOpen(task, file, port.tty, noctty),
  });
  cdevAdd(kernel, TTY_MAJOR, SERIAL_MINOR, openWith(false));
  // The console never becomes a controlling terminal by itself.
  cdevAdd(kernel, TTYAUX_MAJOR, 1, openWith(true));
  cdevAdd(kernel, TTYAUX_MAJOR, 0, devTtyFops);
  return port;
}
