/**
 * Many values of one form as a form and a flat list: a batch of a thousand calls asks and answers
 * with the same keys each time. Whatever differs is left to the general way (`plain.ts`).
 */

import { type Counter, count, NotPlain } from "./not-plain.ts";
import { bigintFrom, bigintText } from "./plain-bigint.ts";

type Leaf = null | boolean | number | string;

/** As it crosses: `p` a value that JSON has, `i` a bigint, `{ o: [key, form, …] }` an object. */
type FormText = "p" | "i" | readonly FormText[] | { readonly o: readonly FormText[] };

/** A form and the leaves of its rows, one row after the other; then the next form. */
type RowsText = readonly (FormText | readonly Leaf[])[];

type Form =
  | { readonly kind: "leaf" }
  | { readonly kind: "bigint" }
  | { readonly kind: "list"; readonly items: readonly Form[] }
  | {
      readonly kind: "object";
      readonly keys: readonly string[];
      readonly items: readonly Form[];
      /** No key is one that every object has, or there twice. */
      readonly isOrdinary: boolean;
    };

/** With fewer of one form, on an average, it is longer than what it saves. */
const ROWS_MIN = 16;
/** Of a row: what is larger is not asked for by the thousand. */
const FORM_SIZE_MAX = 64;

const { isArray } = Array;
const { isSafeInteger } = Number;

/** Answers undefined when few of them are of one form, or one is of none that can be told so. */
export function rowsToJson(
  values: readonly unknown[],
  depth: number,
  counter: Counter,
): RowsText | undefined {
  const text: (FormText | readonly Leaf[])[] = [];
  let parts = 0;
  for (let at = 0; at < values.length; ) {
    // Judged before much was done in vain.
    if (text.length * (ROWS_MIN / 2) > Math.max(at, values.length - ROWS_MIN)) return undefined;
    const size: FormSize = { nodes: 0, leaves: 0 };
    const form = formOf(values[at], depth, size);
    if (form === undefined || form.kind === "leaf" || size.leaves === 0) return undefined;
    const leaves: Leaf[] = [];
    at = putRows(form, values, at, leaves);
    text.push(textOf(form), leaves);
    parts += (leaves.length / size.leaves) * size.nodes;
    if (parts > counter.left) return undefined;
  }
  if ((text.length / 2) * ROWS_MIN > values.length || text.length === 0) return undefined;
  count(counter, parts);
  return text;
}

/** Believes nothing of `content`, as all that reads. */
export function rowsFromJson(content: unknown, depth: number, counter: Counter): unknown[] {
  if (!isArray(content) || content.length === 0 || content.length % 2 > 0) throw unknownForm();
  const values: unknown[] = [];
  for (let i = 0; i < content.length; i += 2) {
    const size: FormSize = { nodes: 0, leaves: 0 };
    const form = formFrom(content[i], depth, size);
    const leaves: unknown = content[i + 1];
    if (!isArray(leaves) || size.leaves === 0) throw unknownForm();
    const rows = leaves.length / size.leaves;
    if (!Number.isInteger(rows)) throw unknownForm();
    count(counter, rows * size.nodes);
    const cursor = { leaves, at: 0 };
    for (let row = 0; row < rows; row++) values.push(takeRow(form, cursor));
  }
  return values;
}

interface FormSize {
  nodes: number;
  leaves: number;
}

function formOf(value: unknown, depth: number, size: FormSize): Form | undefined {
  if (depth < 0 || ++size.nodes > FORM_SIZE_MAX) return undefined;
  if (typeof value !== "object" || value === null) {
    size.leaves++;
    if (typeof value === "bigint") return { kind: "bigint" };
    return isLeaf(value) ? { kind: "leaf" } : undefined;
  }
  const items: Form[] = [];
  const keys = isArray(value) ? undefined : keysOf(value);
  if (keys === undefined && !isArray(value)) return undefined;
  for (const part of keys ?? Array.from(value as unknown[], (_, index) => index)) {
    const form = formOf((value as Record<string | number, unknown>)[part], depth - 1, size);
    if (form === undefined) return undefined;
    items.push(form);
  }
  return keys === undefined ? { kind: "list", items } : objectForm(keys, items);
}

function objectForm(keys: readonly string[], items: readonly Form[]): Form {
  const isOrdinary = new Set(keys).size === keys.length && !keys.some((key) => key in {});
  return { kind: "object", keys, items, isOrdinary };
}

