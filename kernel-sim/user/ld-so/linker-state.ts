import type { Program } from "../program.ts";
import type { CallChain, MachineCall } from "./call-chain.ts";
import type { SearchSettings } from "./libraries.ts";
import type { LinkMap, WantedVersion } from "./link-map.ts";
import { linkerOffset } from "./linker-file.ts";
import { type Definition, lookUp, type ReferenceKind } from "./lookup.ts";
import { ProcessMemory } from "./process-memory.ts";

/** Which definition a reference got. */
export interface Binding {
  readonly symbol: string;
  /** The file that refers to it, and the one that defines it; undefined: nobody does, and it need not be. */
  readonly from: string;
  readonly to: string | undefined;
  /** The files that were searched, in their order. */
  readonly tried: readonly string[];
  readonly isWeak: boolean;
  /** Before the program began, or at its first call. */
  readonly when: "startup" | "call";
  /** The word that has the address now, and the address. */
  readonly place: number;
  readonly address: number;
}

/** A symbol that nobody has, and that somebody needs. */
export class UndefinedSymbol extends Error {
  readonly file: string;
  readonly symbol: string;

  constructor(file: string, symbol: string, what = `undefined symbol: ${symbol}`) {
    super(`${file}: ${what}`);
    this.file = file;
    this.symbol = symbol;
  }
}

/** What LD_DEBUG asks for. */
export interface DebugWishes {
  readonly libs: boolean;
  readonly symbols: boolean;
  readonly bindings: boolean;
}

/** What the dynamic linker knows of a process. */
export class LinkerState {
  readonly memory = new ProcessMemory();
  /** The files of the process in the order in which they were loaded. */
  readonly maps: LinkMap[] = [];
  /** Those whose definitions everybody uses, in the order of every search: the program and all that came with it. */
  readonly globalScope: LinkMap[] = [];
  /** Where the linker's own file is. */
  linkerBase = 0;
  linkerMap: LinkMap | undefined = undefined;
  /** Functions of machine code that it has called and that have not returned. */
  readonly chains: CallChain[] = [];
  /** Those that are to be called when it is done, and what is to be done then. */
  nextCalls: readonly MachineCall[] = [];
  afterCalls: Program | undefined = undefined;
  /** Where the program goes on after a chain of calls. */
  resume = 0;
  /** What main gets: how many arguments, where they are, where the environment is. */
  mainArguments: readonly number[] = [];
  /** What a function of the linker answers. */
  result: number | undefined = undefined;
  /** What went wrong last, for dlerror, and where its text lies. */
  problem: string | undefined = undefined;
  problemRoom = 0;
  /** Only files that are loaded already are wanted (RTLD_NOLOAD). */
  isOnlyLooking = false;
  search: SearchSettings = { libraryPath: undefined };
  isBoundNow = false;
  /** The program has more rights than who started it. */
  isSecure = false;
  /** The stack pointer to begin with, when it is another than the kernel's. */
  stack: number | undefined = undefined;
  #numbers = 0;
  readonly bindings: Binding[] = [];
  program = "";
  isWeakDynamic = false;
  debug: DebugWishes = { libs: false, symbols: false, bindings: false };
  /** Lines for who has set LD_DEBUG, not yet written. */
  readonly notes: string[] = [];
  /** Where the linkage tables jump to when a function is not bound yet. */
  get resolver(): number {
    return this.linkerBase + linkerOffset("_dl_runtime_resolve");
  }

  /** Where functions return to that the linker has called. */
  get returnPoint(): number {
    return this.linkerBase + linkerOffset("_dl_return");
  }

  /** Adds a file to those of the process. */
  add(map: LinkMap): void {
    map.number = ++this.#numbers;
    this.maps.push(map);
  }

  /** Where a file's symbols are looked for. */
  scopeOf(map: LinkMap): readonly LinkMap[] {
    if (map.scopes.length === 0) return this.globalScope;
    const own = map.scopes.flat();
    const scope = map.isDeepBound ? [...own, ...this.globalScope] : [...this.globalScope, ...own];
    return [...new Set(scope)];
  }

  /** Set when all is done: where the program begins. */
  entry: number | undefined = undefined;
  isStarted = false;
  /** Symbols that were looked for since somebody last asked: they take time. */
  lookups = 0;

