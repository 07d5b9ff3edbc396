/** The maps of an object: those that it declares, and one for each section of variables. */
import {
  BTF_KIND_ARRAY,
  BTF_KIND_DATASEC,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
} from "../../../kernel-sim/bpf/btf/kinds.ts";
import { BPF_MAP_TYPE_NAMES } from "../../../kernel-sim/bpf/uapi.ts";
import type { MapRecord } from "../bpf-record.ts";
import { type ElfObject, type ElfSection, there } from "./elf-object.ts";
import type { ObjectBtf } from "./object-btf.ts";

const BPF_F_RDONLY_PROG = 128;
const BPF_F_MMAPABLE = 1024;
const NAME_MAX = 15;
/** Of the machine that was asked. */
const CPUS = 2;
/** They are made without types. @linux tools/lib/bpf/libbpf.c `bpf_object__create_map` (6.18) */
const UNTYPED: readonly string[] = [
  ...["perf_event_array", "cgroup_array", "stack_trace", "array_of_maps", "hash_of_maps"],
  ...["devmap", "devmap_hash", "cpumap", "xskmap", "sockmap", "sockhash", "queue", "stack"],
  ...["arena", "ringbuf", "user_ringbuf", "prog_array"],
];

export interface ObjectMap {
  readonly record: MapRecord;
  readonly section: number;
  /** Where it is declared in there; undefined: it is the whole section. */
  readonly offset: number | undefined;
}

export function mapsOf(object: ElfObject, btf: ObjectBtf | undefined, name: string): ObjectMap[] {
  const declared = object.section(".maps");
  const data = object.sections.filter(isData).map((section) => ({
    record: dataMap(section, btf, name),
    section: section.index,
    offset: undefined,
  }));
  return declared && btf ? [...declaredMaps(object, declared, btf), ...data] : data;
}

function isData({ name, bytes }: ElfSection): boolean {
  return bytes.length > 0 && /^\.(?:data|rodata|bss)/.test(name);
}

/** @linux tools/lib/bpf/libbpf.c `bpf_object__init_internal_map` (6.18) */
function dataMap(section: ElfSection, btf: ObjectBtf | undefined, object: string): MapRecord {
  const isConst = section.name.startsWith(".rodata");
  const type = btf?.find(section.name, BTF_KIND_DATASEC);
  const value = Buffer.from(section.bytes).toString("hex");
  return {
    type: "array",
    name: (object.slice(0, NAME_MAX - section.name.length) + section.name)
      .slice(0, NAME_MAX)
      .replaceAll("-", "_"),
    ...{ key_size: 4, value_size: section.bytes.length, max_entries: 1 },
    flags: isConst ? BPF_F_RDONLY_PROG | BPF_F_MMAPABLE : BPF_F_MMAPABLE,
    ...(section.isZeros ? {} : { init: [{ key: "00000000", value }] }),
    ...(isConst ? { frozen: true } : {}),
    ...(type === undefined ? {} : { btf: "program", btf_key_type_id: 0, btf_value_type_id: type }),
  };
}

function declaredMaps(object: ElfObject, section: ElfSection, btf: ObjectBtf): ObjectMap[] {
  const datasec = there(btf.find(".maps", BTF_KIND_DATASEC));
  return btf.parts(datasec).map(({ name, type }) => ({
    record: { ...declaredMap(btf, btf.plain(btf.third(type))), name: name.slice(0, NAME_MAX) },
    section: section.index,
    offset: there(object.symbols.find((symbol) => symbol.name === name)).value,
  }));
}

/** What a structure of `__uint` and `__type` says. @linux tools/lib/bpf/libbpf.c `parse_btf_map_def` (6.18) */
function declaredMap(btf: ObjectBtf, struct: number): MapRecord {
  const numbers: Record<string, number> = {};
  const types: Record<string, number> = {};
  let inner: MapRecord | undefined;
  for (const { name, type } of btf.parts(struct)) {
    const plain = btf.plain(type);
    if (btf.kind(plain) === BTF_KIND_ARRAY) {
      const value = btf.plain(btf.third(btf.plain(btf.elemType(plain))));
      if (btf.kind(value) === BTF_KIND_STRUCT) inner = declaredMap(btf, value);
    } else if (btf.kind(plain) === BTF_KIND_PTR) {
      const target = btf.plain(btf.third(plain));
      if (name === "key" || name === "value") types[name] = btf.third(plain);
      else numbers[name] = btf.nelems(target);
    } else {
      numbers[name] = btf.firstValue(plain);
    }
  }
  const type = there(BPF_MAP_TYPE_NAMES[numbers["type"] ?? 0]);
  const sizeOf = (part: "key" | "value") =>
    types[part] === undefined ? (numbers[`${part}_size`] ?? 0) : btf.sizeOf(types[part]);
  const isTyped = types["value"] !== undefined && !UNTYPED.includes(type);
  return {
    type,
    key_size: sizeOf("key"),
    value_size: inner === undefined ? sizeOf("value") : 4,
    max_entries: numbers["max_entries"] ?? (type === "perf_event_array" ? CPUS : 0),
    flags: numbers["map_flags"] ?? 0,
    ...(numbers["map_extra"] === undefined ? {} : { map_extra: numbers["map_extra"] }),
    ...(inner === undefined ? {} : { inner }),
    ...(isTyped
      ? {
          btf: "program",
          btf_key_type_id: types["key"] ?? 0,
          btf_value_type_id: types["value"] ?? 0,
        }
      : {}),
  };
}
