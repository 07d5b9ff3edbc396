import { readBig, recordInt, writeInt } from "../bytes.ts";
import type { ArgObject } from "../scenario.ts";
import {
  ADDRESS_FIELDS,
  COUNT_OR_ERRNO,
  type StructField,
  structLayout,
  UNRECORDED,
} from "../structs.ts";
import { recordErrno, recordSignal } from "../words.ts";
import {
  type Form,
  input,
  listOf,
  numberOf,
  type Output,
  objectOf,
  type Target,
  textOf,
} from "./form.ts";

const OPTIONS: readonly string[] = ["struct", "set", "out", "size", "name"];

/** A pointer to a struct by the fields that are not zero. */
export const struct: Form = (target, arg, key) => {
  const name = textOf(arg["struct"]);
  const layout = structLayout(name);
  const bytes = new Uint8Array(numberOf(target, arg["size"], layout.bytes));
  const outs: Output[] = [];
  for (const [field, value] of givenFields(arg)) {
    const place = layout.fields.get(field);
    if (place === undefined) throw new Error(`struct ${name} has no field "${field}"`);
    const encoded = target.encode(value ?? 0, `${key}.${field}`);
    outs.push(...encoded.outs);
    if (place.at < bytes.length) writeInt(bytes, place.at, place.type, encoded.value);
  }
  const encoded = input(target, bytes);
  if (arg["out"] === undefined || arg["out"] === false) return { ...encoded, outs };
  const wanted = arg["out"] === true ? [...layout.fields.keys()] : listOf(arg["out"]).map(textOf);
  const record = () => {
    const after = target.read(Number(encoded.value), bytes.length);
    return recordFields(target, name, wanted, after);
  };
  return { ...encoded, outs: [...outs, { key, record }] };
};

function givenFields(arg: ArgObject) {
  const direct = Object.entries(arg).filter(([field]) => !OPTIONS.includes(field));
  return arg["set"] === undefined ? direct : [...direct, ...Object.entries(objectOf(arg["set"]))];
}

function recordFields(
  target: Target,
  name: string,
  wanted: readonly string[],
  bytes: Uint8Array,
): Record<string, unknown> {
  const { fields } = structLayout(name);
  const recorded: Record<string, unknown> = {};
  for (const field of wanted) {
    const place = fields.get(field);
    if (place === undefined || UNRECORDED[name]?.includes(field)) continue;
    recorded[field] = recordField(target, name, field, place, bytes);
  }
  return recorded;
}

function recordField(
  target: Target,
  struct: string,
  field: string,
  { type, at }: StructField,
  bytes: Uint8Array,
): unknown {
  const value = readBig(bytes, at, type);
  if (field === "pid") return target.symbols.recordPid(Number(BigInt.asIntN(32, value)));
  if (field === "signo") return recordSignal(Number(value));
  if (ADDRESS_FIELDS.includes(field)) return target.symbols.recordAddress(Number(value));
  if (value < 0n && COUNT_OR_ERRNO.includes(`${struct}.${field}`))
    return recordErrno(-Number(value));
  return recordInt(value);
}
