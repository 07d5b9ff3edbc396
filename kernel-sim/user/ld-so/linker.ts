import { PT_DYNAMIC } from "../../arch/x86/asm/elf-dynamic.ts";
import { PROT_WRITE } from "../../include/uapi/mman.ts";
import type { Program, UserRequest } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { checkVersions } from "./check-versions.ts";
import { initCalls } from "./init-fini.ts";
import { needLibrary, type SearchSettings } from "./libraries.ts";
import { LinkMap, type MappedSegment } from "./link-map.ts";
import { LINKER_PATH } from "./linker-file.ts";
import { type LinkerState, UndefinedSymbol } from "./linker-state.ts";
import { relocate } from "./relocate.ts";
import { sortMaps } from "./sort-maps.ts";
import {
  auxvAt,
  dropUnsecure,
  linkerMapAt,
  loadProgram,
  type OwnOptions,
  ownOptions,
  passArguments,
} from "./start.ts";

const AT_NULL = 0;
const AT_PHDR = 3;
const AT_PHNUM = 5;
const AT_BASE = 7;
const AT_ENTRY = 9;
const AT_SECURE = 23;
const AT_SYSINFO_EHDR = 33;
const PT_LOAD = 1;
const PT_PHDR = 6;
const R_OK = 4;
/** The exit status of a program that cannot be linked. */
const CANNOT_LINK = 127;
/** It was started as a program, with options that it does not know; or it cannot run what it was told to. */
const BAD_USAGE = 1;
/** `--verify` of a program that needs no linker. */
const NOT_DYNAMIC = 2;
const EHDR = 52;
const STDERR = 2;
/** A file that is looked at for a symbol: its hash table, a chain, a name. */
const LOOKUP_NS = 120;
const PRELOAD_FILE = "/etc/ld.so.preload";

type Environment = Readonly<Record<string, string>>;

/**
 * The dynamic linker, /lib/ld-linux.so.2: loads the libraries of a program of machine code, binds its symbols, calls
 * their first functions, and lets the program begin. Started as a program itself it does that for the one it is told.
 *
 * @spec ld.so(8); glibc elf/rtld.c `dl_main`
 * @simplified it is a TypeScript program, so that its instructions cannot be stepped through.
 */
export function linkerProgram(state: LinkerState, stack: number): Program {
  return function* (sys, argv, env) {
    const auxv = readAuxv(state, stack);
    const isOwnProgram = auxv(AT_BASE) === 0;
    state.linkerBase = isOwnProgram ? auxv(AT_PHDR) - EHDR : auxv(AT_BASE);
    state.linkerMap = linkerMapAt(state, state.linkerBase, LINKER_PATH);
    state.program = argv[0] ?? "";
    state.isSecure = auxv(AT_SECURE) !== 0;
    setWishes(state, env);
    const own = isOwnProgram ? ownOptions(argv) : undefined;
    if (own !== undefined && "says" in own) {
      yield* sys.write(STDERR, own.says);
      return BAD_USAGE;
    }
    let entry = auxv(AT_ENTRY);
    if (own === undefined) state.add(mainMap(state, auxv));
    else {
      state.program = argv[own.at]!;
      const program = yield* loadProgram(sys, state, state.program);
      if (typeof program === "string") {
        if (own.isVerify) return BAD_USAGE;
        return yield* fail(sys, state, `error while loading shared libraries: ${program}`);
      }
      entry = program.entry;
      state.add(program.map);
      passArguments(state, stack, own.at, program);
      state.program = own.argv0 ?? state.program;
      if (own.isVerify) return program.map.needed.length === 0 ? NOT_DYNAMIC : 0;
    }
    state.search = searchSettings(state, env, own);
    const isListing = own?.isList === true || env["LD_TRACE_LOADED_OBJECTS"] !== undefined;
    yield* preload(sys, state, env, own?.preload);
    const missing = yield* loadAll(sys, state, isListing);
    if (missing !== undefined) return yield* fail(sys, state, missing);
    yield* writeNotes(sys, state);
    const complaints = checkVersions(state, state.maps);
    for (const { message } of complaints) {
      yield* sys.write(STDERR, `${state.program}: ${message}\n`);
    }
    if (!isListing && complaints.some(({ isFatal }) => isFatal)) return BAD_USAGE;
    state.globalScope.push(...state.maps);
    for (const map of state.maps) map.isGlobal = true;
    if (isListing) return yield* list(sys, state, auxv);
    try {
      // What others need comes first: what the program copies has its values then.
      for (const map of sortMaps(state.maps).toReversed())
        yield* relocateFile(sys, state, map, state.isBoundNow);
    } catch (error) {
      if (!(error instanceof UndefinedSymbol)) throw error;
      yield* writeNotes(sys, state);
      return yield* fail(sys, state, `symbol lookup error: ${error.message}`);
    }
    const begin = state.stack ?? stack;
    const argc = state.memory.word(begin);
    state.mainArguments = [argc, begin + 4, begin + 4 * (argc + 2)];
    if (state.isSecure) dropUnsecure(state, begin);
    state.nextCalls = initCalls(state, state.maps);
    yield* writeNotes(sys, state);
    state.isStarted = true;
    state.entry = entry;
    yield* sys.compute(state.lookups * LOOKUP_NS);
    return 0;
  };
}

