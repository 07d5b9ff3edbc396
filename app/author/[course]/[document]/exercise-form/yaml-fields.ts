/** `exercise.yaml` as fields: read from its text, and written back with all around them as it stands. */
import { type Document, isMap, isScalar, isSeq, parseDocument, type Scalar, stringify } from "yaml";

export type FieldPath = readonly (string | number)[];
export type FieldValue = string | number | readonly number[];

export interface TestFields {
  readonly id: string;
  readonly title: string;
  readonly points: string;
  readonly hint: string;
}

/** Each as it is typed; "" is what is not there. */
export interface ExerciseFields {
  readonly number: string;
  readonly title: string;
  readonly attempts: string;
  readonly points: string;
  readonly seeds: string;
  readonly limits: Readonly<Record<Limit, string>>;
  readonly tests: readonly TestFields[];
}

export const LIMITS = ["cpuSeconds", "wallSeconds", "memoryMiB"] as const;
export type Limit = (typeof LIMITS)[number];

export type FieldsReading =
  | { readonly kind: "read"; readonly fields: ExerciseFields }
  | { readonly kind: "broken"; readonly line: number };

export function readFields(text: string): FieldsReading {
  const doc = parsed(text);
  const [error] = doc.errors;
  if (error !== undefined) {
    return { kind: "broken", line: text.slice(0, error.pos[0]).split("\n").length };
  }
  if (doc.contents !== null && !isMap(doc.contents)) return { kind: "broken", line: 1 };
  const word = (...path: FieldPath) => shown(doc.getIn(path));
  const tests = doc.get("tests", true);
  const seeds = doc.get("seeds", true);
  return {
    kind: "read",
    fields: {
      number: word("number"),
      title: word("title"),
      attempts: word("attempts"),
      points: word("points"),
      seeds: isSeq(seeds) ? seeds.items.map((_, at) => word("seeds", at)).join(", ") : "",
      limits: {
        cpuSeconds: word("limits", "cpuSeconds"),
        wallSeconds: word("limits", "wallSeconds"),
        memoryMiB: word("limits", "memoryMiB"),
      },
      tests: (isSeq(tests) ? tests.items : []).map((_, at) => ({
        id: word("tests", at, "id"),
        title: word("tests", at, "title"),
        points: word("tests", at, "points"),
        hint: word("tests", at, "hint"),
      })),
    },
  };
}

/** The text with the field so; `undefined` takes it out. */
export function withField(text: string, path: FieldPath, value: FieldValue | undefined): string {
  if (value === undefined) return withoutField(text, path);
  const [top, below] = path;
  return (
    replaced(text, path, value) ??
    (path.length === 1
      ? withTop(text, String(top), `${top}: ${printed(value, undefined)}`)
      : undefined) ??
    (top === "limits" ? withLimit(text, String(below), value) : undefined) ??
    changed(text, (doc) => doc.setIn(path, doc.createNode(value)))
  );
}

