import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { directories, type LinkMap } from "./link-map.ts";
import type { LinkerState } from "./linker-state.ts";
import { type LoadFailure, loadFile } from "./load.ts";

const SYSTEM_DIRECTORIES: readonly string[] = Object.freeze(["/lib", "/usr/lib"]);
const MISSING = ": No such file or directory";
const NOT_FOUND: SearchFailure = Object.freeze({
  message: `cannot open shared object file${MISSING}`,
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
  /** What has named it, when that was not LD_LIBRARY_PATH. */
  readonly from?: string;
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
): SysCall<MissingLibrary | LinkMap> {
  const known = state.maps.find((map) => !map.isMain && map.isCalled(name));
  if (known !== undefined) return known;
  const { linkerMap } = state;
  if (linkerMap?.isCalled(name) === true) {
    state.add(linkerMap);
    return linkerMap;
  }
  const path = yield* expand(sys, state, name, by);
  const found: LinkMap | SearchFailure = path.includes("/")
    ? ((yield* loadFile(sys, state, path)) ?? NOT_FOUND)
    : yield* search(sys, state, name, by);
  if ("message" in found) return { name: found.path ?? name, message: found.message };
  found.names.add(name);
  if (!state.maps.includes(found)) {
    found.loader = by;
    state.add(found);
  }
  return found;
}

/** Puts the directory of the file that says so in the place of $ORIGIN. */
function* expand(sys: Sys, state: LinkerState, text: string, by: LinkMap): SysCall<string> {
  if (!text.includes("$")) return text;
  const origin = /\$(?:ORIGIN|\{ORIGIN\})/g;
  const directory = origin.test(text) ? yield* originOf(sys, state, by) : "";
  return text
    .replaceAll(origin, directory)
    .replaceAll(/\$(?:LIB|\{LIB\})/g, "lib")
    .replaceAll(/\$(?:PLATFORM|\{PLATFORM\})/g, "i686");
}

/** The directory of a file, from the root. @spec glibc elf/dl-origin.c `_dl_get_origin` */
function* originOf(sys: Sys, state: LinkerState, map: LinkMap): SysCall<string> {
  let path = map.name;
  if (map.isMain && state.stack === undefined) {
    const target = new Uint8Array(PATH_BYTES);
    const length = yield* sys.call("readlink", "/proc/self/exe", target, PATH_BYTES);
    if (length > 0) path = String.fromCharCode(...target.subarray(0, length));
  }
  if (!path.startsWith("/")) {
    const cwd = new Uint8Array(PATH_BYTES);
    const length = yield* sys.call("getcwd", cwd, PATH_BYTES);
    if (length > 0) path = `${String.fromCharCode(...cwd.subarray(0, length - 1))}/${path}`;
  }
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

const PATH_BYTES = 4096;

/** The RPATHs of a file, of who has loaded it, and so on up to the program; a RUNPATH of its own stands against all. */
function rpaths(state: LinkerState, by: LinkMap): (readonly [LinkMap, readonly string[]])[] {
  if (by.runpath.length > 0) return [];
  const chain: LinkMap[] = [];
  for (let map: LinkMap | undefined = by; map !== undefined; map = map.loader) chain.push(map);
  const main = state.maps[0];
  if (main !== undefined && !chain.includes(main)) chain.push(main);
  return chain.map((map) => [map, map.rpath] as const);
}

function* search(
  sys: Sys,
  state: LinkerState,
  name: string,
  by: LinkMap,
): SysCall<LinkMap | SearchFailure> {
  const { libraryPath } = state.search;
  const note = (text: string) => {
    if (state.debug.libs) state.notes.push(text);
  };
  const places: readonly (readonly [LinkMap, readonly string[], string])[] = [
    ...rpaths(state, by).map(([map, dirs]) => [map, dirs, `RPATH from file ${map.name}`] as const),
    [state.maps[0] ?? by, directories(libraryPath), state.search.from ?? "LD_LIBRARY_PATH"],
    [by, by.runpath, `RUNPATH from file ${by.name}`],
    [by, SYSTEM_DIRECTORIES, "system search path"],
  ];
  note(`find library=${name} [0]; searching`);
  for (const [owner, written, what] of places) {
    const dirs: string[] = [];
    for (const dir of written) {
      // Who has more rights than who started the program takes nothing from a place that this one has chosen.
      if (state.isSecure && dir.includes("$")) continue;
      dirs.push(yield* expand(sys, state, dir, owner));
    }
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
