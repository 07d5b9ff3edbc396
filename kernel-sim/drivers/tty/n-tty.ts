import { killFasync } from "../../fs/fasync.ts";
import { EPOLLIN, EPOLLRDNORM } from "../../include/uapi/poll.ts";
import { POLL_IN } from "../../include/uapi/siginfo.ts";
import { SIGINT, SIGQUIT, SIGTSTP } from "../../include/uapi/signal.ts";
import {
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ECHONL,
  ECHOPRT,
  EXTPROC,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IUCLC,
  IXANY,
  IXON,
  NOFLSH,
  PARMRK,
  VEOF,
  VEOL,
  VEOL2,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VMIN,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VTIME,
  VWERASE,
} from "../../include/uapi/termbits.ts";
import { killPgrpInfo } from "../../kernel/signal-permission.ts";
import { SEND_SIG_PRIV } from "../../kernel/signal-send.ts";
import { isCntrl, NTtyOutput } from "./n-tty-output.ts";
import type { Termios } from "./termios.ts";
import type { Tty } from "./tty.ts";

const N_TTY_BUF_SIZE = 4096;
const MASK = N_TTY_BUF_SIZE - 1;
/** Stands in the buffer for an end of file, and in `c_cc` for "no such character". */
const DISABLED_CHAR = 0;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const BACKSPACE = 8;

/** What stands between a terminal and the programs that read it. */
export interface LineDiscipline {
  /** Bytes from the line; answers for how many there was room. */
  receive(bytes: Uint8Array): number;
}

/**
 * The usual line discipline: lines with editing, or bytes as they come.
 *
 * `head` is where the next byte goes, `tail` the next to be read, `canonHead` the end of the last whole line;
 * all count up for ever. A mark on a place says that a line ends there.
 *
 * @linux drivers/tty/n_tty.c (6.18)
 */
export class NTty implements LineDiscipline {
  readonly #tty: Tty;
  readonly out: NTtyOutput;
  readonly #buf = new Uint8Array(N_TTY_BUF_SIZE);
  readonly #marks = new Uint8Array(N_TTY_BUF_SIZE);
  #head = 0;
  #tail = 0;
  #canonHead = 0;
  #special = new Uint8Array(256);
  #isRaw = false;
  #isCanon = false;
  #lnext = false;
  #erasing = false;
  /** The end of the last line is only where canonical mode began. */
  #push = false;

  constructor(tty: Tty) {
    this.#tty = tty;
    this.out = new NTtyOutput(tty);
    this.setTermios(undefined);
  }

  get isCanon(): boolean {
    return this.#isCanon && !this.#has(EXTPROC);
  }

  /** What can be read now. */
  get readCount(): number {
    return this.#head - this.#tail;
  }

  get hasLine(): boolean {
    return this.#canonHead !== this.#tail;
  }

  /** @linux drivers/tty/n_tty.c `input_available_p` (6.18) */
  hasInput(isPoll: boolean): boolean {
    if (this.isCanon) return this.hasLine;
    const { cc } = this.#tty.termios;
    const amount = isPoll && cc[VTIME] === 0 && cc[VMIN]! > 0 ? cc[VMIN]! : 1;
    return this.readCount >= amount;
  }

  /** What FIONREAD says. @linux drivers/tty/n_tty.c `inq_canon` (6.18) */
  get queued(): number {
    if (!this.isCanon) return this.readCount;
    let n = 0;
    for (let at = this.#tail; at < this.#canonHead; at++) if (!this.#isEof(at)) n++;
    return n;
  }

  #isEof(at: number): boolean {
    return this.#marks[at & MASK] === 1 && this.#buf[at & MASK] === DISABLED_CHAR;
  }

  #has(lflag: number): boolean {
    return (this.#tty.termios.lflag & lflag) !== 0;
  }

  #input(iflag: number): boolean {
    return (this.#tty.termios.iflag & iflag) !== 0;
  }

