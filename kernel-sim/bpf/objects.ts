import type { BpfObject } from "./kernel.ts";
import { KernelLink, unhang } from "./link/link.ts";
import { KernelMap } from "./maps/map.ts";
import { LoadedProgram } from "./program.ts";

export type ObjectKind = "prog" | "map" | "btf" | "link";

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
  if (object instanceof KernelLink) return "link";
  return object instanceof KernelMap ? "map" : "btf";
}

/** Who holds an object: `users` of them by a descriptor or a name. */
interface Holders {
  all: number;
  users: number;
}

const NOBODY: Holders = Object.freeze({ all: 0, users: 0 });

/**
 * All objects by number. Each kind counts for itself, and numbers are not given again. An object
 * is there as long as somebody holds it: a descriptor, a name, or another object.
 *
 * @linux kernel/bpf/syscall.c `prog_idr`, `map_idr`, `link_idr`, `bpf_map_put_with_uref`, kernel/bpf/btf.c `btf_idr` (6.18)
 */
export class BpfObjects {
  readonly #byId = {
    prog: new Map<number, BpfObject>(),
    map: new Map<number, BpfObject>(),
    btf: new Map<number, BpfObject>(),
    link: new Map<number, BpfObject>(),
  };
  readonly #holders = new Map<BpfObject, Holders>();
  readonly #gone: (object: BpfObject) => void;

  /** @param gone is told of each object that nobody holds any more */
  constructor(gone: (object: BpfObject) => void) {
    this.#gone = gone;
  }

  add(object: BpfObject): void {
    this.#byId[kindOf(object)].set(object.id, object);
    for (const held of heldBy(object)) this.ref(held);
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

  /** A descriptor or a name holds it. */
  hold(object: BpfObject): void {
    this.#count(object).users++;
    this.ref(object);
  }

  /** Another object holds it. */
  ref(object: BpfObject): void {
    this.#count(object).all++;
  }

  #count(object: BpfObject): Holders {
    const known = this.#holders.get(object);
    if (known !== undefined) return known;
    const none = { all: 0, users: 0 };
    this.#holders.set(object, none);
    return none;
  }

  /** Whether a descriptor or a name holds it. */
  hasUsers(object: BpfObject): boolean {
    return this.holdersOf(object).users > 0;
  }

  holdersOf(object: BpfObject): Readonly<Holders> {
    return this.#holders.get(object) ?? NOBODY;
  }

  /** One descriptor or name less; the last holder takes the object along. */
  release(object: BpfObject): void {
    const holders = this.#count(object);
    if (--holders.users === 0 && object instanceof KernelMap) object.releaseUsers();
    this.unref(object);
  }

  /** One holder among the objects less. */
  unref(object: BpfObject): void {
    const holders = this.#count(object);
    if (--holders.all > 0) return;
    this.#holders.delete(object);
    if (object instanceof StatsUser) {
      object.end();
      return;
    }
    this.#byId[kindOf(object)].delete(object.id);
    if (object instanceof KernelLink) unhang(object);
    this.#gone(object);
    for (const held of heldBy(object)) this.unref(held);
  }
}

/** A program holds its maps, its types and what it is attached to, a map its types, and a link its program. */
function heldBy(object: BpfObject): readonly BpfObject[] {
  if (object instanceof KernelLink) return object.held === undefined ? [] : [object.held];
  if (object instanceof KernelMap) return object.types === undefined ? [] : [object.types.btf];
  if (!(object instanceof LoadedProgram)) return [];
  const { maps, boundMaps, btf, usedBtfs, target } = object;
  const others = [btf, target.prog].filter((held) => held !== undefined);
  return [...maps, ...boundMaps, ...usedBtfs, ...others];
}
