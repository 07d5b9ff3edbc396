/**
 * What comes out of the frame, believed only after a check: a text of limited size, JSON, and of
 * one of the known shapes. Whoever broke out of the Compartment can send anything.
 */

import * as z from "zod/mini";
import {
  MIME_CHART,
  MIME_MAP,
  MIME_TABLE,
  MIME_TERMINAL,
  MIME_TRACE,
  MIME_VERIFIER_LOG,
  type MimeBundle,
  type Output,
} from "#notebook/document";
import { PART_NAMES } from "../../runtime/part-names.ts";
import {
  type FromWorker,
  TERMINAL_INPUT_CHARACTERS,
  TERMINAL_WINDOW_BYTES,
} from "../../runtime/protocol.ts";

/** One message as text. A run's outputs are limited to 256 KiB before they are sent. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** What was typed since the news before. */
const MOST_TYPED = 4096;

/** Rows of a table in the inspector, and tasks to choose from. */
const MOST_ROWS = 300;
const MOST_TASKS = 5000;

const count = z.number().check(z.nonnegative());
const strings = z.array(z.string());

const table = z.object({ columns: strings, rows: z.array(strings), numeric: z.array(count) });

const chart = z.object({
  kind: z.enum(["bar", "line"]),
  title: z.string(),
  x: z.object({ label: z.string(), values: z.array(z.union([z.string(), z.number()])) }),
  series: z.array(z.object({ label: z.string(), values: z.array(z.number()) })),
  yLabel: z.string(),
});

const refusalWords = z.object({
  rule: z.string(),
  value: z.string(),
  origin: z.string(),
  repair: z.string(),
});

const verifierLog = z.object({
  ok: z.boolean(),
  errno: count,
  errnoName: z.string(),
  error: z.string(),
  lines: strings,
  explanation: z.optional(refusalWords),
});

const map = z.object({
  type: z.string(),
  keySize: count,
  valueSize: count,
  maxEntries: count,
  entries: z.array(
    z.object({
      key: z.string(),
      keyAsInt: z.optional(z.string()),
      values: z.array(z.object({ hex: z.string(), asInt: z.optional(z.string()) })),
    }),
  ),
});

const trace = z.object({
  total: count,
  events: z.array(
    z.object({
      seq: z.number(),
      time: z.number(),
      cpu: z.number(),
      name: z.string(),
      fields: z.record(z.string(), z.string()),
    }),
  ),
});

/** Rows and columns of a window, as a machine may ask for them. */
const size = z.int().check(z.minimum(1), z.maximum(500));

const terminal = z.object({
  tty: z.string().check(z.maxLength(32)),
  rows: size,
  cols: size,
  live: z.optional(count),
});

/** The kinds of data that the page has a renderer for; HTML is none of them. */
const MIME_SHAPES: Readonly<Record<string, z.ZodMiniType>> = {
  "image/svg+xml": z.string(),
  [MIME_TABLE]: table,
  [MIME_CHART]: chart,
  [MIME_MAP]: map,
  [MIME_TRACE]: trace,
  [MIME_VERIFIER_LOG]: verifierLog,
  [MIME_TERMINAL]: terminal,
};

const bundle = z.pipe(
  z.record(z.string(), z.unknown()),
  z.transform((raw, context): MimeBundle => {
    const known = knownParts(raw);
    if (known !== undefined) return known;
    context.issues.push({ code: "custom", message: "a bundle without a text", input: raw });
    return z.NEVER;
  }),
);

const output = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("stream"), stream: z.enum(["stdout", "stderr"]), text: z.string() }),
  z.object({ kind: z.literal("display"), bundle }),
  z.object({ kind: z.literal("result"), bundle }),
  z.object({
    kind: z.literal("error"),
    name: z.string(),
    message: z.string(),
    frames: z.array(z.object({ cellId: z.string(), line: count, column: count })),
  }),
  z.object({ kind: z.literal("truncated"), omittedBytes: count }),
]);

const modes = z.object({ user: count, kernel: count, interrupt: count, idle: count });

const outcome = z.object({
  kind: z.enum(["ok", "error"]),
  ms: count,
  modes: z.optional(modes),
  searches: z.optional(count),
});

