import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { LinkMap } from "./link-map.ts";
import type { LinkerState } from "./linker-state.ts";
import { loadFile } from "./load.ts";

const AT_NULL = 0;
const AT_PHDR = 3;
const AT_PHNUM = 5;
const AT_ENTRY = 9;
const EHDR = 52;

/** What the linker was told when it was started as a program itself: `ld-linux.so.2 [options] program [arguments]`. */
export interface OwnOptions {
  readonly isList: boolean;
  readonly isVerify: boolean;
  readonly libraryPath: string | undefined;
  readonly preload: string | undefined;
  readonly argv0: string | undefined;
  /** Where the program stands among the arguments. */
  readonly at: number;
}

/** The options, or what is to be said about them, and the exit status. @spec glibc elf/rtld.c `dl_main`, ld.so(8) */
export function ownOptions(argv: readonly string[]): OwnOptions | { readonly says: string } {
  const own = argv[0] ?? "";
  const hint = `Try '${own} --help' for more information.\n`;
  const flags = new Set<string>();
  const values = new Map<string, string>();
  let at = 1;
  for (; at < argv.length; at++) {
    const option = argv[at]!;
    if (FLAGS.includes(option)) flags.add(option);
    else if (VALUES.includes(option) && at + 1 < argv.length) values.set(option, argv[++at]!);
    else if (option === "--") {
      at++;
      break;
    } else if (option.startsWith("-") && option !== "-") {
      return { says: `${own}: unrecognized option '${option}'\n${hint}` };
    } else break;
  }
  if (at >= argv.length) return { says: `${own}: missing program name\n${hint}` };
  return {
    isList: flags.has("--list"),
    isVerify: flags.has("--verify"),
    libraryPath: values.get("--library-path"),
    preload: values.get("--preload"),
    argv0: values.get("--argv0"),
    at,
  };
}

const FLAGS = ["--list", "--verify", "--inhibit-cache"];
const VALUES = ["--library-path", "--preload", "--argv0", "--inhibit-rpath", "--audit"];

/**
 * Loads the program that the linker was told to run, and leaves its arguments and its auxiliary vector as the kernel
 * would have. Answers the program's map and its entry, or why there is none.
 */
export function* loadProgram(
  sys: Sys,
  state: LinkerState,
  path: string,
): SysCall<{ readonly map: LinkMap; readonly entry: number } | string> {
  const file = path.includes("/") ? path : `/lib/${path}`;
  const loaded = yield* loadFile(sys, state, file);
  const suffix = path.includes("/") ? ": No such file or directory" : "";
  if (loaded === undefined) return `${path}: cannot open shared object file${suffix}`;
  if ("message" in loaded) return `${path}: ${loaded.message}`;
  const header = loaded.segments[0]!.start;
  return { map: loaded, entry: loaded.base + state.memory.word(header + 24) };
}

/** Lets the stack begin with the program's own arguments. */
export function passArguments(
  state: LinkerState,
  stack: number,
  skipped: number,
  program: { readonly map: LinkMap; readonly entry: number },
): void {
  const { memory } = state;
  const argc = memory.word(stack) - skipped;
  const begin = stack + skipped * 4;
  memory.setWord(begin, argc);
  state.stack = begin;
  const header = program.map.segments[0]!.start;
  const values = new Map([
    [AT_PHDR, header + memory.word(header + 28)],
    [AT_PHNUM, memory.word(header + 44) & 0xffff],
    [AT_ENTRY, program.entry],
  ]);
  for (let at = auxvAt(state, begin); memory.word(at) !== AT_NULL; at += 8) {
    const value = values.get(memory.word(at));
    if (value !== undefined) memory.setWord(at + 4, value);
  }
}

/** Where the auxiliary vector begins: behind the environment. */
export function auxvAt({ memory }: LinkerState, stack: number): number {
  let at = stack + 4 * (memory.word(stack) + 2);
  while (memory.word(at) !== 0) at += 4;
  return at + 4;
}

/** Variables that a program with more rights than its starter's must not hand on. @spec glibc sysdeps/generic/unsecvars.h */
const UNSECURE: readonly string[] = Object.freeze([
  ...["GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LD_AUDIT", "LD_DEBUG"],
  ...["LD_DEBUG_OUTPUT", "LD_DYNAMIC_WEAK", "LD_HWCAP_MASK", "LD_LIBRARY_PATH", "LD_ORIGIN_PATH"],
  ...["LD_PRELOAD", "LD_PROFILE", "LD_SHOW_AUXV", "LOCALDOMAIN", "LOCPATH", "MALLOC_ARENA_MAX"],
  ...["MALLOC_ARENA_TEST", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_PERTURB_"],
  ...["MALLOC_TOP_PAD_", "MALLOC_TRACE", "MALLOC_TRIM_THRESHOLD_", "NIS_PATH", "NLSPATH"],
  ...["RESOLV_HOST_CONF", "RES_OPTIONS", "TMPDIR", "TZDIR"],
]);

/** Takes dangerous variables out of the environment: programs that it starts do not get them either. */
export function dropUnsecure(state: LinkerState, stack: number): void {
  const { memory } = state;
  let to = stack + 4 * (memory.word(stack) + 2);
  for (let from = to; ; from += 4) {
    const pointer = memory.word(from);
    const name = pointer === 0 ? "" : memory.string(pointer).split("=", 1)[0]!;
    if (pointer !== 0 && UNSECURE.includes(name)) continue;
    // The vector's end moves up; what is behind it stays where it is, as the vector's own place is known already.
    memory.setWord(to, pointer);
    if (pointer === 0) break;
    to += 4;
  }
}

/** The linker's own file, as the kernel has mapped it. */
export function linkerMapAt(state: LinkerState, base: number, path: string): LinkMap {
  const { memory } = state;
  const phdr = base + EHDR;
  let dynamic = 0;
  for (let i = 0; i < 4; i++) {
    if (memory.word(phdr + i * 32) === PT_DYNAMIC) dynamic = base + memory.word(phdr + i * 32 + 8);
  }
  const map = new LinkMap(memory, {
    ...{ name: path, base, dynamic, isMain: false, identity: "", segments: [] },
  });
  map.isNoDelete = true;
  map.isRelocated = true;
  map.isInitialized = true;
  return map;
}

const PT_DYNAMIC = 2;