  #last:
    | {
        readonly from: LinkMap;
        readonly index: number;
        readonly kind: ReferenceKind;
        readonly found: Definition | undefined;
      }
    | undefined;

  /** The same for a copy of the process. */
  copy(): LinkerState {
    const copy = new LinkerState();
    copy.program = this.program;
    copy.isWeakDynamic = this.isWeakDynamic;
    copy.debug = this.debug;
    copy.linkerBase = this.linkerBase;
    copy.isStarted = this.isStarted;
    copy.bindings.push(...this.bindings);
    const copies = new Map(this.maps.map((map) => [map, map.inMemory(copy.memory)]));
    const copyOf = (map: LinkMap) => copies.get(map)!;
    copy.maps.push(...copies.values());
    copy.globalScope.push(...this.globalScope.map(copyOf));
    for (const [map, its] of copies) {
      if (map === this.linkerMap) copy.linkerMap = its;
      if (map.loader !== undefined) its.loader = copies.get(map.loader);
      its.dependencies.push(...map.dependencies.map(copyOf));
      for (const other of map.bound) if (copies.has(other)) its.bound.add(copyOf(other));
      its.scopes.push(...map.scopes.map((scope) => scope.map(copyOf)));
    }
    copy.#numbers = this.#numbers;
    copy.chains.push(...this.chains.map((chain) => chain.copy()));
    copy.mainArguments = this.mainArguments;
    copy.problem = this.problem;
    copy.problemRoom = this.problemRoom;
    copy.search = this.search;
    copy.isBoundNow = this.isBoundNow;
    return copy;
  }

  /** Finds what a reference means and writes it down; undefined for a weak one that nobody defines. */
  resolve(
    from: LinkMap,
    index: number,
    kind: ReferenceKind,
    place: number,
  ): Definition | undefined {
    // The same symbol again, right behind the last one, is not looked for twice.
    const last = this.#last;
    if (last?.from === from && last.index === index && last.kind === kind) return last.found;
    const reference = from.symbol(index);
    const scope = this.scopeOf(from);
    const version = from.referredVersion(index);
    const { name } = reference;
    const { tried, found, lacking } = lookUp(scope, name, kind, this.isWeakDynamic, version);
    this.lookups += tried.length;
    const isWeak = reference.bind === 2;
    this.noteLookup(from, name, tried, found, version?.name);
    const what = missing(name, version, lacking);
    if (found === undefined && !isWeak) {
      const { libs, symbols, bindings } = this.debug;
      if (libs || symbols || bindings) {
        this.notes.push(`${from.name}: error: symbol lookup error: ${what} (fatal)`);
      }
    }
    if (found === undefined && !isWeak) throw new UndefinedSymbol(from.name, name, what);
    this.#last = { from, index, kind, found };
    if (found !== undefined && found.map !== from) from.bound.add(found.map);
    this.bindings.push({
      ...{ symbol: reference.name, from: from.name, to: found?.map.name },
      tried: tried.map(({ name }) => name),
      isWeak: found === undefined ? isWeak : found.symbol.bind === 2,
      when: this.isStarted ? "call" : "startup",
      ...{ place, address: found?.value ?? 0 },
    });
    return found;
  }

  noteLookup(
    from: LinkMap,
    symbol: string,
    tried: readonly LinkMap[],
    found: Definition | undefined,
    version?: string,
  ): void {
    if (this.debug.symbols) {
      for (const map of tried) this.notes.push(`symbol=${symbol};  lookup in file=${map.name} [0]`);
    }
    if (this.debug.bindings && found !== undefined) {
      const files = `binding file ${from.name} [0] to ${found.map.name} [0]`;
      const which = version === undefined ? "" : ` [${version}]`;
      this.notes.push(`${files}: normal symbol \`${symbol}'${which}`);
    }
  }
}

/** What is said of a symbol that nobody has. */
function missing(
  name: string,
  version: WantedVersion | undefined,
  lacking: LinkMap | undefined,
): string {
  if (version === undefined) return `undefined symbol: ${name}`;
  if (lacking === undefined) return `undefined symbol: ${name}, version ${version.name}`;
  const where = `not defined in file ${version.file} with link time reference`;
  return `symbol ${name}, version ${version.name} ${where}`;
}
