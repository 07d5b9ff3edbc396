import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../include/uapi/mman.ts";
import { byteArray } from "../../lib/byte-string.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { checkVersions } from "./check-versions.ts";
import { finiCalls, initCalls } from "./init-fini.ts";
import { needLibrary } from "./libraries.ts";
import { LinkMap } from "./link-map.ts";
import { relocateFile, writeNotes } from "./linker.ts";
import type { LinkerEntry } from "./linker-file.ts";
import { type LinkerState, UndefinedSymbol } from "./linker-state.ts";
import { lookUp } from "./lookup.ts";
import { sortMaps } from "./sort-maps.ts";

const RTLD_LAZY = 1;
const RTLD_NOW = 2;
const RTLD_NOLOAD = 4;
const RTLD_DEEPBIND = 8;
const RTLD_GLOBAL = 0x100;
const RTLD_NODELETE = 0x1000;
/** Handles that stand for no file: the order of every search, and what comes in it behind the caller. */
const RTLD_DEFAULT = 0;
const RTLD_NEXT = 0xffffffff;
/** The handle of the program itself lies in the linker's own file. */
const MAIN_HANDLE = 0x10;
const LOOKUP_NS = 120;
const PROBLEM_BYTES = 4096;

/** Something that a function of the linker cannot do: which file or name it is about, and why. */
class DlError extends Error {
  constructor(about: string, message: string) {
    super(about === "" ? message : `${about}: ${message}`);
  }
}

/**
 * What the functions do that a program calls to load and search libraries while it runs: dlopen, dlclose, dlsym,
 * dlvsym, dlerror.
 *
 * @spec dlopen(3), dlsym(3), dlerror(3); glibc elf/dl-open.c, dl-close.c, dl-sym.c
 * @simplified they are in ld-linux.so.2, where glibc has them in its libc.so.6.
 */
export function dlFunction(
  state: LinkerState,
  name: LinkerEntry,
  args: readonly number[],
  caller: number,
): Program {
  return function* (sys) {
    const [first = 0, second = 0, third = 0] = args;
    try {
      if (name === "dlopen") state.result = yield* dlopen(sys, state, first, second, caller);
      else if (name === "dlclose") state.result = dlclose(state, first);
      else if (name === "dlerror") state.result = yield* dlerror(sys, state);
      else {
        const version = name === "dlvsym" ? state.memory.string(third) : undefined;
        state.result = dlsym(state, first, state.memory.string(second), version, caller);
      }
    } catch (error) {
      if (!(error instanceof DlError)) throw error;
      state.problem = error.message;
      state.result = name === "dlclose" ? -1 : 0;
    }
    yield* writeNotes(sys, state);
    state.entry = caller;
    yield* sys.compute(state.lookups * LOOKUP_NS);
    return 0;
  };
}

function* dlopen(
  sys: Sys,
  state: LinkerState,
  nameAt: number,
  mode: number,
  caller: number,
): SysCall {
  const name = nameAt === 0 ? "" : state.memory.string(nameAt);
  if ((mode & (RTLD_LAZY | RTLD_NOW)) === 0) {
    throw new DlError(name, "invalid mode for dlopen(): Invalid argument");
  }
  const by = mapAt(state, caller) ?? state.maps[0]!;
  const before = state.maps.length;
  const map = name === "" ? state.maps[0]! : yield* open(sys, state, name, by, mode);
  if (map === undefined) return 0;
  map.openCount++;
  if ((mode & RTLD_NODELETE) !== 0) map.isNoDelete = true;
  const added = state.maps.slice(before);
  try {
    if (added.length > 0) yield* prepare(sys, state, map, added, mode);
  } catch (error) {
    yield* forget(sys, state, added);
    throw error;
  }
  if ((mode & RTLD_GLOBAL) !== 0) for (const one of reached(map)) makeGlobal(state, one);
  state.nextCalls = initCalls(state, added);
  return handleOf(state, map);
}

/** The file that is meant, loaded with all that it needs; undefined when it should be loaded already and is not. */
function* open(
  sys: Sys,
  state: LinkerState,
  name: string,
  by: LinkMap,
  mode: number,
): SysCall<LinkMap | undefined> {
  const before = state.maps.length;
  state.isOnlyLooking = (mode & RTLD_NOLOAD) !== 0;
  const found = yield* needLibrary(sys, state, name, by);
  state.isOnlyLooking = false;
  if (!(found instanceof LinkMap)) {
    if (found.message === "") return undefined;
    throw new DlError(found.name, found.message);
  }
  for (let i = before; i < state.maps.length; i++) {
    const map = state.maps[i]!;
    for (const needed of map.needed) {
      const library = yield* needLibrary(sys, state, needed, map);
      if (library instanceof LinkMap) {
        map.dependencies.push(library);
        continue;
      }
      yield* forget(sys, state, state.maps.slice(before));
      throw new DlError(library.name, library.message);
    }
  }
  const [wrong] = checkVersions(state, state.maps.slice(before)).filter(({ isFatal }) => isFatal);
  if (wrong !== undefined) {
    yield* forget(sys, state, state.maps.slice(before));
    throw new DlError("", wrong.message);
  }
  return found;
}

/** Gives new files their scope, and fills their words. */
function* prepare(
  sys: Sys,
  state: LinkerState,
  map: LinkMap,
  added: readonly LinkMap[],
  mode: number,
): SysCall<void> {
  const scope = reached(map);
  for (const one of added) {
    one.scopes.push(scope);
    one.isDeepBound = (mode & RTLD_DEEPBIND) !== 0;
  }
  const isNow = (mode & RTLD_NOW) !== 0 || state.isBoundNow;
  try {
    for (const one of sortMaps(added).toReversed()) yield* relocateFile(sys, state, one, isNow);
  } catch (error) {
    if (!(error instanceof UndefinedSymbol)) throw error;
    yield* writeNotes(sys, state);
    throw new DlError("", error.message);
  }
}

