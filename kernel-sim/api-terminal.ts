/** Terminals of a machine, as cells see them. */

export interface TerminalOptions {
  /** Lines on the screen. Default 24. */
  readonly rows?: number;
  /** Characters in a line. Default 80. */
  readonly cols?: number;
  /** Who is logged in at once, by the name in /etc/passwd. Without it the terminal asks who is there. */
  readonly user?: string;
  /** Path of a program that is this user's login shell from now on, as chsh(1) would make it. */
  readonly shell?: string;
  /** What was typed at a terminal of a machine that began in the same way: it happens here again, at the same times. */
  readonly replay?: readonly TerminalInput[];
}

/** What happened at a terminal from outside, at `at` ns of the machine's time. */
export type TerminalInput =
  | { readonly at: number; readonly text: string }
  | { readonly at: number; readonly rows: number; readonly cols: number };

/**
 * A terminal, with somebody who types and reads. As the value of a cell it is shown as a screen; once the cell has
 * run, the reader can type there.
 */
export interface Terminal {
  /** Its name in /dev: "tty1". */
  readonly tty: string;
  readonly rows: number;
  readonly cols: number;
  /**
   * Types `text` ("\n" is the Enter key, "\x03" Ctrl-C) and lets the machine run for up to 20 ms of its time, or until
   * nothing happens any more.
   */
  type(text: string): void;
  /** The window gets another size; the foreground is told by SIGWINCH. */
  resize(rows: number, cols: number): void;
  /** All that was printed here, as programs wrote it; of a terminal the last 256 KiB at least. */
  readonly output: string;
  /** What the screen shows now. */
  readonly screen: string;
  /** The screen with the lines above it that one can scroll to. */
  readonly text: string;
  /** What was typed, and when: for `replay`. */
  readonly typed: readonly TerminalInput[];
}
