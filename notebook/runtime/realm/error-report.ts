/** Errors as outputs, with the places in cells that the real stack names. */

import type { Output, Position } from "#notebook/document";
import { type Compiled, placeInSource } from "../compile/compile.ts";
import { errorWords, inspect } from "../display/inspect.ts";

export type ErrorOutput = Extract<Output, { kind: "error" }>;

/** One evaluated source. */
export interface Evaluated {
  readonly cellId: string;
  readonly compiled: Compiled;
}

const MOST_FRAMES = 20;
const MOST_TEXT = 8_000;

/** What an evaluated source is called in a stack; `index` finds it again. */
export function sourceName(index: number): string {
  return `kernelbook-source-${index}`;
}

/** Describes anything that was thrown. `sources` are all that were evaluated, by their index. */
export function reportError(thrown: unknown, sources: readonly Evaluated[]): ErrorOutput {
  const isError = typeof thrown === "object" && thrown !== null && isErrorObject(thrown);
  const words = isError ? errorWords(thrown) : { name: "Uncaught", message: inspect(thrown) };
  return {
    kind: "error",
    name: words.name,
    message: cut(words.message),
    frames: isError ? framesOf(thrown, sources) : [],
  };
}

function framesOf(error: object, sources: readonly Evaluated[]): Position[] {
  const places = /kernelbook-source-(\d+):(\d+):(\d+)/;
  const frames: Position[] = [];
  for (const frame of stackOf(error).split("\n")) {
    const match = places.exec(frame);
    const source = sources[Number(match?.[1])];
    if (match === null || source === undefined) continue;
    const evaluated = { line: Number(match[2]), column: Number(match[3]) };
    const place = placeInSource(source.compiled, evaluated);
    if (place !== undefined) frames.push({ cellId: source.cellId, ...place });
    if (frames.length === MOST_FRAMES) break;
  }
  return frames;
}

/** The real stack, which the lockdown hides from cells. */
function stackOf(error: object): string {
  try {
    const stack = getStackString?.(error);
    return typeof stack === "string" ? stack.slice(0, 100_000) : "";
  } catch {
    // `stack` is a getter of the student's own, and throws.
    return "";
  }
}

function isErrorObject(value: object): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function cut(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}

declare global {
  /** SES leaves it to the start compartment only. */
  var getStackString: ((error: object) => string) | undefined;
}
