import type { LinkMap } from "./link-map.ts";
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

  constructor(file: string, symbol: string) {
    super(`${file}: undefined symbol: ${symbol}`);
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
  /** The files of the process in the order in which they were loaded, which is that of every search. */
  readonly maps: LinkMap[] = [];
  readonly bindings: Binding[] = [];
  program = "";
  isWeakDynamic = false;
  debug: DebugWishes = { libs: false, symbols: false, bindings: false };
  /** Lines for who has set LD_DEBUG, not yet written. */
  readonly notes: string[] = [];
  /** Where the linkage tables jump to when a function is not bound yet. */
  resolver = 0;
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
    copy.resolver = this.resolver;
    copy.isStarted = this.isStarted;
    copy.bindings.push(...this.bindings);
    copy.maps.push(...this.maps.map((map) => map.inMemory(copy.memory)));
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
    const { tried, found } = lookUp(this.maps, reference.name, kind, this.isWeakDynamic);
    this.lookups += tried.length;
    const isWeak = reference.bind === 2;
    this.#note(from, reference.name, tried, found);
    if (found === undefined && !isWeak) {
      const { libs, symbols, bindings } = this.debug;
      if (libs || symbols || bindings) {
        const what = `symbol lookup error: undefined symbol: ${reference.name}`;
        this.notes.push(`${from.name}: error: ${what} (fatal)`);
      }
    }
    if (found === undefined && !isWeak) throw new UndefinedSymbol(from.name, reference.name);
    this.#last = { from, index, kind, found };
    this.bindings.push({
      ...{ symbol: reference.name, from: from.name, to: found?.map.name },
      tried: tried.map(({ name }) => name),
      isWeak: found === undefined ? isWeak : found.symbol.bind === 2,
      when: this.isStarted ? "call" : "startup",
      ...{ place, address: found?.value ?? 0 },
    });
    return found;
  }

  #note(
    from: LinkMap,
    symbol: string,
    tried: readonly LinkMap[],
    found: Definition | undefined,
  ): void {
    if (this.debug.symbols) {
      for (const map of tried) this.notes.push(`symbol=${symbol};  lookup in file=${map.name} [0]`);
    }
    if (this.debug.bindings && found !== undefined) {
      const files = `binding file ${from.name} [0] to ${found.map.name} [0]`;
      this.notes.push(`${files}: normal symbol \`${symbol}'`);
    }
  }
}