/** Of a plain object; undefined for any other. */
function keysOf(value: object): readonly string[] | undefined {
  const prototype = Reflect.getPrototypeOf(value);
  // A view of bytes may have been given this prototype: it has a way of its own.
  const isPlain = prototype === null || prototype === Object.prototype;
  return isPlain && !ArrayBuffer.isView(value) ? Object.keys(value) : undefined;
}

function isLeaf(value: unknown): value is Leaf {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    default:
      return value === null;
  }
}

/** Puts what has this form, from `at` on; answers where another form begins. */
function putRows(form: Form, values: readonly unknown[], at: number, leaves: Leaf[]): number {
  for (let next = at; next < values.length; next++) {
    const { length } = leaves;
    if (putRow(form, values[next], leaves)) continue;
    leaves.length = length;
    // A value that answers something else each time it is asked is of no form.
    if (next > at) return next;
    throw new NotPlain("it changes while it is read");
  }
  return values.length;
}

/** Answers false when `value` is of another form. */
function putRow(form: Form, value: unknown, leaves: Leaf[]): boolean {
  if (form.kind === "leaf") {
    if (!isLeaf(value)) return false;
    leaves.push(value);
    return true;
  }
  if (form.kind === "bigint") {
    if (typeof value !== "bigint") return false;
    const number = Number(value);
    leaves.push(isSafeInteger(number) ? number : bigintText(value));
    return true;
  }
  const { items } = form;
  if (typeof value !== "object" || value === null) return false;
  if (form.kind === "list") {
    if (!isArray(value) || value.length !== items.length) return false;
    return items.every((item, index) => putRow(item, value[index], leaves));
  }
  const keys = isArray(value) ? undefined : keysOf(value);
  if (keys === undefined || keys.length !== items.length) return false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (key !== form.keys[i]) return false;
    const item = (value as Record<string, unknown>)[key];
    if (!putRow(items[i] as Form, item, leaves)) return false;
  }
  return true;
}

function textOf(form: Form): FormText {
  switch (form.kind) {
    case "leaf":
      return "p";
    case "bigint":
      return "i";
    case "list":
      return form.items.map(textOf);
    case "object":
      return { o: form.items.flatMap((item, index) => [form.keys[index] as "p", textOf(item)]) };
  }
}

function formFrom(text: unknown, depth: number, size: FormSize): Form {
  if (depth < 0) throw new NotPlain("it nests too deep");
  if (++size.nodes > FORM_SIZE_MAX) throw unknownForm();
  if (text === "p" || text === "i") {
    size.leaves++;
    return { kind: text === "p" ? "leaf" : "bigint" };
  }
  if (typeof text !== "object" || text === null) throw unknownForm();
  if (isArray(text)) {
    return { kind: "list", items: text.map((item) => formFrom(item, depth - 1, size)) };
  }
  const { o: entries } = text as { o?: unknown };
  if (!isArray(entries) || entries.length % 2 > 0) throw unknownForm();
  const keys: string[] = [];
  const items: Form[] = [];
  for (let i = 0; i < entries.length; i += 2) {
    const key: unknown = entries[i];
    if (typeof key !== "string") throw unknownForm();
    keys.push(key);
    items.push(formFrom(entries[i + 1], depth - 1, size));
  }
  return objectForm(keys, items);
}

interface Cursor {
  readonly leaves: readonly unknown[];
  at: number;
}

function takeRow(form: Form, cursor: Cursor): unknown {
  if (form.kind === "leaf") {
    const leaf = cursor.leaves[cursor.at++];
    if (typeof leaf === "object" && leaf !== null) throw unknownForm();
    return leaf;
  }
  if (form.kind === "bigint") {
    const leaf = cursor.leaves[cursor.at++];
    if (isSafeInteger(leaf)) return BigInt(leaf as number);
    if (typeof leaf === "string") return bigintFrom(leaf);
    throw unknownForm();
  }
  const { items } = form;
  if (form.kind === "list") {
    const list: unknown[] = [];
    for (let i = 0; i < items.length; i++) list.push(takeRow(items[i] as Form, cursor));
    return list;
  }
  const made: Record<string, unknown> = {};
  for (let i = 0; i < items.length; i++) {
    const key = form.keys[i] as string;
    const value = takeRow(items[i] as Form, cursor);
    // `__proto__` is a name like any other. Defining costs ten times what an assignment does.
    if (form.isOrdinary) made[key] = value;
    else define(made, key, value);
  }
  return made;
}

export function define(made: object, key: string, value: unknown): void {
  Object.defineProperty(made, key, { value, writable: true, enumerable: true, configurable: true });
}

export function unknownForm(): NotPlain {
  return new NotPlain("it has an unknown form");
}
