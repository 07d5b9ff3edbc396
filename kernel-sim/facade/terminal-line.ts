import type { TerminalInput } from "../api-terminal.ts";
import type { VtScreen } from "../drivers/tty/vt/screen.ts";
import { utf8 } from "../user/marshal.ts";
import type { LivingKernel } from "./living-kernel.ts";
import type { OutputLog } from "./output-log.ts";

/** Of the machine's time: so long it may run for what somebody has typed. */
const SETTLE_NS = 20_000_000;
const INPUT_BYTES_MAX = 1024;
/** The number of an ioctl's field is 16 bits; no window is wider than this. */
const SIZE_MAX = 500;

/** The driver's side of a line. */
interface LineDriver {
  readonly name: string;
  readonly screen: VtScreen;
  readonly log: OutputLog;
  /** The same line of the same machine that runs again. */
  readonly again: (machine: LivingKernel) => TerminalLine;
  /** How many bytes the line takes now. */
  readonly room: () => number;
  readonly input: (bytes: Uint8Array) => void;
  readonly resize: (rows: number, cols: number) => void;
}

/** A terminal with somebody in front of it: what is typed is remembered, with its time. */
export class TerminalLine {
  readonly machine: LivingKernel;
  readonly driver: LineDriver;
  readonly typed: TerminalInput[] = [];

  constructor(machine: LivingKernel, driver: LineDriver) {
    this.machine = machine;
    this.driver = driver;
  }

  /** Types at the present time, as much as the line takes; answers what is left. */
  input(text: string): string {
    return this.machine.input(
      (machine) => void this.driver.again(machine).input(text),
      () => this.#input(text),
    );
  }

  #input(text: string): string {
    return this.machine.guarded(() => {
      this.#finishNow();
      let rest = text;
      while (rest !== "") {
        const piece = firstPiece(rest);
        const bytes = utf8(piece);
        if (this.driver.room() < bytes.length) break;
        this.#remember({ at: this.machine.kernel.now(), text: piece });
        this.driver.input(bytes);
        rest = rest.slice(piece.length);
      }
      return rest;
    });
  }

  /** Types all of it, the machine running in between. */
  type(text: string): void {
    let rest = text;
    do {
      const left = this.input(rest);
      this.settle();
      // Nobody reads: what comes is lost, as on a line.
      if (left === rest) return;
      rest = left;
    } while (rest !== "");
  }

  resize(rows: number, cols: number): void {
    for (const size of [rows, cols]) {
      if (!Number.isInteger(size) || size < 1 || size > SIZE_MAX) {
        throw new RangeError(`a terminal has 1 to ${SIZE_MAX} rows and columns, not ${size}`);
      }
    }
    this.machine.input(
      (machine) => this.driver.again(machine).resize(rows, cols),
      () => this.#resize(rows, cols),
    );
  }

  #resize(rows: number, cols: number): void {
    this.machine.guarded(() => {
      this.#finishNow();
      this.#remember({ at: this.machine.kernel.now(), rows, cols });
      this.driver.resize(rows, cols);
    });
  }

  /** Lets the machine do what follows from what was typed. */
  settle(): void {
    const { kernel } = this.machine;
    this.machine.guarded(() => kernel.run(kernel.now() + SETTLE_NS));
  }

  /** Lets the machine run up to `untilNs`, whether something happens or not. */
  advance(untilNs: number): void {
    const { kernel } = this.machine;
    this.machine.guarded(() => {
      kernel.run(untilNs);
      this.machine.advanceIdleTo(untilNs);
    });
  }

  replay(inputs: readonly TerminalInput[]): void {
    for (const input of inputs) {
      if (input.at > this.machine.kernel.now()) this.advance(input.at);
      if ("text" in input) this.input(input.text);
      else this.resize(input.rows, input.cols);
    }
    this.settle();
  }

  /**
   * All that happens up to now has happened: so the same input at the same time finds the same machine when it is
   * replayed.
   */
  #finishNow(): void {
    const { kernel } = this.machine;
    kernel.run(kernel.now());
  }

  #remember(input: TerminalInput): void {
    this.typed.push(Object.freeze(input));
  }
}

/** Whole characters, at most so many bytes. */
function firstPiece(text: string): string {
  let bytes = 0;
  let length = 0;
  for (const char of text) {
    bytes += utf8(char).length;
    if (bytes > INPUT_BYTES_MAX) break;
    length += char.length;
  }
  return text.slice(0, length);
}
