/** What a relocation means: a way through the program's own types, and the same way through the kernel's. */
import { E2BIG, EINVAL } from "../../include/errno.ts";
import type { Btf } from "./btf.ts";
import * as kinds from "./kinds.ts";
import { btfTypeStr } from "./type-text.ts";

export const BPF_CORE_FIELD_BYTE_OFFSET = 0;
export const BPF_CORE_FIELD_BYTE_SIZE = 1;
export const BPF_CORE_FIELD_EXISTS = 2;
export const BPF_CORE_FIELD_SIGNED = 3;
export const BPF_CORE_FIELD_LSHIFT_U64 = 4;
export const BPF_CORE_FIELD_RSHIFT_U64 = 5;
export const BPF_CORE_TYPE_ID_LOCAL = 6;
export const BPF_CORE_TYPE_ID_TARGET = 7;
export const BPF_CORE_TYPE_EXISTS = 8;
export const BPF_CORE_TYPE_SIZE = 9;
export const BPF_CORE_ENUMVAL_EXISTS = 10;
export const BPF_CORE_ENUMVAL_VALUE = 11;
export const BPF_CORE_TYPE_MATCHES = 12;

export const BPF_CORE_SPEC_MAX_LEN = 64;

/** @linux include/uapi/linux/bpf.h `struct bpf_core_relo` (6.18) */
export interface CoreRelo {
  /** In bytes. */
  readonly insnOff: number;
  readonly typeId: number;
  readonly accessStrOff: number;
  readonly kind: number;
}

/** One step: to a member that has a name, or to an element of an array. */
export interface CoreAccessor {
  readonly typeId: number;
  readonly idx: number;
  readonly name?: string;
}

/** @linux tools/lib/bpf/relo_core.h `struct bpf_core_spec` (6.18) */
export class CoreSpec {
  readonly steps: CoreAccessor[] = [];
  /** All indexes, also those of members without a name. */
  readonly raw: number[] = [];
  #bitOffset = 0;
  readonly btf: Btf;
  readonly rootTypeId: number;
  readonly kind: number;

  constructor(btf: Btf, rootTypeId: number, kind: number) {
    this.btf = btf;
    this.rootTypeId = rootTypeId;
    this.kind = kind;
  }

  /** Modulo 2^32. */
  get bitOffset(): number {
    return this.#bitOffset;
  }

  /** @param bits may be negative */
  move(bits: number): void {
    this.#bitOffset = (this.#bitOffset + bits) >>> 0;
  }

  /** Over `count` elements. @param size in bytes */
  skip(count: number, size: number): void {
    this.move(Math.imul(Math.imul(count, size), 8));
  }
}

const KIND_NAMES = [
  "byte_off",
  "byte_sz",
  "field_exists",
  "signed",
  "lshift_u64",
  "rshift_u64",
  "local_type_id",
  "target_type_id",
  "type_exists",
  "type_size",
  "enumval_exists",
  "enumval_value",
  "type_matches",
];

/** @linux tools/lib/bpf/relo_core.c `core_relo_kind_str` (6.18) */
export function coreKindName(kind: number): string {
  return KIND_NAMES[kind] ?? "unknown";
}

export function isFieldBased(kind: number): boolean {
  return kind <= BPF_CORE_FIELD_RSHIFT_U64;
}

export function isTypeBased(kind: number): boolean {
  const isBetween = kind >= BPF_CORE_TYPE_ID_LOCAL && kind <= BPF_CORE_TYPE_SIZE;
  return isBetween || kind === BPF_CORE_TYPE_MATCHES;
}

export function isEnumvalBased(kind: number): boolean {
  return kind === BPF_CORE_ENUMVAL_EXISTS || kind === BPF_CORE_ENUMVAL_VALUE;
}

/** A name without its flavour: `task_struct___old`. @linux tools/lib/bpf/relo_core.c `bpf_core_essential_name_len` (6.18) */
export function essentialName(name: string): string {
  return /^(.*[^_])___[^_]/s.exec(name)?.[1] ?? name;
}

/** @linux tools/lib/bpf/relo_core.c `is_flex_arr` (6.18) */
export function isFlexibleArray(
  btf: Btf,
  before: CoreAccessor | undefined,
  { nelems }: kinds.BtfArray,
): boolean {
  if (before?.name === undefined || nelems > 0) return false;
  return before.idx === btf.typeById(before.typeId)!.vlen - 1;
}

/**
 * In bytes, or negative: it has none.
 *
 * From 2^31 on it comes out negative, too, as Linux keeps it in an `int`.
 *
 * @linux tools/lib/bpf/relo_core.c `btf__resolve_size` (6.18)
 */
