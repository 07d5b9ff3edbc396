import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

/** An integer of a scenario. A `bigint` where a double would lose digits. */
export type Int = number | bigint;

/** An argument in one of the forms of the corpus: an integer, an expression, or an object. */
export type Arg = Int | string | boolean | null | readonly Arg[] | ArgObject;
export interface ArgObject {
  readonly [field: string]: Arg | undefined;
}

export interface StartOptions {
  readonly sid?: boolean;
  readonly umask?: string;
  readonly cwd?: string;
  readonly groups?: readonly number[];
  readonly gid?: number;
  readonly uid?: number;
}

/** A file that exists before the processes do. */
export interface SetupFile {
  readonly path: string;
  readonly type?: "reg" | "dir" | "lnk" | "fifo" | "hard";
  readonly data?: string;
  readonly hex?: string;
  readonly rep?: string;
  readonly n?: number;
  readonly size?: number;
  readonly target?: string;
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Step {
  readonly p: string;
  readonly call: string;
  readonly args?: readonly Arg[];
  readonly as?: string;
  readonly save?: string;
  readonly raw?: boolean;
  readonly outerr?: boolean;
  /** The call does not return before a later step: the player does not let time pass for it. */
  readonly blocks?: boolean;
  /** What Linux answered. Only the comparison looks at it. */
  readonly r: unknown;
}

/** A strictly ordered list of steps of several processes, with what Linux 6.18 answered. */
export interface Scenario {
  readonly id: string;
  readonly group: string;
  readonly note?: string;
  readonly setup?: { readonly files?: readonly SetupFile[] };
  readonly start: Readonly<Record<string, StartOptions>>;
  readonly steps: readonly Step[];
  /** Why the record cannot be read, if so; it counts as one that does not agree. */
  readonly broken?: string;
}

/** Reads a file of the corpus, compressed or not. What cannot be read is a scenario that cannot be played. */
export function readScenarios(file: string): Scenario[] {
  try {
    return readFile(file);
  } catch (error) {
    return [brokenScenario(basename(file), String(error))];
  }
}

function readFile(file: string): Scenario[] {
  const raw = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(raw) : raw).toString("utf8");
  return text
    .split("\n")
    .map((line, i) => ({ line, id: `${basename(file)}:${i + 1}` }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, id }) => parseOrMark(line, id));
}

function parseOrMark(line: string, id: string): Scenario {
  try {
    const scenario = parseScenario(line);
    if (typeof scenario.id === "string" && Array.isArray(scenario.steps)) return scenario;
    return brokenScenario(id, "it is no scenario");
  } catch (error) {
    return brokenScenario(id, String(error));
  }
}

function brokenScenario(id: string, broken: string): Scenario {
  return { id, group: "broken", start: {}, steps: [], broken };
}

/** One line of the corpus. Integers that a double cannot hold stay exact in the arguments. */
export function parseScenario(line: string): Scenario {
  const plain = JSON.parse(line) as Scenario;
  const exact = JSON.parse(
    line,
    keepDigits as (key: string, value: unknown) => unknown,
  ) as Scenario;
  // Results are compared as JSON numbers, as the corpus says; arguments keep their digits.
  const steps = plain.steps.map((step, i) => {
    const args = exact.steps[i]?.args;
    return args === undefined ? step : { ...step, args };
  });
  return { ...plain, steps };
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const digits = context?.source ?? "";
  return /^-?\d+$/.test(digits) ? BigInt(digits) : value;
}