const typed = z.union([
  z.object({ at: count, text: z.string().check(z.maxLength(TERMINAL_INPUT_CHARACTERS)) }),
  z.object({ at: count, rows: size, cols: size }),
]);

/** A panel's lines: no more than a reader would ever scroll through. */
const line = z.string().check(z.maxLength(2000));

const moment = z.object({
  first: z.int(),
  last: z.int(),
  event: z.int(),
  time: count,
  what: line,
  pid: count,
  hit: z.nullable(z.object({ breakpoint: count, before: line, after: line })),
  problem: line,
  eventNames: z.array(line).check(z.maxLength(1000)),
  processes: z
    .array(z.object({ pid: count, comm: line, state: line }))
    .check(z.maxLength(MOST_TASKS)),
  sections: z
    .array(
      z.object({
        title: line,
        columns: z.array(line).check(z.maxLength(12)),
        rows: z.array(z.array(line).check(z.maxLength(12))).check(z.maxLength(MOST_ROWS)),
        numeric: z.array(count).check(z.maxLength(12)),
        current: z.int(),
      }),
    )
    .check(z.maxLength(8)),
});

/** What the race explorer has found. */
const schedules = z.object({
  schedules: count,
  failing: count,
  pruned: count,
  isComplete: z.boolean(),
  ends: z
    .array(z.object({ shared: line, returned: line, stuck: line, failure: line, schedules: count }))
    .check(z.maxLength(MOST_ROWS)),
  end: count,
  threads: z.array(line).check(z.maxLength(64)),
  words: z.array(line).check(z.maxLength(16)),
  steps: z
    .array(
      z.object({
        thread: line,
        what: line,
        kind: z.enum(["access", "call", "own"]),
        values: z.array(z.int()).check(z.maxLength(16)),
        event: count,
      }),
    )
    .check(z.maxLength(1000)),
  differs: z.array(z.object({ what: line, here: line, there: line })).check(z.maxLength(MOST_ROWS)),
  comparedTo: z.int(),
  search: count,
  machine: count,
});

const part = z.enum(PART_NAMES);

const fromWorker = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("output"), run: count, output }),
  z.object({ type: z.literal("done"), run: count, outcome }),
  z.object({ type: z.literal("missed"), run: count, part }),
  z.object({
    type: z.literal("terminal"),
    terminal: count,
    data: z.string().check(z.maxLength(TERMINAL_WINDOW_BYTES)),
    typed: z.array(typed).check(z.maxLength(MOST_TYPED)),
    workMs: count,
    isEnded: z.boolean(),
  }),
  z.object({
    type: z.literal("inspected"),
    request: count,
    found: z.nullable(
      z.object({
        machines: count,
        searches: count,
        moment: z.nullable(moment),
        schedules: z.nullable(schedules),
      }),
    ),
  }),
  z.object({
    type: z.literal("analysed"),
    request: count,
    names: z.array(
      z.object({ id: z.string(), declares: strings, reads: strings, writes: strings }),
    ),
  }),
]);

/** Answers the message, or undefined for what no honest Worker sends. */
export function parseFromWorker(data: unknown): FromWorker | undefined {
  const parsed = fromWorker.safeParse(parseText(data));
  return parsed.success ? parsed.data : undefined;
}

/** Answers one output, or undefined when it is none. */
export function parseOutput(data: unknown): Output | undefined {
  const parsed = output.safeParse(data);
  return parsed.success ? (parsed.data as Output) : undefined;
}

/** JSON of limited size; undefined for anything else. */
export function parseText(data: unknown, mostCharacters = MOST_CHARACTERS): unknown {
  if (typeof data !== "string" || data.length > mostCharacters) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** The parts of a bundle that can be shown; undefined without a text. */
function knownParts(raw: Readonly<Record<string, unknown>>): MimeBundle | undefined {
  const text = raw["text/plain"];
  if (typeof text !== "string") return undefined;
  const parts: Record<string, unknown> = {};
  for (const [mime, shape] of Object.entries(MIME_SHAPES)) {
    if (!Object.hasOwn(raw, mime)) continue;
    const parsed = shape.safeParse(raw[mime]);
    if (parsed.success) parts[mime] = parsed.data;
  }
  return { ...parts, "text/plain": text };
}
