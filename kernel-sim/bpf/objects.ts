import type { BpfObject } from "./kernel.ts";
import { KernelMap } from "./maps/map.ts";
import { LoadedProgram } from "./program.ts";

export type ObjectKind = "prog" | "map" | "btf";

/** Whoever holds it wants statistics to be kept. */
export class StatsUser {
  readonly id = 0;
  readonly end: () => void;

  constructor(end: () => void) {
    this.end = end;
  }
}

function kindOf(object: BpfObject): ObjectKind {
  if (object instanceof LoadedProgram) return "prog";
  return object instanceof KernelMap ? "map" : "btf";
}

/**
 * All objects by number. Each kind counts for itself, and numbers are not given again. An object
 * is there as long as somebody holds it: a descriptor, a name, or another object.
 *
 * @linux kernel/bpf/syscall.c `prog_idr`, `map_idr`, kernel/bpf/btf.c `btf_idr` (6.18)
 */
export class BpfObjects {
  readonly #byId = {
    prog: new Map<number, BpfObject>(),
    map: new Map<number, BpfObject>(),
    btf: new Map<number, BpfObject>(),
  };
  readonly #holders = new Map<BpfObject, number>();

  add(object: BpfObject): void {
    this.#byId[kindOf(object)].set(object.id, object);
    for (const held of heldBy(object)) this.hold(held);
  }

  byId(kind: ObjectKind, id: number): BpfObject | undefined {
    return this.#byId[kind].get(id);
  }

  /** The lowest number above `id` that is in use. */
  nextId(kind: ObjectKind, id: number): number | undefined {
    let next: number | undefined;
    for (const each of this.#byId[kind].keys()) {
      if (each > id && (next === undefined || each < next)) next = each;
    }
    return next;
  }

  hold(object: BpfObject): void {
    this.#holders.set(object, (this.#holders.get(object) ?? 0) + 1);
  }

  /** One holder less; the last one takes the object along. */
  release(object: BpfObject): void {
    const left = (this.#holders.get(object) ?? 0) - 1;
    if (left > 0) {
      this.#holders.set(object, left);
      return;
    }
    this.#holders.delete(object);
    if (object instanceof StatsUser) {
      object.end();
      return;
    }
    this.#byId[kindOf(object)].delete(object.id);
    for (const held of heldBy(object)) this.release(held);
  }
}

/** A program holds its maps and its types, and a map its types. */
function heldBy(object: BpfObject): readonly BpfObject[] {
  if (object instanceof KernelMap) return object.types === undefined ? [] : [object.types.btf];
  if (!(object instanceof LoadedProgram)) return [];
  const { maps, boundMaps, origin } = object;
  const { btf } = origin;
  return btf !== undefined ? [...maps, ...boundMaps, btf] : [...maps, ...boundMaps];
}
