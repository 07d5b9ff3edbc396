import { type FieldType, readInt, recordBytes, untilNul, writeInt } from "../bytes.ts";
import type { ArgObject } from "../scenario.ts";
import {
  type Encoded,
  type Form,
  type Forms,
  input,
  intOf,
  listOf,
  numberOf,
  type Output,
  objectOf,
  output,
  type Target,
  textOf,
} from "./form.ts";

/** The forms that hold bytes of their own: `data`, `hex`, `rep`, `i32`, `u64`. */
export function ownBytes(target: Target, arg: ArgObject): Uint8Array | undefined {
  if (arg["data"] !== undefined) return Buffer.from(textOf(arg["data"]), "utf8");
  if (arg["hex"] !== undefined) return Buffer.from(textOf(arg["hex"]), "hex");
  if (arg["rep"] !== undefined) return repeated(textOf(arg["rep"]), numberOf(target, arg["n"]));
  if (arg["i32"] !== undefined) return words(target, arg, "i32", "s32", 4);
  if (arg["u64"] !== undefined) return words(target, arg, "u64", "u64", 8);
  return undefined;
}

/** A text again and again, up to a number of bytes. */
export function repeated(text: string, bytes: number): Uint8Array {
  return Buffer.alloc(bytes, Buffer.from(text, "utf8"));
}

function words(target: Target, arg: ArgObject, form: string, type: FieldType, width: number) {
  const values = listOf(arg[form]);
  const bytes = new Uint8Array(values.length * width);
  for (const [i, value] of values.entries()) {
    writeInt(bytes, i * width, type, intOf(target, value));
  }
  return bytes;
}

const data: Form = (target, arg, key) => {
  const bytes = ownBytes(target, arg) ?? new Uint8Array();
  return arg["out"] === true ? output(target, key, bytes, recordBytes) : input(target, bytes);
};

const terminated: Form = (target, arg) => {
  const text = textOf(arg["s"]).repeat(numberOf(target, arg["times"], 1));
  return input(target, Buffer.from(`${text}\0`, "utf8"));
};

const buf: Form = (target, arg, key) => {
  const size = numberOf(target, arg["buf"]);
  return output(target, key, new Uint8Array(size), (after, ret) => {
    const count = arg["all"] === true ? size : Math.max(0, Math.min(ret, size));
    const mask = arg["mask"] === undefined ? 0xff : numberOf(target, arg["mask"]);
    return recordBytes(after.subarray(0, count).map((byte) => byte & mask));
  });
};

const cstr: Form = (target, arg, key) =>
  output(target, key, new Uint8Array(numberOf(target, arg["cstr"])), (after) =>
    recordBytes(untilNul(after)),
  );

const ints: Form = (target, arg, key) => {
  const names = listOf(arg["ints"]).map(textOf);
  return output(target, key, new Uint8Array(names.length * 4), (after) =>
    names.map((name, i) => {
      const value = readInt(after, i * 4, "s32");
      target.symbols.setVariable(name, value);
      return value;
    }),
  );
};

const ptrs: Form = (target, arg, key) => {
  const pointers = listOf(arg["ptrs"]).map((item, i) => target.encode(item, `${key}.${i}`));
  const bytes = new Uint8Array((pointers.length + 1) * 8);
  for (const [i, { value }] of pointers.entries()) writeInt(bytes, i * 8, "u64", value);
  return {
    value: target.place(bytes),
    size: pointers.length,
    outs: pointers.flatMap(({ outs }) => outs),
  };
};

interface IovItem {
  readonly base: Encoded;
  readonly len: number;
  readonly isOut: boolean;
}

/** An array of `struct iovec`; the out-buffers are recorded as one list, filled in order. */
export const iov: Form = (target, arg, key) => {
  const items = listOf(arg["iov"]).map((item, i) => iovItem(target, objectOf(item), `${key}.${i}`));
  const bytes = new Uint8Array(items.length * 16);
  for (const [i, { base, len }] of items.entries()) {
    writeInt(bytes, i * 16, "u64", base.value);
    writeInt(bytes, i * 16 + 8, "u64", len);
  }
  const outs: Output[] = items.flatMap(({ base }) => base.outs);
  if (items.some(({ isOut }) => isOut)) {
    outs.push({ key, record: (ret) => filled(target, items, ret) });
  }
  return { value: target.place(bytes), size: items.length, outs };
};

function iovItem(target: Target, item: ArgObject, key: string): IovItem {
  if (item["base"] !== undefined) {
    const base = target.encode(item["base"], key);
    return { base, len: numberOf(target, item["len"]), isOut: false };
  }
  if (item["buf"] !== undefined) {
    const len = numberOf(target, item["buf"]);
    return { base: input(target, new Uint8Array(len)), len, isOut: true };
  }
  const base = target.encode(item, key);
  return { base, len: base.size, isOut: false };
}

function filled(target: Target, items: readonly IovItem[], ret: number): unknown[] {
  let left = Math.max(0, ret);
  const recorded: unknown[] = [];
  for (const { base, len, isOut } of items) {
    const count = Math.min(left, len);
    left -= count;
    if (isOut) recorded.push(recordBytes(target.read(Number(base.value), count)));
  }
  return recorded;
}

export const BUFFER_FORMS: Forms = {
  s: terminated,
  data,
  hex: data,
  rep: data,
  i32: data,
  u64: data,
  buf,
  cstr,
  ints,
  ptrs,
  iov,
};
