/** A terminal of a machine: what its screen shows, and the way to it where somebody can type. */

import { type TerminalPort, terminalPort } from "#kernel-sim";
import type { TerminalData } from "#notebook/document";

/** Where terminals stay alive after their cell has run. */
export interface TerminalHost {
  /** Answers the number by which the page may speak to this terminal; undefined: not at all. */
  open(terminal: TerminalPort): number | undefined;
}

/** Answers the terminal and its screen when `value` is one, otherwise undefined. */
export function terminalOf(
  value: object,
  host: TerminalHost | undefined,
): { readonly data: TerminalData; readonly text: string } | undefined {
  const port = terminalPort(value);
  if (port === undefined) return undefined;
  const { tty, rows, cols, text } = port;
  const live = host?.open(port);
  return { data: { tty, rows, cols, ...(live === undefined ? {} : { live }) }, text };
}
