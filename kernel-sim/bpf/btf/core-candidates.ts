import { byteArray } from "../../lib/byte-string.ts";
import { jhash } from "../maps/jhash.ts";
import type { Btf } from "./btf.ts";
import { essentialName } from "./core-spec.ts";

const CACHE_SIZE = 31;

/** Types of the kernel that may be meant by a name. @linux kernel/bpf/btf.c `struct bpf_cand_cache` (6.18) */
export interface CoreCandidates {
  readonly name: string;
  readonly kind: number;
  readonly ids: readonly number[];
}

/** What a machine keeps of it; undefined: no load has relocated yet. */
export interface KeptCandidates {
  cache: CandidateCache | undefined;
}

/**
 * What was found for the names that programs asked for last.
 *
 * @linux kernel/bpf/btf.c `vmlinux_cand_cache`, `module_cand_cache` (6.18): the simulated kernel has no modules
 */
export class CandidateCache {
  readonly #vmlinux = new Map<number, CoreCandidates>();
  readonly #modules = new Map<number, CoreCandidates>();
  /** What the kernel has of a kind, by name without flavour: Linux looks through all types each time. */
  readonly #byKind = new Map<number, ReadonlyMap<string, readonly number[]>>();

  /** @param btf the kernel's. @linux kernel/bpf/btf.c `bpf_core_find_cands` (6.18) */
  find(btf: Btf, wanted: string, kind: number): CoreCandidates {
    const name = essentialName(wanted);
    const slot = slotOf(name);
    let found = this.#vmlinux.get(slot);
    // Of another kind it is taken, too, as in Linux.
    if (found?.name !== name) {
      found = { name, kind, ids: this.#idsOf(btf, name, kind) };
      this.#vmlinux.set(slot, found);
    }
    if (found.ids.length > 0) return found;
    if (this.#modules.get(slot)?.name !== name) this.#modules.set(slot, { name, kind, ids: [] });
    return this.#modules.get(slot)!;
  }

  #idsOf(btf: Btf, name: string, kind: number): readonly number[] {
    let byName = this.#byKind.get(kind);
    if (byName === undefined) {
      byName = namesOf(btf, kind);
      this.#byKind.set(kind, byName);
    }
    return byName.get(name) ?? [];
  }

  /** @linux kernel/bpf/btf.c `print_cand_cache` (6.18) */
  text(): string {
    return `vmlinux_cand_cache:${slotsText(this.#vmlinux)}\nmodule_cand_cache:${slotsText(this.#modules)}\n`;
  }
}

/** The types of a kind, by their names without flavours. */
function namesOf(btf: Btf, kind: number): ReadonlyMap<string, readonly number[]> {
  const byName = new Map<string, number[]>();
  for (let id = 1; id < btf.nrTypes; id++) {
    const type = btf.typeById(id)!;
    if (type.kind !== kind || type.nameOff === 0) continue;
    const name = essentialName(btf.nameOf(type));
    const ids = byName.get(name);
    if (ids === undefined) byName.set(name, [id]);
    else ids.push(id);
  }
  return byName;
}

function slotOf(name: string): number {
  const bytes = byteArray(name);
  return (jhash(new DataView(bytes.buffer), 0, bytes.length, 0) >>> 0) % CACHE_SIZE;
}

function slotsText(slots: ReadonlyMap<number, CoreCandidates>): string {
  const inOrder = [...slots].toSorted(([a], [b]) => a - b);
  return inOrder.map(([slot, { name, ids }]) => `[${slot}]${name}(${ids.join(" ")}), `).join("");
}
