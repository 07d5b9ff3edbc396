import {
  ECHOCTL,
  IUTF8,
  OCRNL,
  OLCUC,
  ONLCR,
  ONLRET,
  ONOCR,
  OPOST,
  TABDLY,
  XTABS,
} from "../../include/uapi/termbits.ts";
import type { Tty } from "./tty.ts";

const CONTROL = { backspace: 8, tab: 9, newline: 10, carriageReturn: 13 } as const;
const SPACES = Uint8Array.from({ length: 8 }, () => 32);

/** What an echo is, above its byte: `ECHO_OP_…`. */
const ECHO_CTRL = 0x100;
const ECHO_SET_CANON_COLUMN = 0x200;
const ECHO_MOVE_BACK_COLUMN = 0x300;
const ECHO_ERASE_TAB = 0x400;
const ECHO_PLAIN = 0x500;
const AFTER_TAB = 0x80;
const ECHO_COMMIT_WATERMARK = 256;
const ECHO_DISCARD_WATERMARK = 4096 - (256 + 32);

/** `iscntrl` of the kernel. */
export function isCntrl(c: number): boolean {
  return c < 32 || c === 127;
}

function toUpper(c: number): number {
  const isLower = (c >= 97 && c <= 122) || (c >= 0xdf && c !== 0xf7);
  return isLower ? c - 32 : c;
}

/**
 * What goes out of a terminal: columns are counted, and with OPOST newlines and tabs become what the
 * device needs. Echoes are collected while input comes in, and shown at the end of it.
 *
 * @linux drivers/tty/n_tty.c `do_output_char`, `process_output`, `process_echoes` (6.18)
 */
export class NTtyOutput {
  readonly #tty: Tty;
  column = 0;
  /** The column where the line that is being typed begins. */
  canonColumn = 0;
  #echoes: number[] = [];

  constructor(tty: Tty) {
    this.#tty = tty;
  }

