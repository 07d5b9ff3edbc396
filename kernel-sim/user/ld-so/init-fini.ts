import type { MachineCall } from "./call-chain.ts";
import type { LinkMap } from "./link-map.ts";
import type { LinkerState } from "./linker-state.ts";
import { sortMaps } from "./sort-maps.ts";

/**
 * The functions that run before a program, or before a library that was loaded later can be used: of each file after
 * those of the files that it needs. Those of the program itself are not the linker's business, except the very first
 * ones: its start-up code calls them.
 *
 * @spec glibc elf/dl-init.c `_dl_init`
 */
export function initCalls(state: LinkerState, maps: readonly LinkMap[]): readonly MachineCall[] {
  const calls: MachineCall[] = [];
  const add = (functions: readonly number[], note: string) => {
    calls.push({ address: undefined, args: [], notes: ["", note, ""] });
    for (const address of functions) calls.push({ address, args: state.mainArguments, notes: [] });
  };
  const main = maps.find(({ isMain }) => isMain);
  if (main !== undefined && !main.isInitialized && main.preinitFunctions.length > 0) {
    add(main.preinitFunctions, `calling preinit: ${main.name}`);
  }
  for (const map of sortMaps(maps).toReversed()) {
    if (map.isInitialized) continue;
    map.isInitialized = true;
    if (!map.isMain) add(map.initFunctions, `calling init: ${map.name}`);
  }
  return calls;
}

/**
 * The functions that run at the end: of each file before those of the files that it needs. The program's own are among
 * them.
 *
 * @spec glibc elf/dl-fini.c `_dl_fini`
 */
export function finiCalls(maps: readonly LinkMap[]): readonly MachineCall[] {
  const calls: MachineCall[] = [];
  for (const map of sortMaps(maps)) {
    if (!map.isInitialized) continue;
    map.isInitialized = false;
    const name = map.isMain ? "" : map.name;
    map.finiFunctions.forEach((address, i) => {
      const notes = i === 0 ? ["", `calling fini: ${name} [0]`, ""] : [];
      calls.push({ address, args: [], notes });
    });
  }
  return calls;
}
