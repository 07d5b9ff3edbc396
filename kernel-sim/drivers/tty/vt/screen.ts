import { Utf8Reader } from "../../../lib/utf8-reader.ts";
import { parameters, type ScreenState, ScreenText } from "./screen-text.ts";

const ESC = 0x1b;
/** Longer sequences are no sequences. */
const SEQUENCE_MAX = 64;

/**
 * What a terminal of 24 by 80 shows after all that was printed to it, as text: cursor movements, erasing,
 * insertion, scrolling regions and tab stops, but no colours.
 *
 * @linux drivers/tty/vt/vt.c `do_con_write`, `do_con_trol` (6.18) @spec console_codes(4)
 * @simplified colours and attributes are left out, and every character takes one place.
 */
export class VtScreen {
  readonly #utf8 = new Utf8Reader();
  readonly #text: ScreenText;
  /** An escape sequence that has begun. */
  #sequence: string | undefined = undefined;
  #answer: number[] = [];
  #saved: ScreenState = { row: 0, column: 0 };

  constructor(rows: number, cols: number) {
    this.#text = new ScreenText(rows, cols);
  }

  get rows(): number {
    return this.#text.rows;
  }

  get cols(): number {
    return this.#text.cols;
  }

  /** The lines that are seen now. */
  get text(): string {
    return this.#text.visible().join("\n");
  }

  /** All lines that can be scrolled to. */
  get textWithHistory(): string {
    return this.#text.all().join("\n");
  }

  resize(rows: number, cols: number): void {
    this.#text.resize(rows, cols);
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const code = this.#utf8.read(byte);
      if (code !== undefined) this.#take(code);
    }
  }

  /** What the terminal says itself, when a program has asked it. */
  takeAnswer(): Uint8Array {
    return Uint8Array.from(this.#answer.splice(0));
  }

  #take(code: number): void {
    if (code < 0x20 || code === 0x7f) {
      this.#control(code);
      return;
    }
    const sequence = this.#sequence;
    if (sequence === undefined) this.#text.put(code);
    else this.#continue(sequence + String.fromCodePoint(code));
  }

  /** Control characters work in the middle of a sequence, too. */
  #control(code: number): void {
    const text = this.#text;
    switch (code) {
      case 8:
        text.backspace();
        return;
      case 9:
        text.tab();
        return;
      case 10:
      case 11:
      case 12:
        text.lineFeed();
        return;
      case 13:
        text.carriageReturn();
        return;
      case 24:
      case 26:
        this.#sequence = undefined;
        return;
      case ESC:
        this.#sequence = "";
    }
  }

  #continue(sequence: string): void {
    const kind = sequence[0]!;
    const last = sequence.at(-1)!;
    this.#sequence = undefined;
    if (kind === "[") {
      const isOver = sequence.length > 1 && last >= "@" && last <= "~";
      if (isOver) this.#csi(sequence.slice(1, -1), last);
      else if (sequence.length < SEQUENCE_MAX) this.#sequence = sequence;
    } else if ("()%#".includes(kind)) {
      if (sequence.length === 1) this.#sequence = sequence;
    } else this.#escape(kind);
  }

  /** @linux drivers/tty/vt/vt.c `handle_esc` (6.18) */
  #escape(kind: string): void {
    const text = this.#text;
    switch (kind) {
      case "E":
        text.carriageReturn();
        text.lineFeed();
        return;
      case "D":
        text.lineFeed();
        return;
      case "M":
        text.reverseLineFeed();
        return;
      case "7":
        this.#saved = text.state();
        return;
      case "8":
        text.moveTo(this.#saved.row, this.#saved.column);
        return;
      case "c":
        text.reset();
    }
  }

  /** @linux drivers/tty/vt/vt.c `csi_ECMA`, `csi_DEC` (6.18) */
  #csi(given: string, final: string): void {
    const text = this.#text;
    if (/^[?<=>]/.test(given)) {
      if (given === "?7") text.isWrapping = final === "h";
      return;
    }
    const n = parameters(given);
    const first = n[0] ?? 0;
    const count = Math.max(1, first);
    const { row, column } = text.state();
    switch (final) {
      case "A":
        text.moveTo(row - count, column);
        break;
      case "B":
      case "e":
        text.moveTo(row + count, column);
        break;
      case "C":
      case "a":
        text.moveTo(row, column + count);
        break;
      case "D":
        text.moveTo(row, column - count);
        break;
      case "E":
        text.moveTo(row + count, 0);
        break;
      case "F":
        text.moveTo(row - count, 0);
        break;
      case "G":
      case "`":
        text.moveTo(row, count - 1);
        break;
      case "d":
        text.moveTo(count - 1, column);
        break;
      case "H":
      case "f":
        text.moveTo(count - 1, Math.max(1, n[1] ?? 0) - 1);
        break;
      case "r":
        text.setRegion(count - 1, (n[1] ?? 0) === 0 ? text.rows - 1 : n[1]! - 1);
        break;
      case "s":
        this.#saved = { row, column };
        break;
      case "u":
        text.moveTo(this.#saved.row, this.#saved.column);
        break;
      case "n":
        if (first === 5) this.#say("\x1b[0n");
        if (first === 6) this.#say(`\x1b[${row + 1};${column + 1}R`);
        break;
      case "c":
        if (first === 0) this.#say("\x1b[?6c");
        break;
      default:
        this.#edit(final, first, count);
    }
  }

  /** What erases, inserts or deletes. */
  #edit(final: string, what: number, count: number): void {
    const text = this.#text;
    switch (final) {
      case "J":
        text.eraseScreen(what);
        break;
      case "K":
        text.eraseLine(what);
        break;
      case "L":
        text.insertLines(count);
        break;
      case "M":
        text.deleteLines(count);
        break;
      case "P":
        text.deleteCharacters(count);
        break;
      case "@":
        text.insertCharacters(count);
        break;
      case "X":
        text.eraseCharacters(count);
        break;
    }
  }

  #say(answer: string): void {
    for (const char of answer) this.#answer.push(char.charCodeAt(0));
  }
}
