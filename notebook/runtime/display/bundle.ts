/** A value as a mime bundle: data for a renderer, and always a text that says the same. */

import {
  MIME_MAP,
  MIME_TABLE,
  MIME_TERMINAL,
  MIME_TRACE,
  type MimeBundle,
} from "#notebook/document";
import { DEFAULT_LIMITS, inspect, ownData } from "./inspect.ts";
import { mapAsText, mapDataOf } from "./map.ts";
import { tableAsText, tableOf } from "./table.ts";
import { type TerminalHost, terminalOf } from "./terminal.ts";
import { traceAsText, traceOf } from "./trace.ts";
import { verifierLogBundle, verifierLogOf } from "./verifier-log.ts";

const MOST_TEXT = 64 * 1024;

/** Answers how `value` is shown; never throws, whatever the value is. A terminal stays alive at `host`. */
export function bundleOf(value: unknown, host?: TerminalHost): MimeBundle {
  if (typeof value === "string") return { "text/plain": stringText(value) };
  if (typeof value !== "object" || value === null) return { "text/plain": inspect(value) };
  try {
    return bundleOfObject(value, host) ?? { "text/plain": inspect(value) };
  } catch {
    // A facade's method threw, or something only looks like one.
    return { "text/plain": inspect(value) };
  }
}

function bundleOfObject(value: object, host: TerminalHost | undefined): MimeBundle | undefined {
  const terminal = terminalOf(value, host);
  if (terminal !== undefined) {
    return { "text/plain": cutText(terminal.text), [MIME_TERMINAL]: terminal.data };
  }
  const log = verifierLogOf(value);
  if (log !== undefined) return verifierLogBundle(log);
  const map = mapDataOf(value);
  if (map !== undefined) return { "text/plain": mapAsText(map), [MIME_MAP]: map };
  const trace = traceOf(value);
  if (trace !== undefined) return { "text/plain": traceAsText(trace), [MIME_TRACE]: trace };
  const program = programText(value);
  if (program !== undefined) return { "text/plain": program };
  const table = tableOf(value);
  if (table !== undefined) return { "text/plain": tableAsText(table), [MIME_TABLE]: table };
  return undefined;
}

/** A text with several lines is shown as it is; a single line in quotes, as it would be written. */
function stringText(text: string): string {
  if (!text.includes("\n")) return inspect(text, { ...DEFAULT_LIMITS, characters: MOST_TEXT });
  return cutText(text);
}

export function cutText(text: string): string {
  if (text.length <= MOST_TEXT) return text;
  return `${text.slice(0, MOST_TEXT)}\n… ${text.length - MOST_TEXT} more characters`;
}

/** An assembled program, in the kernel's own notation. */
function programText(value: object): string | undefined {
  const text = ownData(value, "text");
  if (!Array.isArray(ownData(value, "insns")) || !Array.isArray(ownData(value, "mapNames"))) {
    return undefined;
  }
  const answer: unknown = typeof text === "function" ? text.call(value) : undefined;
  return typeof answer === "string" ? cutText(answer) : undefined;
}
