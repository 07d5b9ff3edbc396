import type { Constants } from "../constants.ts";
import type { Arg, ArgObject, Int } from "../scenario.ts";
import type { Symbols } from "../symbols.ts";

/** What the corpus records of an argument once the call has returned. */
export interface Output {
  readonly key: string;
  /** @param ret what the call answered. `undefined`: nothing is recorded. */
  readonly record: (ret: number) => unknown;
}

/** An argument as the kernel gets it. */
export interface Encoded {
  readonly value: Int;
  /** For `sizeof`. */
  readonly size: number;
  readonly outs: readonly Output[];
}

/** The process whose memory an argument lies in, and the names of the scenario. */
export interface Target {
  readonly constants: Constants;
  readonly symbols: Symbols;
  readonly recordHandler: number;
  readonly restorer: number;
  place(bytes: Uint8Array): number;
  read(address: number, bytes: number): Uint8Array;
  /** An argument within an argument. */
  encode(arg: Arg, key: string): Encoded;
  /** What the argument behind the named one became, if it is a pointer. */
  argumentBehind(key: string): number | undefined;
}

/** A form of argument: its bytes are placed in memory, and read again when the call is over. */
export type Form = (target: Target, arg: ArgObject, key: string) => Encoded;

export type Forms = Readonly<Record<string, Form>>;

const NOTHING: readonly Output[] = [];

/** Bytes that are only read. */
export function input(target: Target, bytes: Uint8Array): Encoded {
  return { value: target.place(bytes), size: bytes.length, outs: NOTHING };
}

/** Bytes that the call may change. `record` gets them as they are afterwards. */
export function output(
  target: Target,
  key: string,
  bytes: Uint8Array,
  record: (after: Uint8Array, ret: number) => unknown,
): Encoded {
  const value = target.place(bytes);
  const out: Output = { key, record: (ret) => record(target.read(value, bytes.length), ret) };
  return { value, size: bytes.length, outs: [out] };
}

/** An integer, an expression, a variable or a pid. */
export function intOf(target: Target, arg: Arg | undefined, fallback: Int = 0): Int {
  return arg === undefined ? fallback : target.encode(arg, "").value;
}

export function numberOf(target: Target, arg: Arg | undefined, fallback = 0): number {
  return Number(intOf(target, arg, fallback));
}

export function listOf(arg: Arg | undefined): readonly Arg[] {
  if (!Array.isArray(arg)) throw new Error(`a list is expected, not ${show(arg)}`);
  return arg as readonly Arg[];
}

export function objectOf(arg: Arg | undefined): ArgObject {
  if (typeof arg !== "object" || arg === null || Array.isArray(arg)) {
    throw new Error(`an object is expected, not ${show(arg)}`);
  }
  return arg as ArgObject;
}

export function textOf(arg: Arg | undefined): string {
  if (typeof arg !== "string") throw new Error(`text is expected, not ${show(arg)}`);
  return arg;
}

export function show(arg: unknown): string {
  return JSON.stringify(arg, (_key, value) => (typeof value === "bigint" ? String(value) : value));
}
