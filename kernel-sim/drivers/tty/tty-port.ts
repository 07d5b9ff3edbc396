import type { Kernel } from "../../kernel/kernel.ts";
import { HrTimer } from "../../kernel/time/hrtimer.ts";
import { Termios } from "./termios.ts";
import { Tty, type TtyDriver } from "./tty.ts";
import { ttyHangup } from "./tty-hangup.ts";
import { attachNTty } from "./tty-io.ts";
import { resize } from "./tty-ioctl.ts";

/** What the driver takes from programs before they have to wait (`UART_XMIT_SIZE`). */
const XMIT_SIZE = 4096;
/** The room of a device that takes no time. @linux drivers/tty/vt/vt.c `con_write_room` (6.18) */
const WRITE_ROOM = 32_768;
/** Bytes that the device sends in one go (the FIFO of a 16550A). */
const FIFO_SIZE = 16;
/** Start bit, eight bits, stop bit. */
const BITS_PER_BYTE = 10;

/** Which terminal it is. */
interface TtyLine {
  /** As ps shows it: "ttyS0", "tty1". */
  readonly name: string;
  readonly index: number;
  readonly dev: number;
}

/** How fast a port is, and what hears its output. */
export interface TtyPortOptions {
  /** Bits a second; undefined: output costs no time. */
  readonly baud?: number;
  readonly onOutput?: (bytes: Uint8Array) => void;
  readonly rows?: number;
  readonly cols?: number;
}

/**
 * The other side of a terminal: where somebody sits and types.
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

  constructor(kernel: Kernel, line: TtyLine, options: TtyPortOptions = {}) {
    this.#kernel = kernel;
    this.#baud = options.baud;
    this.onOutput = options.onOutput ?? (() => {});
    this.#timer = new HrTimer(kernel, () => this.#transmit());
    const { name, index, dev } = line;
    this.tty = new Tty(kernel, this.#driver(), index, name, dev, new Termios());
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
      writeRoom: () => (this.#isInstant() ? WRITE_ROOM : XMIT_SIZE - this.#xmit.length),
      charsInBuffer: () => this.#xmit.length,
      flushBuffer: () => {
        this.#xmit = [];
      },
      start: () => this.#startTransmit(),
    };
  }

  #isInstant(): boolean {
    return this.#baud === undefined && !this.tty.isStopped && this.#xmit.length === 0;
  }

  #write(bytes: Uint8Array): number {
    if (this.#isInstant()) {
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
