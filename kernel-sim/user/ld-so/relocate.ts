import {
  R_386_32,
  R_386_COPY,
  R_386_GLOB_DAT,
  R_386_JMP_SLOT,
  R_386_PC32,
  R_386_RELATIVE,
} from "../../arch/x86/asm/elf-dynamic.ts";
import type { LinkMap } from "./link-map.ts";
import type { LinkerState } from "./linker-state.ts";

const REL = 8;

/**
 * Fills the words of a file that depend on where files have come to lie. Functions are left for their first call
 * unless `isNow`.
 *
 * @spec glibc sysdeps/i386/dl-machine.h `elf_machine_rel`
 */
export function relocate(state: LinkerState, map: LinkMap, isNow: boolean): void {
  const { rel, jmprel } = map;
  for (let i = 0; i < rel.count; i++) apply(state, map, rel.at + i * REL);
  if (jmprel.count > 0) prepareTable(state, map);
  for (let i = 0; i < jmprel.count; i++) {
    const at = jmprel.at + i * REL;
    if (isNow) apply(state, map, at);
    else if (map.base !== 0) addTo(state, placeOf(state, map, at), map.base);
  }
}

/** The second and third words of the table: which file it is of, and who binds. */
function prepareTable(state: LinkerState, map: LinkMap): void {
  state.memory.setWord(map.pltGot + 4, map.number);
  state.memory.setWord(map.pltGot + 8, state.resolver);
}

/** Binds the function whose relocation stands at `offset` of the table; answers its address. */
export function bindCall(state: LinkerState, map: LinkMap, offset: number): number {
  const at = map.jmprel.at + offset;
  apply(state, map, at);
  return state.memory.word(placeOf(state, map, at));
}

function placeOf({ memory }: LinkerState, map: LinkMap, at: number): number {
  return (memory.word(at) + map.base) >>> 0;
}

function addTo({ memory }: LinkerState, place: number, value: number): void {
  memory.setWord(place, memory.word(place) + value);
}

function apply(state: LinkerState, map: LinkMap, at: number): void {
  const { memory } = state;
  const place = placeOf(state, map, at);
  const info = memory.word(at + 4);
  const index = info >>> 8;
  switch (info & 0xff) {
    case R_386_RELATIVE:
      addTo(state, place, map.base);
      break;
    case R_386_32:
      addTo(state, place, state.resolve(map, index, "data", place)?.value ?? 0);
      break;
    case R_386_PC32:
      addTo(state, place, (state.resolve(map, index, "data", place)?.value ?? 0) - place);
      break;
    case R_386_GLOB_DAT:
      memory.setWord(place, state.resolve(map, index, "data", place)?.value ?? 0);
      break;
    case R_386_JMP_SLOT:
      memory.setWord(place, state.resolve(map, index, "call", place)?.value ?? 0);
      break;
    case R_386_COPY: {
      const found = state.resolve(map, index, "copy", place);
      if (found === undefined) break;
      const size = Math.min(found.symbol.size, map.symbol(index).size);
      memory.setBytes(place, memory.bytes(found.value, size));
      break;
    }
    default:
      break;
  }
}
