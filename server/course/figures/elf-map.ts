import { boot, i386 } from "#kernel-sim";
import type { ElfMap, ElfMapping, ElfSegment } from "#notebook/document";

/** A small program with something in each kind of segment. */
const SOURCE = `
  .section .rodata
question: .ascii "How many?\\n"
  .data
answer: .long 42
  .bss
buffer: .space 10000
  .text
_start:
  movl $4, %eax           # write
  movl $1, %ebx
  movl $question, %ecx
  movl $10, %edx
  int  $0x80
  movl $29, %eax          # pause
  int  $0x80`;

const E_ENTRY = 24;
const E_PHOFF = 28;
const E_PHNUM = 44;
const PHDR_BYTES = 32;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;

/** The program's file, and the mappings of a process that has executed it. */
export function elfMap(): ElfMap {
  const name = "ask";
  const program = i386.assemble(SOURCE, { name });
  const file = program.bytes();
  const machine = boot({ seed: 3, cpus: 1 });
  const process = machine.spawn(program);
  machine.runFor(1_000_000);
  const segments = programHeaders(file);
  const mappings = process.maps
    .trim()
    .split("\n")
    .map((line) => mapping(line, segments));
  machine.close();
  return {
    ...{ name, segments, mappings },
    fileSize: file.length,
    entry: new DataView(file.buffer, file.byteOffset).getUint32(E_ENTRY, true),
  };
}

/** The program headers of a 32-bit ELF file (System V ABI, chapter 5). */
function programHeaders(file: Uint8Array): ElfSegment[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const at = view.getUint32(E_PHOFF, true);
  return Array.from({ length: view.getUint16(E_PHNUM, true) }, (_, n) => {
    const word = (place: number) => view.getUint32(at + n * PHDR_BYTES + place * 4, true);
    const type = word(0);
    const flags = word(6);
    const letters = [4, 2, 1].map((bit, place) =>
      (flags & bit) !== 0 ? ("RWX"[place] ?? "") : "",
    );
    const segment = {
      type:
        type === PT_LOAD ? "LOAD" : type === PT_GNU_STACK ? "GNU_STACK" : `0x${type.toString(16)}`,
      offset: word(1),
      address: word(2),
      fileSize: word(4),
      memorySize: word(5),
      flags: letters.join(""),
    };
    return { ...segment, holds: holds(segment) };
  });
}

function holds({ type, flags, fileSize, memorySize }: Omit<ElfSegment, "holds">): string {
  if (type !== "LOAD") return "how the stack is to be mapped";
  if (flags === "RX") return "the code: .text";
  if (flags === "R") return "constants: .rodata";
  return memorySize > fileSize
    ? "variables: .data, and .bss, which is not in the file"
    : "variables: .data";
}

function mapping(line: string, segments: readonly ElfSegment[]): ElfMapping {
  const [range = "", permissions = "", offset = "", , , ...rest] = line.split(/\s+/);
  const [from = 0, to = 0] = range.split("-").map((text) => Number.parseInt(text, 16));
  const name = rest.join(" ");
  const segment = segments.findIndex(
    ({ type, address, memorySize }) =>
      type === "LOAD" && address < to && from < address + memorySize,
  );
  return {
    ...{ from, to, permissions, name },
    offset: Number.parseInt(offset, 16),
    ...(segment === -1 ? {} : { segment }),
  };
}
