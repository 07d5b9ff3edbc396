import { elfHash } from "../../arch/x86/asm/elf-hash.ts";
import { VERSYM_HIDDEN } from "../../arch/x86/asm/symbol-versions.ts";
import type { LinkMap, LoadedSymbol, WantedVersion } from "./link-map.ts";

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
  /** The file that should have had the version. */
  readonly lacking?: LinkMap;
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
  wanted: WantedVersion | "newest" | undefined = undefined,
): Lookup {
  const hash = elfHash(name);
  const tried: LinkMap[] = [];
  let weak: Definition | undefined;
  for (const map of scope) {
    // What is copied into the program must come from elsewhere.
    if (kind === "copy" && map.isMain) continue;
    tried.push(map);
    const symbol = definitionIn(map, hash, name, kind, wanted);
    if (symbol === undefined) {
      // The file that had this version when the reference was made has it no more: there is no use in going on.
      const isTheirs = typeof wanted === "object" && wanted.file !== undefined && !map.isMain;
      if (isTheirs && map.isCalled(wanted.file) && map.definedVersions !== undefined) {
        return { tried, found: weak, lacking: map };
      }
      continue;
    }
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
  wanted: WantedVersion | "newest" | undefined,
): LoadedSymbol | undefined {
  const versioned: LoadedSymbol[] = [];
  for (const symbol of map.chain(hash)) {
    if (symbol.name !== name || symbol.bind === STB_LOCAL) continue;
    if (symbol.value === 0 && symbol.section === 0 && symbol.type !== STT_TLS) continue;
    // An address without a section is a program's entry for a function of elsewhere.
    if (symbol.section === 0 && kind === "call") continue;
    const fit = fitOf(map, symbol, wanted);
    if (fit === "yes") return symbol;
    if (fit === "default") versioned.push(symbol);
  }
  // Without a version in mind: one that is not hidden, when there is only one.
  return versioned.length === 1 ? versioned[0] : undefined;
}

/**
 * Whether a definition's version is the one that is wanted.
 *
 * @spec glibc elf/dl-lookup.c `check_match`
 */
function fitOf(
  map: LinkMap,
  symbol: LoadedSymbol,
  wanted: WantedVersion | "newest" | undefined,
): "yes" | "default" | "no" {
  const number = map.versionNumber(symbol.index);
  // A file that knows of no versions has what is wanted, whatever it is.
  if (number === undefined) return "yes";
  const index = number & ~VERSYM_HIDDEN;
  const isHidden = (number & VERSYM_HIDDEN) !== 0;
  if (typeof wanted === "object") {
    const name = index > 1 ? map.definedVersions?.get(index) : undefined;
    if (name === wanted.name) return "yes";
    return name === undefined && !wanted.isHidden && !isHidden ? "yes" : "no";
  }
  // Who was linked before there were versions gets the first one.
  if (index < (wanted === "newest" ? 2 : 3)) return "yes";
  return isHidden ? "no" : "default";
}