/** What the environment asks for; who has more rights than who started it does not listen. */
function setWishes(state: LinkerState, env: Environment): void {
  const wishes = new Set(state.isSecure ? [] : (env["LD_DEBUG"] ?? "").split(/[ ,:]/));
  const isWanted = (name: string) => wishes.has(name) || wishes.has("all");
  state.debug = {
    libs: isWanted("libs"),
    symbols: isWanted("symbols"),
    bindings: isWanted("bindings"),
  };
  state.isWeakDynamic = !state.isSecure && env["LD_DYNAMIC_WEAK"] !== undefined;
  state.isBoundNow = (env["LD_BIND_NOW"] ?? "") !== "";
}

function searchSettings(
  state: LinkerState,
  env: Environment,
  own: OwnOptions | undefined,
): SearchSettings {
  if (own?.libraryPath !== undefined) {
    return { libraryPath: own.libraryPath, from: "--library-path" };
  }
  return { libraryPath: state.isSecure ? undefined : env["LD_LIBRARY_PATH"] };
}

/** What the kernel has said, behind the environment on the stack. */
function readAuxv(state: LinkerState, stack: number): (tag: number) => number {
  const { memory } = state;
  const values = new Map<number, number>();
  for (let at = auxvAt(state, stack); memory.word(at) !== AT_NULL; at += 8)
    values.set(memory.word(at), memory.word(at + 4));
  return (tag) => values.get(tag) ?? 0;
}

/** The program itself, as the kernel has mapped it. */
function mainMap(state: LinkerState, auxv: (tag: number) => number): LinkMap {
  const { memory } = state;
  const phdr = auxv(AT_PHDR);
  let base = 0;
  let dynamic = 0;
  const segments: MappedSegment[] = [];
  for (let i = 0; i < auxv(AT_PHNUM); i++) {
    const word = (field: number) => memory.word(phdr + i * 32 + field * 4);
    if (word(0) === PT_PHDR) base = phdr - word(2);
    if (word(0) === PT_DYNAMIC) dynamic = word(2);
    if (word(0) !== PT_LOAD) continue;
    const start = base + word(2);
    const flags = word(6);
    const prot = ((flags & 4) >> 2) | (flags & 2) | ((flags & 1) << 2);
    segments.push({ start: start & ~4095, end: (start + word(5) + 4095) & ~4095, prot });
  }
  return new LinkMap(memory, {
    ...{ name: state.program, base, dynamic: dynamic === 0 ? 0 : base + dynamic },
    ...{ isMain: true, identity: "", segments },
  });
}

