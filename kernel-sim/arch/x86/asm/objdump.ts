/** `objdump -d`: the code of an executable, instruction by instruction. */
import { disassemble } from "./disassemble.ts";
import type { ElfImage, ElfSection, ElfSymbol } from "./elf.ts";

/** One instruction of a listing. */
export interface ListedInstruction {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The symbol that is at this address, if there is one: a heading above the instruction. */
  readonly label: string | undefined;
  /** Where a jump or a call leads. */
  readonly target: number | undefined;
}

/** The instructions of one section. */
export function listSection(
  image: ElfImage,
  section: ElfSection,
  syntax: "att" | "intel" = "att",
): ListedInstruction[] {
  const bytes = contentsOf(image, section);
  const symbols = symbolsOf(image, section);
  const symbolAt = (address: number): string | undefined => {
    const near = symbols.findLast(({ value }) => value <= address);
    if (near === undefined || address >= section.vaddr + section.size) return undefined;
    const offset = address - near.value;
    return offset === 0 ? near.name : `${near.name}+0x${offset.toString(16)}`;
  };
  const listed: ListedInstruction[] = [];
  for (let at = 0; at < bytes.length; ) {
    const address = section.vaddr + at;
    const label = symbols.findLast(({ value }) => value === address)?.name;
    const { length, text, target } = disassemble(bytes, at, address, { syntax, symbolAt });
    // An instruction does not go on behind a symbol: there, something else begins.
    const next = symbols.find(({ value }) => value > address && value < address + length);
    const isCut = next !== undefined;
    const taken = isCut ? next.value - address : length;
    listed.push({
      ...{ address, bytes: bytes.slice(at, at + taken), label },
      ...{ text: isCut ? "(bad)" : text, target: isCut ? undefined : target },
    });
    at += taken;
  }
  return listed;
}

/** What objdump prints of all sections with code. */
export function objdump(image: ElfImage, name: string, syntax: "att" | "intel" = "att"): string {
  let out = `\n${name}:     file format elf32-i386\n\n`;
  for (const section of image.sections) {
    if (!section.isExecutable) continue;
    out += `\nDisassembly of section ${section.name}:\n`;
    for (const { address, bytes, text, label } of listSection(image, section, syntax)) {
      if (label !== undefined) out += `\n${hex8(address)} <${label}>:\n`;
      out += line(address, bytes.slice(0, BYTES_PER_LINE), text);
      for (let i = BYTES_PER_LINE; i < bytes.length; i += BYTES_PER_LINE) {
        out += line(address + i, bytes.slice(i, i + BYTES_PER_LINE), undefined);
      }
    }
  }
  return out;
}

const BYTES_PER_LINE = 7;

function line(address: number, bytes: Uint8Array, text: string | undefined): string {
  const shown = [...bytes].map((byte) => `${byte.toString(16).padStart(2, "0")} `).join("");
  const place = address.toString(16).padStart(8);
  if (text === undefined) return `${place}:\t${shown}\n`;
  return `${place}:\t${shown.padEnd(BYTES_PER_LINE * 3)}\t${text}\n`;
}

function hex8(address: number): string {
  return address.toString(16).padStart(8, "0");
}

function contentsOf({ segments }: ElfImage, { vaddr, size }: ElfSection): Uint8Array {
  for (const segment of segments) {
    const start = vaddr - segment.vaddr;
    if (start < 0 || start >= segment.bytes.length) continue;
    return segment.bytes.slice(start, start + size);
  }
  return new Uint8Array(0);
}

/** Symbols of the section by address; of several at one place, a global one is the last. */
function symbolsOf({ symbols }: ElfImage, section: ElfSection): ElfSymbol[] {
  const order = (a: ElfSymbol, b: ElfSymbol): number => {
    return a.value - b.value || Number(a.isGlobal) - Number(b.isGlobal);
  };
  return symbols.filter((symbol) => symbol.section === section.name).sort(order);
}
