import type { Terminal, TerminalInput } from "../api-terminal.ts";
import { facade } from "./facade.ts";
import type { TerminalLine } from "./terminal-line.ts";

/** What the host of a machine needs to show a terminal and to let somebody type there. */
export interface TerminalPort {
  readonly tty: string;
  /** The same object for all terminals of one machine. */
  readonly machine: object;
  readonly rows: number;
  readonly cols: number;
  readonly text: string;
  /** The machine's time in ns. */
  now(): number;
  /** When the machine has something to do next; Infinity: never, unless somebody types. */
  nextTime(): number;
  /** Lets the machine run up to a time. */
  advance(untilNs: number): void;
  /** Types; answers what the line does not take now. */
  input(text: string): string;
  resize(rows: number, cols: number): void;
  /** Lets happen again what was typed at the same terminal of an equal machine. */
  replay(inputs: readonly TerminalInput[]): void;
  /** What was typed, but for the first `n`. */
  typedSince(n: number): readonly TerminalInput[];
  /** How many bytes were printed in all. */
  written(): number;
  /** What was printed from byte `from` on, as far as it is kept. */
  outputSince(from: number): Uint8Array;
  /** The machine was closed. */
  isClosed(): boolean;
}

/** Which objects are terminals: nobody can make one that only looks like it. */
const ports = new WeakMap<object, TerminalPort>();

/** The port of a terminal; undefined for anything else. */
export function terminalPort(value: object): TerminalPort | undefined {
  return ports.get(value);
}

/** A terminal as a cell has it. `line` throws when the machine was closed. */
export function terminalFacade(line: () => TerminalLine): Terminal {
  const { driver, typed } = line();
  const terminal = facade({
    tty: driver.name,
    get rows() {
      return line().driver.screen.rows;
    },
    get cols() {
      return line().driver.screen.cols;
    },
    type: (text: string) => line().type(String(text)),
    resize: (rows: number, cols: number) => line().resize(rows, cols),
    get output() {
      return line().driver.log.text;
    },
    get screen() {
      return line().driver.screen.text;
    },
    get text() {
      return line().driver.screen.textWithHistory;
    },
    get typed() {
      line();
      return Object.freeze([...typed]);
    },
  } satisfies Terminal);
  ports.set(terminal, portOf(line));
  return terminal;
}

function portOf(line: () => TerminalLine): TerminalPort {
  const { driver, machine, typed } = line();
  const { kernel } = machine;
  return Object.freeze({
    tty: driver.name,
    machine,
    get rows() {
      return driver.screen.rows;
    },
    get cols() {
      return driver.screen.cols;
    },
    get text() {
      return driver.screen.textWithHistory;
    },
    now: () => kernel.now(),
    nextTime() {
      const isBusy = kernel.sched.runQueues.some((rq) => rq.nrRunning > 0);
      return isBusy ? kernel.now() : kernel.events.nextTime();
    },
    advance: (untilNs: number) => line().advance(untilNs),
    input: (text: string) => line().input(text),
    resize: (rows: number, cols: number) => line().resize(rows, cols),
    replay: (inputs: readonly TerminalInput[]) => line().replay(inputs),
    typedSince: (n: number) => Object.freeze(typed.slice(n)),
    written: () => driver.log.total,
    outputSince: (from: number) => driver.log.since(from),
    isClosed() {
      try {
        line();
        return false;
      } catch {
        return true;
      }
    },
  });
}
