import { addIsaIrq } from "../../arch/x86/apic/chips.ts";
import { IRQ_HANDLED } from "../../kernel/irq/irqdesc.ts";
import { requestIrq } from "../../kernel/irq/manage.ts";
import type { Kernel } from "../../kernel/kernel.ts";
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
/** The line of the first serial port, since the first PC. */
const SERIAL_IRQ = 4;
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
  /** Bytes that the device sends in one go, with an interrupt when they are gone. Default 16. */
  readonly fifo?: number;
  /** Called with what the driver has taken from a program, which may be sent later. */
  readonly onWrite?: (bytes: Uint8Array) => void;
  readonly onOutput?: (bytes: Uint8Array) => void;
  readonly rows?: number;
  readonly cols?: number;
}

/**
 * The other side of a terminal: where somebody sits and types.
 *
 * Output leaves in groups at the speed of the line, each of which ends in an interrupt; with a full buffer, programs
 * wait.
 *
 * @linux drivers/tty/serial/8250/8250_port.c `serial8250_tx_chars` (6.18)
 */
export class TtyPort {
  readonly tty: Tty;
  readonly #kernel: Kernel;
  readonly #baud: number | undefined;
  readonly #fifo: number;
  readonly #onWrite: ((bytes: Uint8Array) => void) | undefined;
  /** Whether it is a line that takes time, whose interrupts are counted. */
  readonly #hasIrq: boolean;
  /** Why the line of its interrupts is up: what was sent has gone, or something has come in. */
  #isSent = false;
  readonly #received: Uint8Array[] = [];
  #isSending = false;
  /** Called with what programs print. */
  onOutput: (bytes: Uint8Array) => void;
  #xmit: number[] = [];

  constructor(kernel: Kernel, line: TtyLine, options: TtyPortOptions = {}) {
    this.#kernel = kernel;
    this.#baud = options.baud;
    this.onOutput = options.onOutput ?? (() => {});
    this.#fifo = options.fifo ?? FIFO_SIZE;
    this.#onWrite = options.onWrite;
    const { name, index, dev } = line;
    this.#hasIrq = options.baud !== undefined;
    if (this.#hasIrq) {
      addIsaIrq(kernel, SERIAL_IRQ);
      requestIrq(kernel, SERIAL_IRQ, () => this.#interrupt(), 0, name, this);
    }
    this.tty = new Tty(kernel, this.#driver(), index, name, dev, new Termios());
    const { rows = 24, cols = 80 } = options;
    this.tty.winsize = { rows, cols, xpixel: 0, ypixel: 0 };
    attachNTty(this.tty);
  }

  /** Somebody has typed; answers how many bytes were taken. */
  input(bytes: Uint8Array): number {
    if (!this.#hasIrq) return this.tty.insertFlip(bytes);
    this.#received.push(bytes);
    this.#kernel.irq.setLine(SERIAL_IRQ, true);
    return bytes.length;
  }

  /** @linux drivers/tty/serial/8250/8250_port.c `serial8250_handle_irq` (6.18) */
  #interrupt(): number {
    this.#kernel.irq.setLine(SERIAL_IRQ, false);
    for (const bytes of this.#received.splice(0)) this.tty.insertFlip(bytes);
    if (this.#isSent) {
      this.#isSent = false;
      this.#transmit();
    }
    return IRQ_HANDLED;
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
      const written = bytes.slice();
      this.#onWrite?.(written);
      this.onOutput(written);
      return bytes.length;
    }
    const n = Math.min(bytes.length, XMIT_SIZE - this.#xmit.length);
    for (let i = 0; i < n; i++) this.#xmit.push(bytes[i]!);
    this.#onWrite?.(bytes.slice(0, n));
    this.#startTransmit();
    return n;
  }

  #startTransmit(): void {
    if (this.#isSending || this.#xmit.length === 0 || this.tty.isStopped) return;
    const n = Math.min(this.#fifo, this.#xmit.length);
    const ns = this.#baud === undefined ? 0 : Math.ceil((n * BITS_PER_BYTE * 1e9) / this.#baud);
    const kernel = this.#kernel;
    this.#isSending = true;
    kernel.events.schedule(kernel.now() + ns, () => {
      this.#isSending = false;
      if (!this.#hasIrq) {
        this.#transmit();
        return;
      }
      this.#isSent = true;
      kernel.irq.setLine(SERIAL_IRQ, true);
    });
  }

  #transmit(): void {
    if (this.tty.isStopped) return;
    const sent = Uint8Array.from(this.#xmit.splice(0, this.#fifo));
    if (sent.length > 0) this.onOutput(sent);
    if (this.#xmit.length < XMIT_SIZE / 16) this.tty.wakeup();
    this.#startTransmit();
  }
}
