import { noteBytes } from "../program-file.ts";

/** The path of the dynamic linker, and the name of its program. */
export const LINKER_PATH = "/lib/ld-linux.so.2";

const EHDR = 52;
const PHDR = 32;
const TEXT = 0x1000;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_GNU_STACK = 0x6474e551;
const HLT = 0xf4;

/**
 * The file of the dynamic linker: a library of 32 bits that names the program, with a page of text whose instructions
 * no user may execute; the linker's own context knows what they stand for.
 */
export function linkerFile(): Uint8Array {
  const note = noteBytes(LINKER_PATH);
  const noteAt = EHDR + 3 * PHDR;
  const bytes = new Uint8Array(TEXT + 64);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 3, true);
  const words = [1, TEXT, EHDR, 0, 0];
  words.forEach((word, i) => {
    view.setUint32(20 + i * 4, word, true);
  });
  [EHDR, PHDR, 3, 40, 0, 0].forEach((half, i) => {
    view.setUint16(40 + i * 2, half, true);
  });
  const segments = [
    [PT_NOTE, noteAt, noteAt, noteAt, note.length, note.length, 4, 4],
    [PT_LOAD, 0, 0, 0, bytes.length, bytes.length, 5, 0x1000],
    [PT_GNU_STACK, 0, 0, 0, 0, 0, 6, 16],
  ];
  segments.flat().forEach((word, i) => {
    view.setUint32(EHDR + i * 4, word, true);
  });
  bytes.set(note, noteAt);
  bytes.fill(HLT, TEXT);
  return bytes;
}
