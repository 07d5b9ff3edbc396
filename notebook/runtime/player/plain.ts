/**
 * Plain data as text, for the way between player and judge. JSON with tags for what it lacks; the
 * reader believes nothing: depth, number of values and sizes are bounded, objects are made anew.
 */

import type { Plain } from "../exercise-api.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { type Counter, count, NotPlain } from "./not-plain.ts";
import { bigintFrom, bigintText, checkBigint } from "./plain-bigint.ts";
import { define, rowsFromJson, rowsToJson, unknownForm } from "./plain-rows.ts";

export { NotPlain };

/** Of a value that crosses; the messages around it nest a little deeper. */
export const PLAIN_DEPTH_MAX = 20;
const MESSAGE_DEPTH_MAX = PLAIN_DEPTH_MAX + 6;
/** Of one message as text. */
export const PLAIN_LENGTH_MAX = 8 * 1024 * 1024;
const VALUES_MAX = 1_000_000;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

// Taken before any other code could replace them.
const { parse, stringify } = JSON;
const { isArray } = Array;

/** Answers `value` as text. Throws what its getters throw; what answers otherwise each time may be refused. */
export function encodePlain(value: unknown): string {
  const counter = { left: VALUES_MAX };
  const text = stringify(toJson(value, MESSAGE_DEPTH_MAX, counter));
  if (text.length > PLAIN_LENGTH_MAX) throw new NotPlain("it is larger than 8 MiB");
  return text;
}

/** Answers the value that `text` stands for. Throws `NotPlain` for anything else than that. */
export function decodePlain(text: string): Plain {
  if (text.length > PLAIN_LENGTH_MAX) throw new NotPlain("it is larger than 8 MiB");
  let json: Json;
  try {
    json = parse(text) as Json;
  } catch {
    throw new NotPlain("it is not JSON");
  }
  return fromJson(json, MESSAGE_DEPTH_MAX, { left: VALUES_MAX });
}

/** Throws `NotPlain` when `value` nests deeper than a value may, or is too large. */
export function checkPlain(value: unknown): void {
  check(value, PLAIN_DEPTH_MAX, { left: VALUES_MAX });
}

/** What `toJson` refuses, without making anything. */
function check(value: unknown, depth: number, counter: Counter): void {
  if (depth < 0) throw tooDeep();
  count(counter, 1);
  if (typeof value === "bigint") checkBigint(value);
  else if (typeof value === "object" && value !== null) checkObject(value, depth, counter);
  else if (typeof value === "function" || typeof value === "symbol") throw holdsA(typeof value);
}

function checkObject(value: object, depth: number, counter: Counter): void {
  const bytes = bytesOf(value);
  if (bytes !== undefined) checkBytes(bytes);
  else if (isArray(value)) {
    const { length } = value;
    if (length > counter.left) count(counter, length);
    for (let i = 0; i < length; i++) check(value[i], depth - 1, counter);
  } else {
    checkPrototype(value);
    for (const key of Object.keys(value)) {
      check((value as Record<string, unknown>)[key], depth - 1, counter);
    }
  }
}

function toJson(value: unknown, depth: number, counter: Counter): Json {
  if (depth < 0) throw tooDeep();
  count(counter, 1);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "undefined":
      return { u: 1 };
    case "number":
      return isOrdinary(value) ? value : { n: Object.is(value, -0) ? "-0" : `${value}` };
    case "bigint":
      return { i: bigintText(value) };
    case "object":
      return value === null ? null : objectToJson(value, depth, counter);
    default:
      throw holdsA(typeof value);
  }
}

function objectToJson(value: object, depth: number, counter: Counter): Json {
  const bytes = bytesOf(value);
  if (bytes !== undefined) {
    checkBytes(bytes);
    return { b: toBase64(bytes) };
  }
  if (isArray(value)) {
    const { length } = value;
    if (length > counter.left) count(counter, length);
    const rows = rowsToJson(value, depth - 1, counter);
    if (rows !== undefined) return { t: rows as unknown as Json[] };
    const items: Json[] = [];
    for (let i = 0; i < length; i++) items.push(toJson(value[i], depth - 1, counter));
    return items;
  }
  checkPrototype(value);
  const entries: Json[] = [];
  for (const key of Object.keys(value)) {
    entries.push(key, toJson((value as Record<string, unknown>)[key], depth - 1, counter));
  }
  return { o: entries };
}

function checkPrototype(value: object): void {
  const prototype = Reflect.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new NotPlain("it holds an object of a class, a Map or the like; plain objects cross");
  }
}

function tooDeep(): NotPlain {
  return new NotPlain(`it nests deeper than ${PLAIN_DEPTH_MAX} levels`);
}

function holdsA(type: string): NotPlain {
  return new NotPlain(`it holds a ${type}`);
}

function fromJson(json: Json, depth: number, counter: Counter): Plain {
  if (depth < 0) throw new NotPlain("it nests too deep");
  count(counter, 1);
  if (json === null || typeof json !== "object") return json;
  if (isArray(json)) return json.map((item) => fromJson(item, depth - 1, counter));
  const tags = Object.keys(json);
  const tag = tags[0];
  if (tag === undefined || tags.length > 1) throw unknownForm();
  return fromTagged(tag, json[tag] as Json, depth, counter);
}

function fromTagged(tag: string, content: Json, depth: number, counter: Counter): Plain {
  if (tag === "u" && content === 1) return undefined;
  if (tag === "o" && isArray(content)) return objectFromJson(content, depth, counter);
  if (tag === "t") return rowsFromJson(content, depth - 1, counter) as Plain;
  if (typeof content === "string") {
    if (tag === "b") return bytesFrom(content);
    if (tag === "i") return bigintFrom(content);
    if (tag === "n" && /^(?:-0|NaN|-?Infinity)$/.test(content)) return Number(content);
  }
  throw unknownForm();
}

function objectFromJson(entries: readonly Json[], depth: number, counter: Counter): Plain {
  const made: { [key: string]: Plain } = {};
  for (let i = 0; i < entries.length; i += 2) {
    const key = entries[i];
    const item = entries[i + 1];
    if (typeof key !== "string" || item === undefined) throw unknownForm();
    const value = fromJson(item, depth - 1, counter);
    // `__proto__` is a name like any other. Defining costs ten times what an assignment does.
    if (key in made) define(made, key, value);
    else made[key] = value;
  }
  return made;
}

function isOrdinary(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

const typeNameOf = Object.getOwnPropertyDescriptor(
  Reflect.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get;

/** The bytes of a real Uint8Array, whatever its prototype says; undefined for anything else. */
function bytesOf(value: object): Uint8Array | undefined {
  const name = typeNameOf === undefined ? "" : Reflect.apply(typeNameOf, value, []);
  return name === "Uint8Array" ? (value as Uint8Array) : undefined;
}

function checkBytes(bytes: Uint8Array): void {
  if (bytes.length > PLAIN_LENGTH_MAX) throw new NotPlain("it is larger than 8 MiB");
}

function bytesFrom(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    throw new NotPlain("its bytes are not base64");
  }
}