/** Files and all that they need, breadth first, each once. */
function reached(map: LinkMap): readonly LinkMap[] {
  const all = [map];
  for (let i = 0; i < all.length; i++) {
    for (const one of all[i]!.dependencies) if (!all.includes(one)) all.push(one);
  }
  return all;
}

function makeGlobal(state: LinkerState, map: LinkMap): void {
  if (map.isGlobal) return;
  map.isGlobal = true;
  state.globalScope.push(map);
}

/** Takes files out of the process. */
function* forget(sys: Sys, state: LinkerState, maps: readonly LinkMap[]): SysCall<void> {
  for (const map of maps) {
    for (const list of [state.maps, state.globalScope]) {
      const at = list.indexOf(map);
      if (at >= 0) list.splice(at, 1);
    }
    const start = map.segments[0]?.start;
    const end = map.segments.at(-1)?.end;
    if (start !== undefined && end !== undefined) yield* sys.munmap(start, end - start);
  }
}

/** The program's end of a file: when nobody needs it any more, its last functions are called and it goes. */
function dlclose(state: LinkerState, handle: number): number {
  const map = mapOf(state, handle);
  if (map === undefined) throw new DlError("", "invalid handle");
  if (map.openCount === 0) throw new DlError(map.isMain ? "" : map.name, "shared object not open");
  map.openCount--;
  const kept = keptMaps(state);
  const gone = state.maps.filter((one) => !kept.has(one));
  if (gone.length === 0) return 0;
  state.nextCalls = finiCalls(gone);
  state.afterCalls = function* (sys) {
    yield* forget(sys, state, gone);
    state.entry = yield* goBack(sys, state);
    return 0;
  };
  return 0;
}

/** Where the program goes on: what it was about to do when its library was closed lies in the registers. */
function* goBack(sys: Sys, state: LinkerState): SysCall {
  yield* writeNotes(sys, state);
  yield* sys.compute(0);
  return state.resume;
}

/** The files that somebody still uses: what the program came with, what is open, and what these need or have bound. */
function keptMaps(state: LinkerState): ReadonlySet<LinkMap> {
  const isRoot = (map: LinkMap) => map.scopes.length === 0 || map.openCount > 0 || map.isNoDelete;
  const kept = new Set(state.maps.filter(isRoot));
  for (const map of kept) {
    for (const other of [...map.dependencies, ...map.bound]) kept.add(other);
  }
  return kept;
}

/** The address of a symbol. @spec glibc elf/dl-sym.c `do_sym` */
function dlsym(
  state: LinkerState,
  handle: number,
  name: string,
  version: string | undefined,
  caller: number,
): number {
  const from = mapAt(state, caller) ?? state.maps[0]!;
  const { about, scope } = scopeOfHandle(state, handle, from);
  const wanted =
    version === undefined
      ? "newest"
      : ({ name: version, file: undefined, isHidden: true } as const);
  const { tried, found } = lookUp(scope, name, "data", state.isWeakDynamic, wanted);
  state.lookups += tried.length;
  state.noteLookup(from, name, tried, found, version);
  if (found === undefined) {
    const what = version === undefined ? name : `${name}, version ${version}`;
    throw new DlError(about, `undefined symbol: ${what}`);
  }
  // Who asks by a handle has to keep it open as long as the address is used.
  if (handle === RTLD_DEFAULT && found.map !== from) from.bound.add(found.map);
  return found.value;
}

function scopeOfHandle(
  state: LinkerState,
  handle: number,
  from: LinkMap,
): { readonly about: string; readonly scope: readonly LinkMap[] } {
  if (handle === RTLD_DEFAULT) return { about: from.name, scope: state.scopeOf(from) };
  if (handle === RTLD_NEXT) {
    const scope = state.scopeOf(from);
    return { about: from.name, scope: scope.slice(scope.indexOf(from) + 1) };
  }
  const map = mapOf(state, handle);
  if (map === undefined) throw new DlError("", "invalid handle");
  return { about: map.name, scope: map.isMain ? state.globalScope : reached(map) };
}

/** The last problem as a text in the process's memory; 0 when there was none since the last call. */
function* dlerror(sys: Sys, state: LinkerState): SysCall {
  const { problem } = state;
  state.problem = undefined;
  if (problem === undefined) return 0;
  if (state.problemRoom === 0) {
    const prot = PROT_READ | PROT_WRITE;
    const at = yield* sys.mmap(0, PROBLEM_BYTES, prot, MAP_PRIVATE | MAP_ANONYMOUS);
    if (at < 0) return 0;
    state.problemRoom = at;
  }
  const text = `${problem.slice(0, PROBLEM_BYTES - 1)}\0`;
  const bytes = byteArray(text);
  state.memory.setBytes(state.problemRoom, bytes);
  return state.problemRoom;
}

function handleOf(state: LinkerState, map: LinkMap): number {
  return map.isMain ? state.linkerBase + MAIN_HANDLE : map.base;
}

function mapOf(state: LinkerState, handle: number): LinkMap | undefined {
  return state.maps.find((map) => handleOf(state, map) === handle);
}

/** The file that an address lies in. */
function mapAt(state: LinkerState, address: number): LinkMap | undefined {
  return state.maps.find(({ segments }) =>
    segments.some(({ start, end }) => address >= start >>> 0 && address < end >>> 0),
  );
}