  /** What has come in goes: TCIFLUSH, signals. @linux `reset_buffer_flags`, `n_tty_flush_buffer` */
  flushInput(): void {
    this.#head = 0;
    this.#tail = 0;
    this.#canonHead = 0;
    this.#push = false;
    this.#erasing = false;
    this.#marks.fill(0);
  }

  /** The settings have changed. @linux drivers/tty/n_tty.c `n_tty_set_termios` (6.18) */
  setTermios(old: Termios | undefined): void {
    const { termios } = this.#tty;
    if (old === undefined || ((old.lflag ^ termios.lflag) & (ICANON | EXTPROC)) !== 0) {
      this.#marks.fill(0);
      if (!this.#has(ICANON) || this.readCount === 0) {
        this.#canonHead = this.#tail;
        this.#push = false;
      } else {
        this.#marks[(this.#head - 1) & MASK] = 1;
        this.#canonHead = this.#head;
        this.#push = true;
      }
      this.#erasing = false;
      this.#lnext = false;
    }
    this.#isCanon = this.#has(ICANON);
    this.#setSpecial(termios);
    if (old === undefined) return;
    // Who has stopped it with ^S could not start it any more.
    if (!this.#input(IXON) && (old.iflag & IXON) !== 0 && !this.#tty.isTcoStopped) this.#start();
    this.#tty.writeWait.wakeUpInterruptible();
    this.#tty.readWait.wakeUpInterruptible();
  }

  /** Which bytes mean something, and whether any does. */
  #setSpecial({ cc }: Termios): void {
    const special = new Uint8Array(256);
    const add = (...chars: number[]) => {
      for (const c of chars) special[c] = 1;
    };
    const mapsNewlines = IGNCR | ICRNL | INLCR;
    this.#isRaw = !(
      this.#input(IUCLC | ISTRIP | IXON | PARMRK | mapsNewlines) || this.#has(ICANON | ECHO | ISIG)
    );
    if (this.#input(IGNCR | ICRNL)) add(CARRIAGE_RETURN);
    if (this.#input(INLCR)) add(NEWLINE);
    if (this.#has(ICANON)) {
      add(cc[VERASE]!, cc[VKILL]!, cc[VEOF]!, NEWLINE, cc[VEOL]!);
      if (this.#has(IEXTEN)) {
        add(cc[VWERASE]!, cc[VLNEXT]!, cc[VEOL2]!);
        if (this.#has(ECHO)) add(cc[VREPRINT]!);
      }
    }
    if (this.#input(IXON)) add(cc[VSTART]!, cc[VSTOP]!);
    if (this.#has(ISIG)) add(cc[VINTR]!, cc[VQUIT]!, cc[VSUSP]!);
    special[DISABLED_CHAR] = 0;
    this.#special = special;
  }

  /**
   * @linux drivers/tty/n_tty.c `n_tty_receive_buf_common` (6.18)
   */
  receive(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length) {
      let room = N_TTY_BUF_SIZE - (this.#head - this.#tail);
      if (this.#input(PARMRK)) room = Math.ceil(room / 3);
      room--;
      if (room <= 0) {
        // A line that is too long: its last byte is replaced, so that its end still gets in.
        const overflows = this.#isCanon && this.#canonHead === this.#tail;
        if (!overflows) break;
        if (room < 0) this.#head--;
        room = 1;
      }
      const n = Math.min(room, bytes.length - taken);
      this.#receiveSome(bytes.subarray(taken, taken + n));
      taken += n;
    }
    return taken;
  }

  #receiveSome(bytes: Uint8Array): void {
    if (this.#isRaw) for (const c of bytes) this.#put(c);
    else {
      for (const c of bytes) {
        this.#receiveChar(c);
        this.out.commitEchoes();
      }
      if (this.#has(ECHO | ECHONL)) this.out.processEchoes();
    }
    if (this.isCanon) return;
    if (this.readCount > 0) this.#announce();
  }

  #announce(): void {
    killFasync(this.#tty.fasync, POLL_IN);
    this.#tty.readWait.wakeUpInterruptible(1, EPOLLIN | EPOLLRDNORM);
  }

  #put(c: number): void {
    this.#buf[this.#head & MASK] = c;
    this.#head++;
  }

  #receiveChar(char: number): void {
    let c = char;
    if (this.#input(ISTRIP)) c &= 0x7f;
    if (this.#input(IUCLC) && this.#has(IEXTEN)) c = toLower(c);
    if (this.#lnext) {
      this.#lnext = false;
      this.#plain(c);
      return;
    }
    if (this.#has(EXTPROC)) this.#put(c);
    else if (this.#special[c] === 1) this.#receiveSpecial(c);
    else this.#plain(c);
  }

  /** @linux drivers/tty/n_tty.c `n_tty_receive_char` (6.18) */
  #plain(c: number): void {
    this.#startAtAny();
    if (this.#has(ECHO)) {
      this.#finishErasing();
      this.#noteCanonColumn();
      this.out.echo(c);
    }
    if (c === 0xff && this.#input(PARMRK)) this.#put(c);
    this.#put(c);
  }

  #startAtAny(): void {
    const tty = this.#tty;
    if (tty.isStopped && !tty.isTcoStopped && this.#input(IXON) && this.#input(IXANY))
      this.#start();
  }

  #start(): void {
    this.#tty.start();
    this.out.processEchoes();
  }

  /** The line begins behind what is on the screen already. */
  #noteCanonColumn(): void {
    if (this.#canonHead === this.#head) this.out.echoSetCanonColumn();
  }

  /** @linux drivers/tty/n_tty.c `n_tty_receive_char_special` (6.18) */
  #receiveSpecial(char: number): void {
    let c = char;
    if (this.#isFlowControl(c) || this.#isSignal(c)) return;
    this.#startAtAny();
    if (c === CARRIAGE_RETURN) {
      if (this.#input(IGNCR)) return;
      if (this.#input(ICRNL)) c = NEWLINE;
    } else if (c === NEWLINE && this.#input(INLCR)) c = CARRIAGE_RETURN;
    if (this.#isCanon && this.#receiveCanon(c)) return;
    if (this.#has(ECHO)) {
      this.#finishErasing();
      if (c === NEWLINE) this.out.echoRaw(NEWLINE);
      else {
        this.#noteCanonColumn();
        this.out.echo(c);
      }
    }
    if (c === 0xff && this.#input(PARMRK)) this.#put(c);
    this.#put(c);
  }

  #isFlowControl(c: number): boolean {
    const { cc } = this.#tty.termios;
    if (!this.#input(IXON) || (c !== cc[VSTART] && c !== cc[VSTOP])) return false;
    if (c === cc[VSTART]) this.#start();
    else this.#tty.stop();
    return true;
  }

  #isSignal(c: number): boolean {
    const { cc } = this.#tty.termios;
    if (!this.#has(ISIG)) return false;
    if (c === cc[VINTR]) this.#signalChar(SIGINT, c);
    else if (c === cc[VQUIT]) this.#signalChar(SIGQUIT, c);
    else if (c === cc[VSUSP]) this.#signalChar(SIGTSTP, c);
    else return false;
    return true;
  }

  /** @linux drivers/tty/n_tty.c `n_tty_receive_signal_char`, `isig` (6.18) */
  #signalChar(signo: number, c: number): void {
    const tty = this.#tty;
    if (tty.pgrp !== undefined) killPgrpInfo(signo, SEND_SIG_PRIV, tty.pgrp);
    if (!this.#has(NOFLSH)) {
      this.out.dropEchoes();
      tty.driver.flushBuffer?.(tty);
      this.flushInput();
      tty.driver.flushInput?.(tty);
    }
    if (this.#input(IXON)) tty.start();
    if (this.#has(ECHO)) this.out.echo(c);
    else this.out.processEchoes();
  }

  /** Editing, and the ends of lines. @linux drivers/tty/n_tty.c `n_tty_receive_char_canon` (6.18) */
  #receiveCanon(c: number): boolean {
    const { cc } = this.#tty.termios;
    const isExtended = this.#has(IEXTEN);
    if (c === cc[VERASE] || c === cc[VKILL] || (c === cc[VWERASE] && isExtended)) {
      this.#erase(c);
      return true;
    }
    if (c === cc[VLNEXT] && isExtended) {
      this.#lnext = true;
      if (this.#has(ECHO)) {
        this.#finishErasing();
        if (this.#has(ECHOCTL)) {
          this.out.echoRaw(0x5e);
          this.out.echoRaw(BACKSPACE);
        }
      }
      return true;
    }
    if (c === cc[VREPRINT] && this.#has(ECHO) && isExtended) {
      this.#finishErasing();
      this.out.echo(c);
      this.out.echoRaw(NEWLINE);
      for (let at = this.#canonHead; at < this.#head; at++) this.out.echo(this.#buf[at & MASK]!);
      return true;
    }
    if (c === NEWLINE) {
      if (this.#has(ECHO | ECHONL)) this.out.echoRaw(NEWLINE);
      this.#endLine(c);
      return true;
    }
    if (c === cc[VEOF]) {
      this.#endLine(DISABLED_CHAR);
      return true;
    }
    if (c === cc[VEOL] || (c === cc[VEOL2] && isExtended)) {
      if (this.#has(ECHO)) {
        this.#noteCanonColumn();
        this.out.echo(c);
      }
      if (c === 0xff && this.#input(PARMRK)) this.#put(c);
      this.#endLine(c);
      return true;
    }
    return false;
  }

  #endLine(c: number): void {
    this.#marks[this.#head & MASK] = 1;
    this.#put(c);
    this.#canonHead = this.#head;
    this.#announce();
  }

  #finishErasing(): void {
    if (!this.#erasing) return;
    this.out.echoRaw(0x2f);
    this.#erasing = false;
  }

  /** Takes back a byte, a word or the line. @linux drivers/tty/n_tty.c `eraser` (6.18) */
  #erase(c: number): void {
    if (this.#head === this.#canonHead) return;
    const { cc } = this.#tty.termios;
    let kind: "char" | "word" | "line" = "line";
    if (c === cc[VERASE]) kind = "char";
    else if (c === cc[VWERASE]) kind = "word";
    else {
      if (!this.#has(ECHO)) {
        this.#head = this.#canonHead;
        return;
      }
      if (!this.#has(ECHOK) || !this.#has(ECHOKE) || !this.#has(ECHOE)) {
        this.#head = this.#canonHead;
        this.#finishErasing();
        this.out.echo(cc[VKILL]!);
        if (this.#has(ECHOK)) this.out.echoRaw(NEWLINE);
        return;
      }
    }
    let hasSeenWord = false;
    while (this.#head !== this.#canonHead) {
      const start = this.#startOfChar();
      if (start === undefined) break;
      const erased = this.#buf[start & MASK]!;
      if (kind === "word") {
        if (isWordChar(erased)) hasSeenWord = true;
        else if (hasSeenWord) break;
      }
      const end = this.#head;
      this.#head = start;
      if (this.#has(ECHO)) this.#echoErased(erased, start, end, kind === "char");
      if (kind === "char") break;
    }
    if (this.#head === this.#canonHead && this.#has(ECHO)) this.#finishErasing();
  }

  /** Where the last character begins, which may have several bytes; undefined: its beginning is not there. */
  #startOfChar(): number | undefined {
    let at = this.#head;
    do at--;
    while (this.out.isContinuation(this.#buf[at & MASK]!) && at !== this.#canonHead);
    return this.out.isContinuation(this.#buf[at & MASK]!) ? undefined : at;
  }

  #echoErased(c: number, start: number, end: number, isOne: boolean): void {
    const { out } = this;
    if (this.#has(ECHOPRT)) {
      if (!this.#erasing) {
        out.echoRaw(0x5c);
        this.#erasing = true;
      }
      out.echo(c);
      for (let at = start + 1; at < end; at++) {
        out.echoRaw(this.#buf[at & MASK]!);
        out.echoMoveBackColumn();
      }
    } else if (isOne && !this.#has(ECHOE)) out.echo(this.#tty.termios.cc[VERASE]!);
    else if (c === 9) this.#eraseTab();
    else {
      if (isCntrl(c) && this.#has(ECHOCTL)) this.#rubOut();
      if (!isCntrl(c) || this.#has(ECHOCTL)) this.#rubOut();
    }
  }

  #rubOut(): void {
    for (const c of [BACKSPACE, 32, BACKSPACE]) this.out.echoRaw(c);
  }

  #eraseTab(): void {
    let numChars = 0;
    for (let at = this.#head - 1; at >= this.#canonHead; at--) {
      const c = this.#buf[at & MASK]!;
      if (c === 9) {
        this.out.echoEraseTab(numChars, true);
        return;
      }
      if (isCntrl(c)) numChars += this.#has(ECHOCTL) ? 2 : 0;
      else if (!this.out.isContinuation(c)) numChars++;
    }
    this.out.echoEraseTab(numChars, false);
  }

  /**
   * Up to `n` bytes of the present line; `isDone`: the line has ended.
   *
   * @linux drivers/tty/n_tty.c `canon_copy_from_read_buf` (6.18)
   */
  takeCanon(n: number): { readonly bytes: Uint8Array; readonly isDone: boolean } {
    const limit = Math.min(this.#canonHead, this.#tail + n);
    let end = this.#tail;
    while (end < limit && this.#marks[end & MASK] === 0) end++;
    const found = end < limit;
    const isEof = found && this.#buf[end & MASK] === DISABLED_CHAR;
    const bytes = this.#copy(this.#tail, found && !isEof ? end + 1 : end);
    this.#tail = found ? end + 1 : end;
    if (found) {
      if (this.#push) this.#push = false;
      else this.#marks[end & MASK] = 0;
    }
    return { bytes, isDone: found || this.#tail === this.#canonHead };
  }

  /** Exactly a line was read: an end of file right behind it is part of it. @linux `canon_skip_eof` */
  skipEof(): void {
    if (this.#tail === this.#canonHead || !this.#isEof(this.#tail)) return;
    this.#marks[this.#tail & MASK] = 0;
    this.#tail++;
  }

  /** Up to `n` bytes as they came. @linux drivers/tty/n_tty.c `copy_from_read_buf` (6.18) */
  takeRaw(n: number): Uint8Array {
    const end = Math.min(this.#head, this.#tail + n);
    const bytes = this.#copy(this.#tail, end);
    this.#tail = end;
    // An end of file that is all there is ends the read (EXTPROC).
    const isEofAlone = bytes.length === 1 && bytes[0] === this.#tty.termios.cc[VEOF];
    return this.#has(EXTPROC) && this.#isCanon && isEofAlone && end === this.#head
      ? bytes.subarray(0, 0)
      : bytes;
  }

  #copy(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#buf[(from + i) & MASK]!;
    return bytes;
  }
}

function toLower(c: number): number {
  const isUpper = (c >= 65 && c <= 90) || (c >= 0xc0 && c <= 0xde && c !== 0xd7);
  return isUpper ? c + 32 : c;
}

/** `isalnum` and the underscore, in Latin-1. */
function isWordChar(c: number): boolean {
  const isLetter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
  const isLatin = c >= 0xc0 && c !== 0xd7 && c !== 0xf7;
  return isLetter || isLatin || (c >= 48 && c <= 57) || c === 95;
}