export function withNewTest(text: string): string {
  const tests = testChunks(text);
  if (tests === undefined) {
    const test = { id: "", title: "", points: 1, hint: "" };
    return changed(text, (doc) => doc.addIn(["tests"], doc.createNode(test)));
  }
  const indent = /^\s*/.exec(tests.items.at(-1)?.replace(/^(?:\s*#.*\n)+/, "") ?? "")?.[0] ?? "";
  const lines = ['- id: ""', '  title: ""', "  points: 1", '  hint: ""'];
  return joined(tests, [...tests.items, lines.map((line) => `${indent}${line}\n`).join("")]);
}

export function withoutTest(text: string, at: number): string {
  const tests = testChunks(text);
  if (tests === undefined || tests.items.length < 2) {
    return changed(text, (doc) => doc.deleteIn(["tests", at]));
  }
  return joined(tests, tests.items.toSpliced(at, 1));
}

export function withMovedTest(text: string, from: number, to: number): string {
  const tests = testChunks(text);
  const moved = tests?.items[from];
  if (tests === undefined || moved === undefined || tests.items[to] === undefined) return text;
  return joined(tests, tests.items.toSpliced(from, 1).toSpliced(to, 0, moved));
}

/** What is typed into a field of numbers: one, or the words, which the gate will not take. */
export function numberOf(typed: string): number | string {
  return /^-?\d+(?:\.\d+)?$/.test(typed.trim()) ? Number(typed) : typed;
}

/** Seeds, when they are numbers with commas between them. */
export function seedsOf(typed: string): readonly number[] | string {
  const parts = typed.split(",").map((part) => numberOf(part.trim()));
  const numbers = parts.filter((part) => typeof part === "number");
  return numbers.length === parts.length ? numbers : typed;
}

function parsed(text: string) {
  return parseDocument(text, { prettyErrors: false });
}

function shown(value: unknown): string {
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}

/** Only the value's own letters are exchanged; undefined where there is no simple one. */
function replaced(text: string, path: FieldPath, value: FieldValue): string | undefined {
  const doc = parsed(text);
  const node = doc.getIn(path, true);
  const isSimple =
    (isScalar(node) && node.type !== "BLOCK_FOLDED" && node.type !== "BLOCK_LITERAL") ||
    (isSeq(node) && node.flow === true);
  if (!isSimple || !node.range || node.range[0] === node.range[1]) return undefined;
  const [start, end] = node.range;
  const style = isScalar(node) ? node.type : undefined;
  const next = text.slice(0, start) + printed(value, style) + text.slice(end);
  // In a list in one line a comma would end it: then the whole is printed anew.
  return isSame(parsed(next).getIn(path), value) ? next : undefined;
}

function printed(value: FieldValue, style: Scalar.Type | undefined): string {
  if (typeof value === "object") return `[${value.join(", ")}]`;
  if (typeof value === "number") return String(value);
  const isQuoted = style === "QUOTE_DOUBLE" || value.includes("\n");
  const type = isQuoted ? "QUOTE_DOUBLE" : style === "QUOTE_SINGLE" ? "QUOTE_SINGLE" : "PLAIN";
  return stringify(value, { lineWidth: 0, defaultStringType: type }).trimEnd();
}

function isSame(read: unknown, value: FieldValue): boolean {
  if (typeof value !== "object") return read === value;
  return (
    JSON.stringify((read as { toJSON?: () => unknown } | undefined)?.toJSON?.()) ===
    JSON.stringify(value)
  );
}

/** Where nothing simpler does it; comments stay, and the layout becomes the printer's. */
function changed(text: string, change: (doc: Document.Parsed) => void): string {
  const doc = parsed(text);
  change(doc);
  return doc.toString({ lineWidth: 0 });
}

/** Stretches of whole lines, each with the comments above it. */
interface Chunks {
  readonly before: string;
  readonly items: readonly string[];
  readonly after: string;
}

function joined({ before, after }: Chunks, items: readonly string[]): string {
  return before + items.join("") + after;
}

function chunksAt(whole: string, places: readonly number[], end: number): Chunks {
  const text = whole.endsWith("\n") ? whole : `${whole}\n`;
  const starts = places.map((place) => withComments(text, text.lastIndexOf("\n", place - 1) + 1));
  return {
    before: text.slice(0, starts[0]),
    items: starts.map((start, at) => text.slice(start, starts[at + 1] ?? Math.max(end, start))),
    after: text.slice(end),
  };
}

/** Up over the lines that are comments, as far as nothing else stands between. */
function withComments(text: string, start: number): number {
  let from = start;
  while (from > 0) {
    const above = text.lastIndexOf("\n", from - 2) + 1;
    if (!/^[ \t]*#/.test(text.slice(above, from))) return from;
    from = above;
  }
  return from;
}

interface TopChunks extends Chunks {
  readonly keys: readonly string[];
}

/** The fields at the top; undefined where they do not stand on lines of their own. */
function topChunks(text: string): TopChunks | undefined {
  const { contents } = parsed(text);
  if (!isMap(contents) || contents.flow === true) return undefined;
  const keys = contents.items.flatMap(({ key }) => (isScalar(key) && key.range ? [key] : []));
  if (keys.length < contents.items.length || keys.length === 0) return undefined;
  const places = keys.map(({ range }) => range?.[0] ?? 0);
  const length = text.endsWith("\n") ? text.length : text.length + 1;
  return { ...chunksAt(text, places, length), keys: keys.map(({ value }) => String(value)) };
}

/** The tests; undefined where they do not stand on lines of their own. */
function testChunks(text: string): Chunks | undefined {
  const top = topChunks(text);
  const tests = parsed(text).get("tests", true);
  if (top === undefined || !isSeq(tests) || tests.flow === true) return undefined;
  const at = top.keys.indexOf("tests");
  const length = (parts: readonly string[]) => parts.join("").length;
  const end = top.before.length + length(top.items.slice(0, at + 1));
  const places = tests.items.flatMap((item) => (isMap(item) && item.range ? [item.range[0]] : []));
  if (places.length < tests.items.length || places.length === 0) return undefined;
  return chunksAt(text, places, end);
}

const ORDER = ["number", "kind", "title", "seeds", "attempts", "points", "limits", "tests"];

/** A new field stands where one would look for it. */
function withTop(text: string, key: string, line: string): string | undefined {
  const top = topChunks(text);
  if (top === undefined) return undefined;
  const at = top.keys.indexOf(key);
  if (at !== -1) return joined(top, top.items.toSpliced(at, 1, `${line}\n`));
  const next = top.keys.findIndex((one) => ORDER.indexOf(one) > ORDER.indexOf(key));
  const place = next === -1 ? top.items.length : next;
  return joined(top, top.items.toSpliced(place, 0, `${line}\n`));
}

function withLimit(text: string, limit: string, value: FieldValue | undefined): string | undefined {
  const limits = parsed(text).get("limits", true);
  if (limits !== undefined && !(isMap(limits) && limits.flow === true)) return undefined;
  const before: Record<string, unknown> = isMap(limits) ? limits.toJSON() : {};
  const entries = Object.entries({ ...before, [limit]: value }).filter(
    ([, one]) => one !== undefined,
  );
  if (entries.length === 0) return withoutField(text, ["limits"]);
  return withTop(
    text,
    "limits",
    `limits: { ${entries.map(([name, one]) => `${name}: ${stringify(one).trim()}`).join(", ")} }`,
  );
}

function withoutField(text: string, path: FieldPath): string {
  const [first, below] = path;
  if (!parsed(text).hasIn(path)) return text;
  const top = path.length === 1 ? topChunks(text) : undefined;
  if (top !== undefined)
    return joined(top, top.items.toSpliced(top.keys.indexOf(String(first)), 1));
  const unlimited = first === "limits" ? withLimit(text, String(below), undefined) : undefined;
  return unlimited ?? changed(text, (doc) => doc.deleteIn(path));
}
