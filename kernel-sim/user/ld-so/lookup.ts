import { elfHash } from "../../arch/x86/asm/elf-hash.ts";
import type { LinkMap, LoadedSymbol } from "./link-map.ts";

const STB_LOCAL = 0;
const STB_WEAK = 2;
const STT_TLS = 6;

/** What a reference is for: a call may not end at a program's own linkage table, a copy not at the copy itself. */
export type ReferenceKind = "data" | "call" | "copy";

export interface Definition {
  readonly map: LinkMap;
  readonly symbol: LoadedSymbol;
  /** Its address. */
  readonly value: number;
}

/** A search as it went: in which files, and where it ended. */
export interface Lookup {
  readonly tried: readonly LinkMap[];
  readonly found: Definition | undefined;
}

/**
 * Finds a symbol in the files of `scope`: the first definition wins. That one is weak and another is not makes no
 * difference, unless LD_DYNAMIC_WEAK is set, when the first that is not weak wins.
 *
 * @spec ld.so(8); glibc elf/dl-lookup.c `do_lookup_x`
 */
export function lookUp(
  scope: readonly LinkMap[],
  name: string,
  kind: ReferenceKind,
  isWeakDynamic: boolean,
): Lookup {
  const hash = elfHash(name);
  const tried: LinkMap[] = [];
  let weak: Definition | undefined;
  for (const map of scope) {
    // What is copied into the program must come from elsewhere.
    if (kind === "copy" && map.isMain) continue;
    tried.push(map);
    const symbol = definitionIn(map, hash, name, kind);
    if (symbol === undefined) continue;
    const found = { map, symbol, value: (symbol.value + map.base) >>> 0 };
    if (symbol.bind !== STB_WEAK || !isWeakDynamic) return { tried, found };
    weak ??= found;
  }
  return { tried, found: weak };
}

function definitionIn(
  map: LinkMap,
  hash: number,
  name: string,
  kind: ReferenceKind,
): LoadedSymbol | undefined {
  for (const symbol of map.chain(hash)) {
    if (symbol.name !== name || symbol.bind === STB_LOCAL) continue;
    if (symbol.value === 0 && symbol.section === 0 && symbol.type !== STT_TLS) continue;
    // An address without a section is a program's entry for a function of elsewhere.
    if (symbol.section === 0 && kind === "call") continue;
    return symbol;
  }
  return undefined;
}
