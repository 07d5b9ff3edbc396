/** The types of an object, as whoever loads it changes them before the kernel sees them. */
import {
  BTF_FUNC_GLOBAL,
  BTF_FUNC_STATIC,
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_DATASEC,
  BTF_KIND_DECL_TAG,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VAR,
  BTF_KIND_VOLATILE,
} from "../../../kernel-sim/bpf/btf/kinds.ts";
import { type ElfObject, textAt, there } from "./elf-object.ts";

const HEADER_BYTES = 24;
const TYPE_BYTES = 12;
const MODIFIERS: readonly number[] = [
  ...[BTF_KIND_TYPEDEF, BTF_KIND_TYPE_TAG],
  ...[BTF_KIND_VOLATILE, BTF_KIND_CONST, BTF_KIND_RESTRICT],
];
/** What stands behind a record: so many bytes, and so many more for each of its parts. */
const BEHIND: Readonly<Record<number, readonly [bytes: number, each: number]>> = {
  [BTF_KIND_INT]: [4, 0],
  [BTF_KIND_ARRAY]: [12, 0],
  [BTF_KIND_STRUCT]: [0, 12],
  [BTF_KIND_UNION]: [0, 12],
  [BTF_KIND_ENUM]: [0, 8],
  [BTF_KIND_FUNC_PROTO]: [0, 8],
  [BTF_KIND_VAR]: [4, 0],
  [BTF_KIND_DATASEC]: [0, 12],
  [BTF_KIND_DECL_TAG]: [4, 0],
  [BTF_KIND_ENUM64]: [0, 12],
};
const VAR_GLOBAL_ALLOCATED = 1;
const KSYMS = ".ksyms";
const DUMMY = "dummy_ksym";

/** One of the parts of a type: three words. */
interface Part {
  readonly at: number;
  readonly name: string;
  readonly type: number;
}