export function coreSize(btf: Btf, id: number): number {
  const resolved = btf.resolveSize(btf.typeById(id) ?? kinds.BTF_VOID);
  return resolved === undefined ? -EINVAL : resolved.size | 0;
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_parse_spec` (6.18) */
export function parseSpec(
  btf: Btf,
  relo: CoreRelo,
  log: (text: string) => void,
): CoreSpec | number {
  const text = btf.nameByOffset(relo.accessStrOff) ?? "";
  if (text === "" || text.startsWith(":")) return -EINVAL;
  const spec = new CoreSpec(btf, relo.typeId, relo.kind);
  if (isTypeBased(relo.kind)) return text === "0" ? spec : -EINVAL;
  const err = parseIndexes(text, spec.raw);
  if (err !== 0) return err;
  const type = btf.skipModifiers(relo.typeId);
  if (type === undefined) return -EINVAL;
  if (isEnumvalBased(relo.kind)) return enumSpec(spec, type);
  if (!isFieldBased(relo.kind)) return -EINVAL;
  const size = coreSize(btf, type.id);
  if (size < 0) return size;
  const first = spec.raw[0]!;
  spec.steps.push({ typeId: type.id, idx: first });
  spec.skip(first, size);
  return walkIndexes(spec, type.id, log);
}

function parseIndexes(text: string, raw: number[]): 0 | number {
  let rest = text;
  while (rest !== "") {
    const number = /^:?\s*(-?\d+)/.exec(rest);
    if (number === null) return -EINVAL;
    if (raw.length === BPF_CORE_SPEC_MAX_LEN) return -E2BIG;
    const index = Number(number[1]) | 0;
    if (index < 0) return -EINVAL;
    raw.push(index);
    rest = rest.slice(number[0].length);
  }
  return 0;
}

function enumSpec(spec: CoreSpec, type: kinds.BtfType): CoreSpec | number {
  const idx = spec.raw[0]!;
  const value = kinds.isEnum(type) ? type.values[idx] : undefined;
  if (value === undefined || spec.raw.length > 1) return -EINVAL;
  spec.steps.push({ typeId: type.id, idx, name: spec.btf.nameOf(value) });
  return spec;
}

function walkIndexes(spec: CoreSpec, start: number, log: (text: string) => void) {
  const { btf, raw } = spec;
  let id = start;
  for (let i = 1; i < raw.length; i++) {
    const type = btf.skipModifiers(id);
    if (type === undefined) return -EINVAL;
    const next = kinds.isStruct(type)
      ? stepToMember(spec, type, raw[i]!)
      : stepToElement(spec, type, raw[i]!);
    if (next === "unexpected") {
      const where = `relo for [${spec.rootTypeId}]  (at idx ${i}) captures type [${type.id}]`;
      log(`prog '': ${where} of unexpected kind ${btfTypeStr(type)}\n`);
      return -EINVAL;
    }
    if (next < 0) return next;
    id = next;
  }
  return spec;
}

/** The type of the member, or a negative errno. */
function stepToMember(spec: CoreSpec, type: kinds.BtfStruct, idx: number): number {
  const member = type.members[idx];
  if (member === undefined) return -EINVAL;
  spec.move(kinds.memberBitOffset(type, member));
  if (member.nameOff !== 0) {
    spec.steps.push({ typeId: type.id, idx, name: spec.btf.nameOf(member) });
  }
  return member.type;
}

function stepToElement(spec: CoreSpec, type: kinds.BtfType, idx: number): number | "unexpected" {
  if (type.kind !== kinds.BTF_KIND_ARRAY) return "unexpected";
  const { btf, steps } = spec;
  const elem = btf.skipModifiers(type.elemType);
  if (elem === undefined) return -EINVAL;
  const isFlexible = isFlexibleArray(btf, steps.at(-1), type);
  if (!isFlexible && idx >= type.nelems) return -EINVAL;
  steps.push({ typeId: elem.id, idx });
  const size = coreSize(btf, elem.id);
  if (size < 0) return size;
  spec.skip(idx, size);
  return elem.id;
}

/**
 * A way as the log shows it.
 *
 * @linux tools/lib/bpf/relo_core.c `bpf_core_format_spec` (6.18)
 * @simplified of a type without such a value Linux shows what lies behind it in memory; here that is left out.
 */
export function specText(spec: CoreSpec): string {
  const { btf, rootTypeId, kind } = spec;
  const type = btf.typeById(rootTypeId)!;
  const name = btf.nameOf(type) || "<anon>";
  const head = `<${coreKindName(kind)}> [${rootTypeId}] ${btfTypeStr(type)} ${name}`;
  const tail = isEnumvalBased(kind) ? enumvalText(spec) : isFieldBased(kind) ? fieldText(spec) : "";
  return (head + tail).slice(0, SPEC_TEXT_MAX);
}

/** What Linux has room for. */
const SPEC_TEXT_MAX = 255;

function enumvalText({ btf, rootTypeId, raw }: CoreSpec): string {
  const type = btf.skipModifiers(rootTypeId);
  if (type === undefined || !kinds.isEnum(type)) return "";
  const value = type.values[raw[0] ?? 0];
  if (value === undefined) return "";
  return `::${btf.nameOf(value)} = ${kinds.enumValueText(type, value)}`;
}

function fieldText({ steps, raw, bitOffset }: CoreSpec): string {
  const path = steps.map(({ name, idx }, i) => {
    if (name !== undefined) return `.${name}`;
    return i > 0 || idx > 0 ? `[${idx >>> 0}]` : "";
  });
  const bits = bitOffset % 8 === 0 ? "" : `.${bitOffset % 8}`;
  return `${path.join("")} (${raw.join(":")} @ offset ${Math.floor(bitOffset / 8)}${bits})`;
}
