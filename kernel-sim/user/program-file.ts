import { setInt64 } from "../mm/uaccess.ts";

/** Name and type of the ELF note that says which TypeScript program a file stands for. */
const NOTE_NAME = "Kernelbook";
export const NT_PROGRAM = 1;

const TEXT = 0x400000;
const ENTRY = 0x401000;
const TEXT_BYTES = 0x10000;
const DATA = 0x420000;
const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_GNU_STACK = 0x6474e551;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

/**
 * The bytes of an executable file for a TypeScript program: a static ELF64 image with a text segment (in
 * which the program's frames and handlers have their addresses), `bssBytes` of zeroed data, and a note with
 * the name under which the kernel knows the program.
 */
export function programFile(name: string, bssBytes = 0): Uint8Array {
  const note = noteBytes(name);
  const headers: readonly (readonly [number, number, number, number, number, number])[] = [
    [
      PT_NOTE,
      PF_R,
      EHDR_BYTES + 4 * PHDR_BYTES,
      TEXT + EHDR_BYTES + 4 * PHDR_BYTES,
      note.length,
      note.length,
    ],
    [PT_LOAD, PF_R | PF_X, 0, TEXT, EHDR_BYTES + 4 * PHDR_BYTES + note.length, TEXT_BYTES],
    [PT_LOAD, PF_R | PF_W, 0, DATA, 0, Math.max(bssBytes, 4096)],
    [PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0],
  ];
  const bytes = new Uint8Array(EHDR_BYTES + headers.length * PHDR_BYTES + note.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  setInt64(view, 24, ENTRY);
  setInt64(view, 32, EHDR_BYTES);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, headers.length, true);
  headers.forEach(([type, flags, offset, vaddr, filesz, memsz], i) => {
    const at = EHDR_BYTES + i * PHDR_BYTES;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    setInt64(view, at + 8, offset);
    setInt64(view, at + 16, vaddr);
    setInt64(view, at + 24, vaddr);
    setInt64(view, at + 32, filesz);
    setInt64(view, at + 40, memsz);
    setInt64(view, at + 48, type === PT_LOAD ? 0x1000 : 4);
  });
  bytes.set(note, EHDR_BYTES + headers.length * PHDR_BYTES);
  return bytes;
}

/** Where the zeroed data of such a file begin. */
export const PROGRAM_BSS = DATA;

/** The note that names a program. */
export function noteBytes(name: string): Uint8Array {
  const bytes = new Uint8Array(12 + 12 + ((name.length + 4) & ~3));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, NOTE_NAME.length + 1, true);
  view.setUint32(4, name.length + 1, true);
  view.setUint32(8, NT_PROGRAM, true);
  for (let i = 0; i < NOTE_NAME.length; i++) bytes[12 + i] = NOTE_NAME.charCodeAt(i);
  for (let i = 0; i < name.length; i++) bytes[24 + i] = name.charCodeAt(i);
  return bytes;
}

/** The program that a note segment names, if it is one of ours. */
export function programOfNote(bytes: Uint8Array): string | undefined {
  if (bytes.length < 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const owner = String.fromCharCode(...bytes.subarray(12, 12 + NOTE_NAME.length));
  if (owner !== NOTE_NAME || view.getUint32(8, true) !== NT_PROGRAM) return undefined;
  const length = view.getUint32(4, true) - 1;
  return String.fromCharCode(...bytes.subarray(24, 24 + length));
}
