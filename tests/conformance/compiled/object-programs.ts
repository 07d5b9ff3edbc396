/** The programs of an object as a loader hands them to the kernel, each with the functions that it calls. */
import { BTF_KIND_DATASEC } from "../../../kernel-sim/bpf/btf/kinds.ts";
import type { VerifyRecord } from "../bpf-record.ts";
import {
  ElfObject,
  type ElfRelocation,
  type ElfSymbol,
  STT_FUNC,
  STT_SECTION,
  there,
} from "./elf-object.ts";
import { ObjectBtf } from "./object-btf.ts";
import { mapsOf, type ObjectMap } from "./object-maps.ts";
import { type SectionKind, sectionKind } from "./object-sections.ts";

const INSN_BYTES = 8;
const [LD_IMM64, CALL] = [0x18, 0x85];
const [PSEUDO_MAP_FD, PSEUDO_MAP_VALUE, PSEUDO_BTF_ID, PSEUDO_FUNC] = [1, 2, 3, 4];
const [PSEUDO_CALL, PSEUDO_KFUNC_CALL] = [1, 2];
const EXT_HEADER_BYTES = 8;
/** What a call has in the place of a number of the kernel's: names are told beside. */
const FIRST_NUMBER = 0x7000_0000;
const STRUCT_OPS = "struct_ops";

/** What is asked of the kernel. */
export type ObjectProgram = Omit<VerifyRecord, "load" | "runs">;

/** Rows of `.BTF.ext`: whose place is in bytes in a section. */
type InfoRows = ReadonlyMap<string, readonly (readonly number[])[]>;

interface ProgFunction {
  readonly symbol: ElfSymbol;
  /** Where it stands in the program, in instructions. */
  readonly start: number;
}

export function programsOf(bytes: Uint8Array, name: string): ObjectProgram[] {
  return new ObjectPrograms(bytes, name).all();
}

class ObjectPrograms {
  readonly #object: ElfObject;
  readonly #name: string;
  readonly #btf: ObjectBtf | undefined;
  readonly #maps: readonly ObjectMap[];
  readonly #infos: readonly InfoRows[];

  constructor(bytes: Uint8Array, name: string) {
    this.#object = new ElfObject(bytes);
    this.#name = name;
    const types = this.#object.section(".BTF");
    this.#btf = types && new ObjectBtf(types.bytes);
    this.#btf?.fixUp(this.#object);
    this.#maps = mapsOf(this.#object, this.#btf, name);
    const infos = this.#object.section(".BTF.ext");
    this.#infos = infos && this.#btf ? infosOf(infos.bytes, this.#btf) : [];
  }

