import {
  B38400,
  CREAD,
  CS8,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  HUPCL,
  ICANON,
  ICRNL,
  IEXTEN,
  ISIG,
  IXON,
  ONLCR,
  OPOST,
} from "../../include/uapi/termbits.ts";

const NCCS = 19;
/** Sizes of the structures that programs give: `struct termio`, `termios`, `termios2`. */
export const TERMIO_SIZE = 18;
export const TERMIOS_SIZE = 36;
export const TERMIOS2_SIZE = 44;
const NCC = 8;
const CBAUD = 0o10017;
/** Codes of speeds without and with CBAUDEX, by their number. */
const SPEEDS: readonly number[] = Object.freeze([
  0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
]);
const FAST_SPEEDS: readonly number[] = Object.freeze([
  0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000,
  2500000, 3000000, 3500000, 4000000,
]);
/** `INIT_C_CC`: ^C ^\ DEL ^U ^D, VTIME 0, VMIN 1, ^Q ^S ^Z, ^R ^O ^W ^V. */
const INIT_C_CC: readonly number[] = Object.freeze([
  3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0,
]);

/**
 * How a terminal treats what comes and goes.
 *
 * @linux include/uapi/asm-generic/termbits.h `struct ktermios` (6.18)
 */
export class Termios {
  iflag = ICRNL | IXON;
  oflag = OPOST | ONLCR;
  cflag = B38400 | CS8 | CREAD | HUPCL;
  lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  line = 0;
  readonly cc = Uint8Array.from(INIT_C_CC);
  ispeed = 38400;
  ospeed = 38400;

  copy(): Termios {
    const copy = new Termios();
    copy.assign(this);
    return copy;
  }

  assign(other: Termios): void {
    this.iflag = other.iflag;
    this.oflag = other.oflag;
    this.cflag = other.cflag;
    this.lflag = other.lflag;
    this.line = other.line;
    this.cc.set(other.cc);
    this.ispeed = other.ispeed;
    this.ospeed = other.ospeed;
  }

  /** As `struct termios` or, with the speeds, `struct termios2`. */
  bytes(size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    if (size === TERMIO_SIZE) {
      [this.iflag, this.oflag, this.cflag, this.lflag].forEach((flag, i) => {
        view.setUint16(i * 2, flag & 0xffff, true);
      });
      bytes[8] = this.line;
      bytes.set(this.cc.subarray(0, NCC), 9);
      return bytes;
    }
    [this.iflag, this.oflag, this.cflag, this.lflag].forEach((flag, i) => {
      view.setUint32(i * 4, flag >>> 0, true);
    });
    bytes[16] = this.line;
    bytes.set(this.cc, 17);
    if (size === TERMIOS2_SIZE) {
      view.setUint32(36, this.ispeed, true);
      view.setUint32(40, this.ospeed, true);
    }
    return bytes;
  }

  /** Takes the settings of such a structure; what the old `struct termio` does not have stays. */
  parse(view: DataView): void {
    const size = view.byteLength;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, size);
    if (size === TERMIO_SIZE) {
      const flag = (i: number, old: number) => (old & ~0xffff) | view.getUint16(i * 2, true);
      this.iflag = flag(0, this.iflag);
      this.oflag = flag(1, this.oflag);
      this.cflag = flag(2, this.cflag);
      this.lflag = flag(3, this.lflag);
      this.line = bytes[8]!;
      this.cc.set(bytes.subarray(9, 9 + NCC));
    } else {
      this.iflag = view.getInt32(0, true);
      this.oflag = view.getInt32(4, true);
      this.cflag = view.getInt32(8, true);
      this.lflag = view.getInt32(12, true);
      this.line = bytes[16]!;
      this.cc.set(bytes.subarray(17, 17 + NCCS));
    }
    if (size === TERMIOS2_SIZE) {
      this.ispeed = view.getUint32(36, true);
      this.ospeed = view.getUint32(40, true);
    }
    this.#setSpeeds(size === TERMIOS2_SIZE);
  }

  /** The speed of the code in `cflag`; BOTHER leaves the numbers as they were given. */
  #setSpeeds(hasNumbers: boolean): void {
    const code = this.cflag & CBAUD;
    const isExtended = (code & 0o10000) !== 0;
    if (code === 0o10000) {
      if (!hasNumbers) return;
    } else this.ospeed = (isExtended ? FAST_SPEEDS : SPEEDS)[code & 0o17]!;
    const input = (this.cflag >>> 16) & CBAUD;
    if (input === 0) this.ispeed = this.ospeed;
    else if (input !== 0o10000) {
      this.ispeed = ((input & 0o10000) !== 0 ? FAST_SPEEDS : SPEEDS)[input & 0o17]!;
    }
  }
}