export class ObjectBtf {
  #bytes: Uint8Array;
  #view: DataView;
  readonly #places: number[] = [0];

  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#index();
  }

  get hex(): string {
    return Buffer.from(this.#bytes).toString("hex");
  }

  string(at: number): string {
    return textAt(this.#bytes, this.#stringsAt + at);
  }

  name(id: number): string {
    return this.string(this.#word(this.#place(id)));
  }

  kind(id: number): number {
    return (this.#word(this.#place(id) + 4) >>> 24) & 31;
  }

  /** Size, or the type that it refers to. */
  third(id: number): number {
    return this.#word(this.#place(id) + 8);
  }

  plain(id: number): number {
    return MODIFIERS.includes(this.kind(id)) ? this.plain(this.third(id)) : id;
  }

  nelems(id: number): number {
    return this.#word(this.#place(id) + TYPE_BYTES + 8);
  }

  elemType(id: number): number {
    return this.#word(this.#place(id) + TYPE_BYTES);
  }

  /** What the first name of an enumeration stands for. */
  firstValue(id: number): number {
    const at = this.#place(id) + TYPE_BYTES + 4;
    const upper = this.kind(id) === BTF_KIND_ENUM64 ? this.#word(at + 4) : 0;
    return upper * 2 ** 32 + this.#word(at);
  }

  find(name: string, kind: number): number | undefined {
    const id = this.#places.findIndex(
      (_, i) => i > 0 && this.kind(i) === kind && this.name(i) === name,
    );
    return id < 0 ? undefined : id;
  }

  /** Members of a structure, or variables of a section. */
  parts(id: number): Part[] {
    const place = this.#place(id) + TYPE_BYTES;
    const isSection = this.kind(id) === BTF_KIND_DATASEC;
    return Array.from({ length: this.#vlen(id) }, (_, i) => {
      const at = place + i * TYPE_BYTES;
      const type = this.#word(isSection ? at : at + 4);
      return { at, type, name: isSection ? this.name(type) : this.string(this.#word(at)) };
    });
  }

  /** In bytes. */
  memberOffset(struct: number, index: number): number {
    const offset = this.#word(this.#place(struct) + TYPE_BYTES * (index + 1) + 8);
    return (offset & 0xff_ffff) / 8;
  }

  sizeOf(id: number): number {
    const plain = this.plain(id);
    if (this.kind(plain) === BTF_KIND_PTR) return 8;
    if (this.kind(plain) !== BTF_KIND_ARRAY) return this.third(plain);
    return this.nelems(plain) * this.sizeOf(this.elemType(plain));
  }

  /** Puts in what only the linker knows: where variables lie, what is hidden, and what is the kernel's. */
  fixUp(object: ElfObject): void {
    for (let id = 1; id < this.#places.length; id++) {
      if (this.kind(id) === BTF_KIND_FUNC) this.#fixFunction(id, object);
      if (this.kind(id) === BTF_KIND_DATASEC && this.name(id) !== KSYMS) {
        this.#fixSection(id, object);
      }
    }
    const ksyms = this.find(KSYMS, BTF_KIND_DATASEC);
    if (ksyms !== undefined) this.#fixKsyms(ksyms);
  }

  #fixFunction(id: number, { symbols }: ElfObject): void {
    const isHidden = symbols.some(({ name, isHidden: is }) => is && name === this.name(id));
    if (isHidden) this.#setVlen(id, BTF_FUNC_STATIC);
  }

  #fixSection(id: number, object: ElfObject): void {
    const section = object.section(this.name(id));
    if (section === undefined) return;
    this.#put(this.#place(id) + 8, section.bytes.length);
    for (const { at, name } of this.parts(id)) {
      const symbol = object.symbols.find((one) => one.name === name);
      if (symbol !== undefined) this.#put(at + 4, symbol.value);
    }
    this.#sort(this.parts(id));
  }

  /** By where they lie. */
  #sort(parts: readonly Part[]): void {
    const rows = parts.map(({ at }) => [0, 4, 8].map((word) => this.#word(at + word)));
    const inOrder = rows.toSorted(([, a = 0], [, b = 0]) => a - b);
    for (const [i, { at }] of parts.entries()) {
      for (const [word, value] of there(inOrder[i]).entries()) this.#put(at + word * 4, value);
    }
  }

  /** What is the kernel's lies in no section of the program: a number stands for each. */
  #fixKsyms(id: number): void {
    const int = there(this.find("int", BTF_KIND_INT));
    const hasFunctions = this.parts(id).some(({ type }) => this.kind(type) === BTF_KIND_FUNC);
    const dummy = hasFunctions ? this.#addDummy(int) : 0;
    for (const [i, { at, type }] of this.parts(id).entries()) {
      if (this.kind(type) === BTF_KIND_FUNC) {
        this.#setVlen(type, BTF_FUNC_GLOBAL);
        this.#nameParams(this.third(type), this.#word(this.#place(dummy)));
        this.#put(at, dummy);
      } else {
        this.#put(this.#place(type) + 8, int);
        this.#put(this.#place(type) + TYPE_BYTES, VAR_GLOBAL_ALLOCATED);
      }
      this.#put(at + 4, i * 4);
      this.#put(at + 8, 4);
    }
    this.#put(this.#place(id) + 8, this.parts(id).length * 4);
  }

  #nameParams(proto: number, name: number): void {
    const place = this.#place(proto) + TYPE_BYTES;
    for (let i = 0; i < this.#vlen(proto); i++) {
      const at = place + i * 8;
      if (this.#word(at) === 0 && this.#word(at + 4) !== 0) this.#put(at, name);
    }
  }

  #addDummy(int: number): number {
    const typesEnd = HEADER_BYTES + this.#word(12);
    const name = this.#word(20);
    const record = Uint32Array.of(name, BTF_KIND_VAR << 24, int, VAR_GLOBAL_ALLOCATED);
    this.#bytes = Buffer.concat([
      this.#bytes.subarray(0, typesEnd),
      new Uint8Array(record.buffer),
      this.#bytes.subarray(typesEnd),
      Buffer.from(`${DUMMY}\0`),
    ]);
    this.#bytes = Uint8Array.from(this.#bytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#put(12, this.#word(12) + record.byteLength);
    this.#put(16, this.#word(16) + record.byteLength);
    this.#put(20, name + DUMMY.length + 1);
    this.#places.push(typesEnd);
    return this.#places.length - 1;
  }

  #index(): void {
    const end = HEADER_BYTES + this.#word(12);
    for (let at = HEADER_BYTES; at < end; ) {
      this.#places.push(at);
      const id = this.#places.length - 1;
      const [bytes, each] = BEHIND[this.kind(id)] ?? [0, 0];
      at += TYPE_BYTES + bytes + each * this.#vlen(id);
    }
  }

  get #stringsAt(): number {
    return HEADER_BYTES + this.#word(16);
  }

  #place(id: number): number {
    return there(this.#places[id]);
  }

  #vlen(id: number): number {
    return this.#word(this.#place(id) + 4) & 0xffff;
  }

  #setVlen(id: number, vlen: number): void {
    const at = this.#place(id) + 4;
    this.#put(at, ((this.#word(at) & ~0xffff) | vlen) >>> 0);
  }

  #word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  #put(at: number, word: number): void {
    this.#view.setUint32(at, word, true);
  }
}
