/** An object that a compiler has made for BPF: its sections, symbols and relocations. */

const SHT_REL = 9;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const RELOCATION_BYTES = 16;

export const STT_FUNC = 2;
export const STT_SECTION = 3;
const STV_HIDDEN = 2;

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** It holds zeros, which stand nowhere. */
  readonly isZeros: boolean;
}

export interface ElfSymbol {
  readonly name: string;
  readonly type: number;
  readonly isHidden: boolean;
  /** Of its section; 0: it is somebody else's. */
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

export interface ElfRelocation {
  /** In bytes, in the section that it is for. */
  readonly place: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
}

/** @spec elf(5) */
export class ElfObject {
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  readonly #relocations = new Map<number, ElfRelocation[]>();

  constructor(data: Uint8Array) {
    const bytes = Uint8Array.from(data);
    const view = new DataView(bytes.buffer);
    const long = (at: number) => Number(view.getBigUint64(at, true));
    const first = long(40);
    const count = view.getUint16(60, true);
    const headers = Array.from({ length: count }, (_, i) => {
      const at = first + i * SECTION_BYTES;
      const isZeros = view.getUint32(at + 4, true) === SHT_NOBITS;
      const size = long(at + 32);
      return {
        name: view.getUint32(at, true),
        type: view.getUint32(at + 4, true),
        link: view.getUint32(at + 40, true),
        info: view.getUint32(at + 44, true),
        isZeros,
        bytes: isZeros ? new Uint8Array(size) : bytes.slice(long(at + 24), long(at + 24) + size),
      };
    });
    const names = there(headers[view.getUint16(62, true)]).bytes;
    this.sections = headers.map(({ name, bytes: content, isZeros }, index) => ({
      ...{ index, isZeros, bytes: content },
      name: textAt(names, name),
    }));
    const table = there(headers.find(({ type }) => type === SHT_SYMTAB));
    this.symbols = symbolsOf(table.bytes, there(headers[table.link]).bytes);
    for (const { type, info, bytes: content } of headers) {
      if (type === SHT_REL) this.#relocations.set(info, this.#relocationsIn(content));
    }
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  relocationsOf(section: number): readonly ElfRelocation[] {
    return this.#relocations.get(section) ?? [];
  }

  #relocationsIn(bytes: Uint8Array): ElfRelocation[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length / RELOCATION_BYTES }, (_, i) => ({
      place: Number(view.getBigUint64(i * RELOCATION_BYTES, true)),
      type: view.getUint32(i * RELOCATION_BYTES + 8, true),
      symbol: there(this.symbols[view.getUint32(i * RELOCATION_BYTES + 12, true)]),
    }));
  }
}

function symbolsOf(bytes: Uint8Array, names: Uint8Array): ElfSymbol[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / SYMBOL_BYTES }, (_, i) => {
    const at = i * SYMBOL_BYTES;
    return {
      name: textAt(names, view.getUint32(at, true)),
      type: view.getUint8(at + 4) & 15,
      isHidden: (view.getUint8(at + 5) & 3) === STV_HIDDEN,
      section: view.getUint16(at + 6, true),
      value: Number(view.getBigUint64(at + 8, true)),
      size: Number(view.getBigUint64(at + 16, true)),
    };
  });
}

export function textAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString();
}

/** What an object that a compiler made has for sure. */
export function there<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the object is not as a compiler makes it");
  return part;
}
