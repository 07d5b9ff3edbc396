import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { directories, type LinkMap } from "./link-map.ts";
import type { LinkerState } from "./linker-state.ts";
import { type LoadFailure, loadFile } from "./load.ts";

const SYSTEM_DIRECTORIES: readonly string[] = Object.freeze(["/lib", "/usr/lib"]);
const NOT_FOUND: SearchFailure = Object.freeze({
  message: "cannot open shared object file: No such file or directory",
  isOther: false,
});

/** Why nothing was found, or in which file something is wrong. */
interface SearchFailure extends LoadFailure {
  readonly path?: string;
}

/** Where libraries are looked for, besides what a file says itself. */
export interface SearchSettings {
  /** LD_LIBRARY_PATH; nothing for a program that has more rights than who started it. */
  readonly libraryPath: string | undefined;
}

/** A library could not be loaded. */
export interface MissingLibrary {
  readonly name: string;
  readonly message: string;
}

/**
 * Finds a library that `by` needs and adds it to the files of the process, unless it is there already.
 *
 * @spec ld.so(8), "DESCRIPTION"; glibc elf/dl-load.c `_dl_map_object`
 * @simplified there is no /etc/ld.so.cache and no directory for a kind of processor.
 */
export function* needLibrary(
  sys: Sys,
  state: LinkerState,
  name: string,
  by: LinkMap,
  settings: SearchSettings,
): SysCall<MissingLibrary | undefined> {
  const known = state.maps.find((map) => !map.isMain && map.isCalled(name));
  if (known !== undefined) return undefined;
  const found: LinkMap | SearchFailure = name.includes("/")
    ? ((yield* loadFile(sys, state, name)) ?? NOT_FOUND)
    : yield* search(sys, state, name, by, settings);
  if ("message" in found) return { name: found.path ?? name, message: found.message };
  found.names.add(name);
  if (!state.maps.includes(found)) state.maps.push(found);
  return undefined;
}

function* search(
  sys: Sys,
  state: LinkerState,
  name: string,
  by: LinkMap,
  { libraryPath }: SearchSettings,
): SysCall<LinkMap | SearchFailure> {
  const note = (text: string) => {
    if (state.debug.libs) state.notes.push(text);
  };
  const places: readonly (readonly [readonly string[], string])[] = [
    [by.rpath, `RPATH from file ${by.name}`],
    [directories(libraryPath), "LD_LIBRARY_PATH"],
    [by.runpath, `RUNPATH from file ${by.name}`],
    [SYSTEM_DIRECTORIES, "system search path"],
  ];
  note(`find library=${name} [0]; searching`);
  for (const [dirs, what] of places) {
    if (dirs.length === 0) continue;
    note(` search path=${dirs.join(":")}\t\t(${what})`);
    for (const dir of dirs) {
      const path = `${dir.replace(/\/+$/, "")}/${name}`;
      note(`  trying file=${path}`);
      const loaded = yield* loadFile(sys, state, path);
      if (loaded === undefined) continue;
      if ("message" in loaded && loaded.isOther) continue;
      note("");
      return "message" in loaded ? { ...loaded, path } : loaded;
    }
  }
  note("");
  return NOT_FOUND;
}