  get isPost(): boolean {
    return (this.#tty.termios.oflag & OPOST) !== 0;
  }

  isContinuation(c: number): boolean {
    return (this.#tty.termios.iflag & IUTF8) !== 0 && (c & 0xc0) === 0x80;
  }

  /**
   * All bytes of a program at once, where the device has room whatever becomes of them; otherwise none, and they go
   * one by one. Answers how many went.
   *
   * @linux drivers/tty/n_tty.c `process_output_block` (6.18)
   */
  block(bytes: Uint8Array): number {
    const tty = this.#tty;
    const { oflag } = tty.termios;
    const isUsual = (oflag & (OLCUC | OCRNL | ONOCR | ONLRET)) === 0 && (oflag & TABDLY) !== XTABS;
    if (!isUsual || tty.driver.writeRoom(tty) < 2 * bytes.length) return 0;
    const isWithReturn = (oflag & ONLCR) !== 0;
    const out = new Uint8Array(2 * bytes.length);
    let n = 0;
    for (const c of bytes) {
      if (c === CONTROL.newline) {
        if (isWithReturn) {
          out[n++] = CONTROL.carriageReturn;
          this.column = 0;
        }
        this.canonColumn = this.column;
      } else if (c === CONTROL.carriageReturn) {
        this.canonColumn = 0;
        this.column = 0;
      } else if (c === CONTROL.tab) this.column += 8 - (this.column & 7);
      else if (c === CONTROL.backspace) {
        if (this.column > 0) this.column--;
      } else if (!isCntrl(c) && !this.isContinuation(c)) this.column++;
      out[n++] = c;
    }
    tty.driver.write(tty, out.subarray(0, n));
    return bytes.length;
  }

  /** One byte of a program; false when the device has no room for what becomes of it. */
  output(char: number): boolean {
    const tty = this.#tty;
    const space = tty.driver.writeRoom(tty);
    const { oflag } = tty.termios;
    let c = char;
    if (space === 0) return false;
    switch (c) {
      case CONTROL.newline:
        if ((oflag & ONLRET) !== 0) this.column = 0;
        if ((oflag & ONLCR) !== 0) {
          if (space < 2) return false;
          this.canonColumn = 0;
          this.column = 0;
          this.#put([CONTROL.carriageReturn, CONTROL.newline]);
          return true;
        }
        this.canonColumn = this.column;
        break;
      case CONTROL.carriageReturn:
        if ((oflag & ONOCR) !== 0 && this.column === 0) return true;
        if ((oflag & OCRNL) !== 0) {
          c = CONTROL.newline;
          if ((oflag & ONLRET) === 0) break;
        }
        this.canonColumn = 0;
        this.column = 0;
        break;
      case CONTROL.tab: {
        const spaces = 8 - (this.column & 7);
        if ((oflag & TABDLY) === XTABS) {
          if (space < spaces) return false;
          this.column += spaces;
          tty.driver.write(tty, SPACES.subarray(0, spaces));
          return true;
        }
        this.column += spaces;
        break;
      }
      case CONTROL.backspace:
        if (this.column > 0) this.column--;
        break;
      default:
        if (isCntrl(c)) break;
        if ((oflag & OLCUC) !== 0) c = toUpper(c);
        if (!this.isContinuation(c)) this.column++;
    }
    this.#put([c]);
    return true;
  }

  /** Bytes of a program without OPOST; answers how many went. */
  raw(bytes: Uint8Array): number {
    return this.#tty.driver.write(this.#tty, bytes);
  }

  /** A typed byte; control characters show as ^X with ECHOCTL. @linux drivers/tty/n_tty.c `echo_char` */
  echo(c: number): void {
    const isShown = (this.#tty.termios.lflag & ECHOCTL) !== 0 && isCntrl(c) && c !== 9;
    if (isShown) this.#echoes.push(ECHO_CTRL | c);
    else this.echoRaw(c);
  }

  /** A byte of an echo as it is. @linux drivers/tty/n_tty.c `echo_char_raw` */
  echoRaw(c: number): void {
    // The byte that marks operations in Linux's buffer is shown as it is, whatever OPOST says.
    this.#echoes.push(c === 0xff ? ECHO_PLAIN | c : c);
  }

  /** Where the cursor is when this is shown, the line that is typed begins. */
  echoSetCanonColumn(): void {
    this.#echoes.push(ECHO_SET_CANON_COLUMN);
  }

  /** The byte before belongs to the same column. */
  echoMoveBackColumn(): void {
    this.#echoes.push(ECHO_MOVE_BACK_COLUMN);
  }

  /**
   * A tab that was typed is taken back: so many columns as it had moved.
   *
   * @param numChars columns of the input since the last tab, or since its beginning.
   */
  echoEraseTab(numChars: number, afterTab: boolean): void {
    this.#echoes.push(ECHO_ERASE_TAB | (afterTab ? AFTER_TAB : 0) | (numChars & 7));
  }

  /** So many echoes at once are shown in the middle of a batch of input. @linux `commit_echoes` */
  commitEchoes(): void {
    if (this.#echoes.length >= ECHO_COMMIT_WATERMARK) this.processEchoes();
  }

  /** What was typed and not shown will not be. */
  dropEchoes(): void {
    this.#echoes = [];
  }

  /** Shows what there is room for; a stopped terminal shows it when it goes on. @linux `__process_echoes` */
  processEchoes(): void {
    let done = 0;
    while (done < this.#echoes.length && this.#showEcho(this.#echoes[done]!)) done++;
    if (done > 0) this.#echoes.splice(0, done);
    // Nobody reads it: the oldest are forgotten.
    const over = this.#echoes.length - ECHO_DISCARD_WATERMARK;
    if (over > 0) this.#echoes.splice(0, over);
  }

  #showEcho(echo: number): boolean {
    const space = this.#tty.driver.writeRoom(this.#tty);
    const c = echo & 0xff;
    switch (echo & ~0xff) {
      case ECHO_CTRL:
        if (space < 2) return false;
        this.#put([0x5e, c ^ 0x40]);
        this.column += 2;
        return true;
      case ECHO_SET_CANON_COLUMN:
        this.canonColumn = this.column;
        return true;
      case ECHO_MOVE_BACK_COLUMN:
        if (this.column > 0) this.column--;
        return true;
      case ECHO_ERASE_TAB: {
        // Without a tab before, the first column is that of the prompt.
        const start = (c & AFTER_TAB) !== 0 ? c : c + this.canonColumn;
        const back = 8 - (start & 7);
        if (space < back) return false;
        this.#put(Array.from({ length: back }, () => CONTROL.backspace));
        this.column = Math.max(0, this.column - back);
        return true;
      }
      case ECHO_PLAIN:
        if (space === 0) return false;
        this.#put([c]);
        this.column++;
        return true;
      default:
        if (this.isPost) return this.output(c);
        if (space === 0) return false;
        this.#put([c]);
        return true;
    }
  }

  #put(bytes: readonly number[]): void {
    this.#tty.driver.write(this.#tty, Uint8Array.from(bytes));
  }
}
