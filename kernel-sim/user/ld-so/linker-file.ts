import { vdsoImage } from "../../arch/x86/entry/vdso/image.ts";
import { noteBytes } from "../program-file.ts";

/** The path of the dynamic linker, and the name of its program. */
export const LINKER_PATH = "/lib/ld-linux.so.2";
const LINKER_SONAME = "ld-linux.so.2";

const TEXT = 0x1000;
const ENTRY_BYTES = 16;
const HLT = 0xf4;

/**
 * Places in the linker's file that machine code comes to. Where a call goes before it is bound; where functions return
 * to that the linker has called; what a program calls at its end; and what programs may call.
 */
const LINKER_ENTRIES = Object.freeze([
  ...["_start", "_dl_runtime_resolve", "_dl_return", "_dl_fini"],
  ...["dlopen", "dlclose", "dlsym", "dlvsym", "dlerror"],
] as const);

export type LinkerEntry = (typeof LINKER_ENTRIES)[number];

/** The first of them that other files see. */
const FIRST_EXPORT = 4;

/** Where in the linker's file an entry is. */
export function linkerOffset(entry: LinkerEntry): number {
  return TEXT + LINKER_ENTRIES.indexOf(entry) * ENTRY_BYTES;
}

/** Which entry is at an offset of the linker's file. */
export function linkerEntryAt(offset: number): LinkerEntry | undefined {
  const index = (offset - TEXT) / ENTRY_BYTES;
  return Number.isInteger(index) ? LINKER_ENTRIES[index] : undefined;
}

/**
 * The file of the dynamic linker: a library of 32 bits that names the program, with a page of text whose instructions
 * no user may execute; the linker's own context knows what they stand for.
 */
export function linkerFile(): Uint8Array {
  const code = new Uint8Array(LINKER_ENTRIES.length * ENTRY_BYTES).fill(HLT);
  const symbols = LINKER_ENTRIES.slice(FIRST_EXPORT).map((name) => ({
    ...{ name, offset: linkerOffset(name), size: ENTRY_BYTES, version: "GLIBC_2.0" },
  }));
  return vdsoImage(
    {
      ...{ is64Bit: false, soname: LINKER_SONAME, code, codeAt: TEXT, symbols },
      ...{ versions: ["GLIBC_2.0"], entry: TEXT, note: noteBytes(LINKER_PATH), isLinker: true },
    },
    TEXT + code.length,
  );
}