  all(): ObjectProgram[] {
    return this.#object.symbols
      .filter(({ type, section }) => type === STT_FUNC && section > 0)
      .flatMap((symbol) => {
        const kind = this.#kindOf(symbol);
        return kind === undefined ? [] : [this.#program(symbol, kind)];
      });
  }

  #kindOf(symbol: ElfSymbol): SectionKind | undefined {
    const section = there(this.#object.sections[symbol.section]).name;
    return section.startsWith(STRUCT_OPS) ? this.#memberOf(symbol) : sectionKind(section);
  }

  /** Where a table of functions names it. */
  #memberOf(symbol: ElfSymbol): SectionKind | undefined {
    const table = there(this.#object.sections.find(({ name }) => /^\.struct_ops/.test(name)));
    const relocation = this.#object
      .relocationsOf(table.index)
      .find((one) => one.symbol.name === symbol.name);
    const btf = there(this.#btf);
    const [variable] = btf.parts(there(btf.find(table.name, BTF_KIND_DATASEC)));
    const struct = btf.plain(btf.third(there(variable).type));
    const index = btf
      .parts(struct)
      .findIndex((_, i) => btf.memberOffset(struct, i) === relocation?.place);
    if (index < 0) return undefined;
    return {
      prog_type: "struct_ops",
      expected_attach_type: index,
      attach_to: btf.name(struct),
    };
  }

  #program(symbol: ElfSymbol, kind: SectionKind): ObjectProgram {
    const code = new ProgramCode(this.#object, this.#maps);
    const functions = code.collect(symbol);
    const license = this.#object.section("license");
    const [func_info, line_info, relos] = this.#infos.map((rows) => this.#rowsOf(rows, functions));
    // There the kernel counts bytes.
    const core_relo = relos?.map(([at = 0, ...rest]) => [at * INSN_BYTES, ...rest]);
    return {
      ...{ id: `${this.#name}/${symbol.name}`, kind: "verify", ...kind },
      license: license === undefined ? "" : Buffer.from(license.bytes.slice(0, -1)).toString(),
      insns: Buffer.from(code.bytes).toString("hex"),
      maps: code.maps,
      ...(code.kfuncs.size > 0 ? { kfuncs: Object.fromEntries(code.kfuncs) } : {}),
      ...(code.ksyms.size > 0 ? { ksyms: Object.fromEntries(code.ksyms) } : {}),
      ...(this.#btf === undefined ? {} : { btf: this.#btf.hex, one_btf: true }),
      ...(func_info?.length ? { func_info: func_info as [number, number][] } : {}),
      ...(line_info?.length ? { line_info } : {}),
      ...(core_relo?.length ? { core_relo } : {}),
    };
  }

  /** Those of its functions, by instructions of the program. */
  #rowsOf(rows: InfoRows, functions: readonly ProgFunction[]): number[][] {
    return functions.flatMap(({ symbol, start }) => {
      const own = rows.get(there(this.#object.sections[symbol.section]).name) ?? [];
      return own
        .filter(([at = 0]) => at >= symbol.value && at < symbol.value + symbol.size)
        .map(([at = 0, ...rest]) => [(at - symbol.value) / INSN_BYTES + start, ...rest]);
    });
  }
}

/** Puts functions behind each other, and into instructions what relocations ask for. */
class ProgramCode {
  readonly #object: ElfObject;
  readonly #all: readonly ObjectMap[];
  readonly #functions: ProgFunction[] = [];
  readonly #used: ObjectMap[] = [];
  readonly kfuncs = new Map<string, string>();
  readonly ksyms = new Map<string, string>();
  bytes = new Uint8Array();

  constructor(object: ElfObject, maps: readonly ObjectMap[]) {
    this.#object = object;
    this.#all = maps;
  }

  get maps() {
    return this.#used.map(({ record }) => record);
  }

  /** @linux tools/lib/bpf/libbpf.c `bpf_object__reloc_code` (6.18) */
  collect(symbol: ElfSymbol): readonly ProgFunction[] {
    this.#add(symbol);
    return this.#functions;
  }

  #add(symbol: ElfSymbol): ProgFunction {
    const known = this.#functions.find((one) => one.symbol === symbol);
    if (known !== undefined) return known;
    const added = { symbol, start: this.bytes.length / INSN_BYTES };
    this.#functions.push(added);
    const { section, value, size } = symbol;
    const code = there(this.#object.sections[section]).bytes.subarray(value, value + size);
    const joined = new Uint8Array(this.bytes.length + code.length);
    joined.set(this.bytes);
    joined.set(code, this.bytes.length);
    this.bytes = joined;
    const relocations = new Map(
      this.#object.relocationsOf(section).map((one) => [one.place - value, one]),
    );
    for (let at = 0; at < size; at += INSN_BYTES) {
      this.#relocate(added, at, relocations.get(at));
      if (this.#opcode(added, at) === LD_IMM64) at += INSN_BYTES;
    }
    return added;
  }

  #opcode({ start }: ProgFunction, at: number): number {
    return there(this.bytes[start * INSN_BYTES + at]);
  }

  #relocate(own: ProgFunction, at: number, relocation: ElfRelocation | undefined): void {
    const place = own.start * INSN_BYTES + at;
    const opcode = this.bytes[place];
    const source = there(this.bytes[place + 1]) >> 4;
    const imm = this.#view.getInt32(place + 4, true);
    if (opcode === CALL && (relocation !== undefined || source === PSEUDO_CALL)) {
      this.#call(own, at, imm, relocation);
    } else if (opcode === LD_IMM64 && relocation !== undefined) {
      this.#load(place, imm, relocation);
    }
  }

  #call(own: ProgFunction, at: number, imm: number, relocation: ElfRelocation | undefined): void {
    const place = own.start * INSN_BYTES + at;
    const symbol = relocation?.symbol;
    if (symbol?.section === 0) {
      this.#setSource(place, PSEUDO_KFUNC_CALL);
      this.#setImm(place, this.#number(this.kfuncs, symbol.name));
      return;
    }
    const isSection = symbol?.type === STT_SECTION;
    const from = symbol === undefined ? own.symbol.value + at + INSN_BYTES : symbol.value;
    const target =
      symbol === undefined
        ? from + imm * INSN_BYTES
        : from + (isSection ? (imm + 1) * INSN_BYTES : 0);
    const { start } = this.#add(this.#functionAt(symbol?.section ?? own.symbol.section, target));
    this.#setImm(place, start - place / INSN_BYTES - 1);
  }

  #load(place: number, imm: number, { symbol }: ElfRelocation): void {
    if (symbol.section === 0) {
      this.#setSource(place, PSEUDO_BTF_ID);
      this.#setImm(place, this.#number(this.ksyms, symbol.name));
      return;
    }
    const at = symbol.value + (symbol.type === STT_SECTION ? imm : 0);
    const map = this.#all.find(
      ({ section, offset }) => section === symbol.section && (offset ?? at) === at,
    );
    if (map === undefined) {
      const { start } = this.#add(this.#functionAt(symbol.section, at));
      this.#setSource(place, PSEUDO_FUNC);
      this.#setImm(place, start - place / INSN_BYTES - 1);
      return;
    }
    if (!this.#used.includes(map)) this.#used.push(map);
    this.#setSource(place, map.offset === undefined ? PSEUDO_MAP_VALUE : PSEUDO_MAP_FD);
    this.#setImm(place, this.#used.indexOf(map));
    if (map.offset === undefined) {
      this.#setImm(place + INSN_BYTES, symbol.value + imm);
    }
  }

  #functionAt(section: number, value: number): ElfSymbol {
    return there(
      this.#object.symbols.find(
        (one) => one.type === STT_FUNC && one.section === section && one.value === value,
      ),
    );
  }

  #number(names: Map<string, string>, name: string): number {
    const known = [...names].find(([, one]) => one === name)?.[0];
    const number = known === undefined ? FIRST_NUMBER + names.size : Number(known);
    names.set(String(number), name);
    return number;
  }

  get #view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset);
  }

  #setSource(place: number, source: number): void {
    this.bytes[place + 1] = (there(this.bytes[place + 1]) & 15) | (source << 4);
  }

  #setImm(place: number, imm: number): void {
    this.#view.setInt32(place + 4, imm, true);
  }
}

/** Of functions, of lines and of what is fitted to the kernel. @linux Documentation/bpf/btf.rst ".BTF.ext" (6.18) */
function infosOf(bytes: Uint8Array, btf: ObjectBtf): InfoRows[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = view.getUint32(4, true);
  return [0, 1, 2].map((i) => {
    const at = EXT_HEADER_BYTES + i * 8;
    if (at >= header) return new Map();
    return rowsIn(view, header + view.getUint32(at, true), view.getUint32(at + 4, true), btf);
  });
}

function rowsIn(view: DataView, start: number, length: number, btf: ObjectBtf): InfoRows {
  const rows = new Map<string, number[][]>();
  if (length === 0) return rows;
  const words = view.getUint32(start, true) / 4;
  for (let at = start + 4; at < start + length; ) {
    const section = btf.string(view.getUint32(at, true));
    const count = view.getUint32(at + 4, true);
    at += 8;
    const own: number[][] = [];
    for (let i = 0; i < count; i++, at += words * 4) {
      own.push(Array.from({ length: words }, (_, word) => view.getUint32(at + word * 4, true)));
    }
    rows.set(section, own);
  }
  return rows;
}
