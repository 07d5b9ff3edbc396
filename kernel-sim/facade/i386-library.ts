import type { AssembleOptions, MachineProgram } from "../api-kernel.ts";
import type { DynamicOptions, LinkedLibrary } from "../arch/x86/asm/dynamic.ts";
import { type LibrarySymbol, readLibrary } from "../arch/x86/asm/elf-dynamic.ts";
import { plainBytes } from "../user/marshal.ts";

const INTERPRETER = "/lib/ld-linux.so.2";

/** How a program or a library is linked, from what a cell has said; undefined: without shared libraries. */
export function dynamicOptions(
  options: AssembleOptions,
  soname: string | undefined,
  versions: Readonly<Record<string, readonly string[]>> = {},
): DynamicOptions | undefined {
  const { needed, bind = "lazy", runpath = [], interpreter = INTERPRETER } = options;
  if (needed === undefined && soname === undefined) return undefined;
  if (bind !== "lazy" && bind !== "now") {
    throw new TypeError(`i386: bind is "lazy" or "now", not ${String(bind)}`);
  }
  return {
    soname,
    libraries: (needed ?? []).map(linkedLibrary),
    interpreter: String(interpreter),
    runpath: runpath.map(String),
    isBoundNow: bind === "now",
    versions: Object.entries(versions).map(([name, symbols]) => [name, symbols.map(String)]),
  };
}

/** What is meant by a name alone: of several versions the one that says so. */
function exportsOf(symbols: readonly LibrarySymbol[]): LinkedLibrary["exports"] {
  const exports = new Map<string, LibrarySymbol>();
  for (const symbol of symbols) {
    if (!exports.has(symbol.name) || symbol.version !== undefined) exports.set(symbol.name, symbol);
  }
  return exports;
}

/** What a linker learns of a library from its file; of a name alone it learns nothing. */
function linkedLibrary(library: MachineProgram | string): LinkedLibrary {
  if (typeof library === "string") {
    return { soname: library, exports: undefined, imports: new Set() };
  }
  const facts = readLibrary(plainBytes(library.bytes()));
  if (facts === undefined) {
    throw new TypeError(`i386: ${library.name} is no shared library: make it with i386.library()`);
  }
  const defined = facts.symbols.filter(({ isDefined }) => isDefined);
  return {
    soname: facts.soname ?? library.name,
    exports: exportsOf(defined),
    imports: new Set(facts.symbols.filter(({ isDefined }) => !isDefined).map(({ name }) => name)),
  };
}
