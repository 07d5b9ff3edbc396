import { PT_DYNAMIC } from "../../arch/x86/asm/elf-dynamic.ts";
import { PROT_WRITE } from "../../include/uapi/mman.ts";
import type { Program, UserRequest } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { needLibrary, type SearchSettings } from "./libraries.ts";
import { LinkMap, type MappedSegment } from "./link-map.ts";
import { type LinkerState, UndefinedSymbol } from "./linker-state.ts";
import { relocate } from "./relocate.ts";
import { sortMaps } from "./sort-maps.ts";

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
const STDERR = 2;
/** A file that is looked at for a symbol: its hash table, a chain, a name. */
const LOOKUP_NS = 120;
const PRELOAD_FILE = "/etc/ld.so.preload";

/** Where in the linker's file the code stands that a call goes to before it is bound. */
export const RESOLVER_OFFSET = 0x1010;

type Environment = Readonly<Record<string, string>>;

/**
 * The dynamic linker, /lib/ld-linux.so.2: loads the libraries of a program of machine code, binds its symbols, and
 * lets it begin.
 *
 * @spec ld.so(8); glibc elf/rtld.c `dl_main`
 * @simplified it is a TypeScript program, so that its instructions cannot be stepped through; libraries have no
 * functions that run before the program (DT_INIT), no versions of symbols, and none is loaded later (dlopen).
 */
export function linkerProgram(state: LinkerState, stack: number): Program {
  return function* (sys, argv, env) {
    const auxv = readAuxv(state, stack);
    state.program = argv[0] ?? "";
    state.resolver = auxv(AT_BASE) + RESOLVER_OFFSET;
    const isSecure = auxv(AT_SECURE) !== 0;
    const wishes = new Set(isSecure ? [] : (env["LD_DEBUG"] ?? "").split(/[ ,:]/));
    const isWanted = (name: string) => wishes.has(name) || wishes.has("all");
    state.debug = {
      libs: isWanted("libs"),
      symbols: isWanted("symbols"),
      bindings: isWanted("bindings"),
    };
    state.isWeakDynamic = !isSecure && env["LD_DYNAMIC_WEAK"] !== undefined;
    state.maps.push(mainMap(state, auxv));
    const settings = { libraryPath: isSecure ? undefined : env["LD_LIBRARY_PATH"] };
    const isListing = env["LD_TRACE_LOADED_OBJECTS"] !== undefined;
    yield* preload(sys, state, env, isSecure, settings);
    const missing = yield* loadAll(sys, state, settings, isListing);
    if (missing !== undefined) return yield* fail(sys, state, missing);
    yield* writeNotes(sys, state);
    if (isListing) return yield* list(sys, state, auxv);
    try {
      // What others need comes first: what the program copies has its values then.
      for (const map of sortMaps(state.maps).toReversed())
        yield* relocateFile(sys, state, map, env);
    } catch (error) {
      if (!(error instanceof UndefinedSymbol)) throw error;
      yield* writeNotes(sys, state);
      return yield* fail(sys, state, `symbol lookup error: ${error.message}`);
    }
    yield* writeNotes(sys, state);
    state.isStarted = true;
    state.entry = auxv(AT_ENTRY);
    yield* sys.compute(state.lookups * LOOKUP_NS);
    return 0;
  };
}

/** What the kernel has said, behind the environment on the stack. */
function readAuxv({ memory }: LinkerState, stack: number): (tag: number) => number {
  let at = stack + 4 * (memory.word(stack) + 2);
  while (memory.word(at) !== 0) at += 4;
  const values = new Map<number, number>();
  for (at += 4; memory.word(at) !== AT_NULL; at += 8)
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

/** What the environment and the system want to come first. */
function* preload(
  sys: Sys,
  state: LinkerState,
  env: Environment,
  isSecure: boolean,
  settings: SearchSettings,
): SysCall<void> {
  const wanted = (env["LD_PRELOAD"] ?? "").split(/[ :]/).filter((name) => name !== "");
  // Who runs with more rights takes them from the system's directories alone.
  const names = isSecure ? wanted.filter((name) => !name.includes("/")) : wanted;
  if (env["LD_PRELOAD"] !== undefined) {
    for (const name of names) yield* preloadOne(sys, state, name, "LD_PRELOAD", settings);
  }
  if ((yield* sys.call("access", PRELOAD_FILE, R_OK)) < 0) return;
  const fd = yield* sys.open(PRELOAD_FILE);
  const bytes = fd < 0 ? fd : yield* sys.read(fd, 4096);
  if (typeof bytes === "number") return;
  yield* sys.close(fd);
  const text = String.fromCharCode(...bytes).replace(/#.*/g, "");
  for (const name of text.split(/[\s:]+/).filter((part) => part !== "")) {
    yield* preloadOne(sys, state, name, PRELOAD_FILE, settings);
  }
}

function* preloadOne(
  sys: Sys,
  state: LinkerState,
  name: string,
  from: string,
  settings: SearchSettings,
): SysCall<void> {
  const missing = yield* needLibrary(sys, state, name, state.maps[0]!, settings);
  if (missing === undefined) return;
  const reason = missing.message.replace(/: No such file or directory$/, "");
  yield* sys.write(
    STDERR,
    `ERROR: ld.so: object '${name}' from ${from} cannot be preloaded (${reason}): ignored.\n`,
  );
}

/** Breadth first: what the program needs, then what these need. Answers why it cannot be done. */
function* loadAll(
  sys: Sys,
  state: LinkerState,
  settings: SearchSettings,
  isListing: boolean,
): SysCall<string | undefined> {
  for (let i = 0; i < state.maps.length; i++) {
    const map = state.maps[i]!;
    for (const name of map.needed) {
      const missing = yield* needLibrary(sys, state, name, map, settings);
      if (missing === undefined) continue;
      if (!isListing) {
        yield* writeNotes(sys, state);
        return `error while loading shared libraries: ${missing.name}: ${missing.message}`;
      }
      yield* sys.write(1, `\t${name} => not found\n`);
    }
  }
  return undefined;
}

function* relocateFile(
  sys: Sys,
  state: LinkerState,
  map: LinkMap,
  env: Environment,
): SysCall<void> {
  const isNow = map.isBoundNow || (env["LD_BIND_NOW"] ?? "") !== "";
  const locked = map.hasTextrel ? map.segments.filter(({ prot }) => (prot & PROT_WRITE) === 0) : [];
  for (const { start, end, prot } of locked) {
    yield* sys.mprotect(start, end - start, prot | PROT_WRITE);
  }
  relocate(state, map, isNow);
  for (const { start, end, prot } of locked) yield* sys.mprotect(start, end - start, prot);
}

/** What ldd(1) shows. */
function* list(sys: Sys, state: LinkerState, auxv: (tag: number) => number): SysCall<number> {
  const at = (address: number) => `(0x${(address >>> 0).toString(16).padStart(8, "0")})`;
  yield* sys.write(1, `\tlinux-gate.so.1 ${at(auxv(AT_SYSINFO_EHDR))}\n`);
  for (const map of state.maps) {
    if (map.isMain) continue;
    const asked = [...map.names][0] ?? map.name;
    const arrow = asked === map.name ? "" : ` => ${map.name}`;
    yield* sys.write(1, `\t${asked}${arrow} ${at(map.base)}\n`);
  }
  yield* sys.write(1, `\t/lib/ld-linux.so.2 ${at(auxv(AT_BASE))}\n`);
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