/** What the command line, the environment and the system want to come first. */
function* preload(
  sys: Sys,
  state: LinkerState,
  env: Environment,
  own: string | undefined,
): SysCall<void> {
  const lists: readonly (readonly [string | undefined, string])[] = [
    [env["LD_PRELOAD"], "LD_PRELOAD"],
    [own, "--preload"],
  ];
  for (const [list = "", from] of lists) {
    const wanted = list.split(/[ :]/).filter((name) => name !== "");
    // Who runs with more rights takes them from the system's directories alone.
    const names = state.isSecure ? wanted.filter((name) => !name.includes("/")) : wanted;
    for (const name of names) yield* preloadOne(sys, state, name, from);
  }
  if ((yield* sys.call("access", PRELOAD_FILE, R_OK)) < 0) return;
  const fd = yield* sys.open(PRELOAD_FILE);
  const bytes = fd < 0 ? fd : yield* sys.read(fd, 4096);
  if (typeof bytes === "number") return;
  yield* sys.close(fd);
  const text = String.fromCharCode(...bytes).replace(/#.*/g, "");
  for (const name of text.split(/[\s:]+/).filter((part) => part !== "")) {
    yield* preloadOne(sys, state, name, PRELOAD_FILE);
  }
}

function* preloadOne(sys: Sys, state: LinkerState, name: string, from: string): SysCall<void> {
  const missing = yield* needLibrary(sys, state, name, state.maps[0]!);
  if (missing instanceof LinkMap) return;
  const reason = missing.message.replace(/: No such file or directory$/, "");
  yield* sys.write(
    STDERR,
    `ERROR: ld.so: object '${name}' from ${from} cannot be preloaded (${reason}): ignored.\n`,
  );
}

/** Breadth first: what the program needs, then what these need. Answers why it cannot be done. */
function* loadAll(sys: Sys, state: LinkerState, isListing: boolean): SysCall<string | undefined> {
  for (let i = 0; i < state.maps.length; i++) {
    const map = state.maps[i]!;
    for (const name of map.needed) {
      const found = yield* needLibrary(sys, state, name, map);
      if (found instanceof LinkMap) {
        map.dependencies.push(found);
        continue;
      }
      if (!isListing) {
        yield* writeNotes(sys, state);
        return `error while loading shared libraries: ${found.name}: ${found.message}`;
      }
      yield* sys.write(1, `\t${name} => not found\n`);
    }
  }
  return undefined;
}

/** Fills a file's words, with pages of text made writable where it has to be. */
export function* relocateFile(
  sys: Sys,
  state: LinkerState,
  map: LinkMap,
  isNow: boolean,
): SysCall<void> {
  if (map.isRelocated) return;
  map.isRelocated = true;
  const locked = map.hasTextrel ? map.segments.filter(({ prot }) => (prot & PROT_WRITE) === 0) : [];
  for (const { start, end, prot } of locked) {
    yield* sys.mprotect(start, end - start, prot | PROT_WRITE);
  }
  relocate(state, map, isNow || map.isBoundNow);
  for (const { start, end, prot } of locked) yield* sys.mprotect(start, end - start, prot);
}

/** What ldd(1) shows. */
function* list(sys: Sys, state: LinkerState, auxv: (tag: number) => number): SysCall<number> {
  const at = (address: number) => `(0x${(address >>> 0).toString(16).padStart(8, "0")})`;
  yield* sys.write(1, `\tlinux-gate.so.1 ${at(auxv(AT_SYSINFO_EHDR))}\n`);
  for (const map of state.maps) {
    if (map.isMain || map === state.linkerMap) continue;
    const asked = [...map.names][0] ?? map.name;
    const arrow = asked === map.name ? "" : ` => ${map.name}`;
    yield* sys.write(1, `\t${asked}${arrow} ${at(map.base)}\n`);
  }
  yield* sys.write(1, `\t/lib/ld-linux.so.2 ${at(state.linkerBase)}\n`);
  return 0;
}

/** Writes what LD_DEBUG wants to see. */
export function* writeNotes(sys: Sys, state: LinkerState): SysCall<void> {
  if (state.notes.length === 0) return;
  const pid = yield* sys.getpid();
  const text = state.notes.map((line) => `${String(pid).padStart(10)}:\t${line}\n`).join("");
  state.notes.length = 0;
  yield* sys.write(STDERR, text);
}

function* fail(sys: Sys, state: LinkerState, why: string): SysCall<number> {
  yield* sys.write(STDERR, `${state.program}: ${why}\n`);
  return CANNOT_LINK;
}

/** A call that cannot be bound in silence: says what there is to say, and ends the process when nobody has the function. */
export function boundCall(
  state: LinkerState,
  undefinedSymbol: UndefinedSymbol | undefined,
  address: number,
): Program {
  return function* (sys: Sys): Generator<UserRequest, unknown, never> {
    yield* writeNotes(sys, state);
    if (undefinedSymbol !== undefined) {
      return yield* fail(sys, state, `symbol lookup error: ${undefinedSymbol.message}`);
    }
    state.entry = address;
    yield* sys.compute(0);
    return 0;
  };
}
