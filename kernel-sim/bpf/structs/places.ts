import type { WordsAt } from "./members.ts";
import { STRUCTS_START } from "./upper.ts";

/** What lies at a place. */
export type Content =
  | { readonly kind: "struct"; readonly struct: string; readonly of: object }
  | { readonly kind: "bytes"; readonly read: () => Uint8Array }
  | { readonly kind: "words"; readonly words: WordsAt };

/** Addresses of something, by their lower words. */
export interface Place {
  readonly start: number;
  readonly end: number;
  /** What it is of, and goes with. */
  readonly owner: object;
  readonly content: Content;
}

const LAST = 0x7fff_f000;
const ALIGNMENT = 64;
const PAGE_BYTES = 4096;
/** With so many it is worth looking which are still needed. */
const MANY = 4096;

/**
 * Which addresses are whose. They are given out in the order in which objects are first shown, and to nobody else again, so an
 * object that was forgotten and is shown again is where it was.
 */
export class Places {
  /** By owner and what of it; goes with the owner. */
  readonly #known = new WeakMap<object, Map<string, Place>>();
  /** By address, those that can be read. */
  #listed: Place[] = [];
  readonly #isListed = new Set<Place>();
  #next = STRUCTS_START;
  #many = MANY;

  /** Something of `owner` that lies in memory which programs share, until it is forgotten. */
  fix(owner: object, key: string, start: number, size: number, content: Content): void {
    const place = { start, end: start + size, owner, content };
    this.#placesOf(owner).set(key, place);
    this.#list(place);
  }

  /** It lies nowhere any more. */
  forget(owner: object): void {
    for (const [key, place] of this.#placesOf(owner)) this.#drop(owner, key, place);
  }

  /** The place of something of `owner`; undefined: there is no room left. */
  of(owner: object, key: string, size: number, content: Content): Place | undefined {
    const places = this.#placesOf(owner);
    const known = places.get(key);
    if (known !== undefined) {
      this.#list(known);
      return known;
    }
    const start = this.#next;
    const end = start + Math.max(size, 1);
    if (end > LAST) return undefined;
    this.#next = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    const place = { start, end, owner, content };
    places.set(key, place);
    this.#list(place);
    return place;
  }

  /** Where a text stands that something of `owner` points to; another text stands somewhere else. */
  text(owner: object, key: string, bytes: Uint8Array): Place | undefined {
    const name = `${key}"`;
    const known = this.#placesOf(owner).get(name);
    if (known?.content.kind === "bytes" && isSame(known.content.read(), bytes)) {
      this.#list(known);
      return known;
    }
    if (known !== undefined) this.#drop(owner, name, known);
    return this.of(owner, name, bytes.length, { kind: "bytes", read: () => bytes });
  }

  /** Whether all of it was given out once. */
  covers(low: number, size: number): boolean {
    const end = Math.ceil(this.#next / PAGE_BYTES) * PAGE_BYTES;
    return low >= STRUCTS_START && low + size <= end;
  }

  at(low: number): Place | undefined {
    const place = this.#listed[this.#behind(low) - 1];
    return place !== undefined && low < place.end ? place : undefined;
  }

  *within(from: number, to: number): Generator<Place> {
    for (let i = Math.max(0, this.#behind(from) - 1); i < this.#listed.length; i++) {
      const place = this.#listed[i]!;
      if (place.start >= to) return;
      if (place.end > from) yield place;
    }
  }

  get areMany(): boolean {
    return this.#listed.length >= this.#many;
  }

  keepOnly(owners: ReadonlySet<object>): void {
    this.#listed = this.#listed.filter((place) => {
      const isKept = place.start < STRUCTS_START || owners.has(place.owner);
      if (!isKept) this.#isListed.delete(place);
      return isKept;
    });
    this.#many = Math.max(MANY, this.#listed.length * 2);
  }

  #placesOf(owner: object): Map<string, Place> {
    let places = this.#known.get(owner);
    if (places === undefined) {
      places = new Map();
      this.#known.set(owner, places);
    }
    return places;
  }

  #drop(owner: object, key: string, place: Place): void {
    this.#placesOf(owner).delete(key);
    this.#isListed.delete(place);
    this.#listed = this.#listed.filter((each) => each !== place);
  }

  #list(place: Place): void {
    if (this.#isListed.has(place)) return;
    this.#isListed.add(place);
    this.#listed.splice(this.#behind(place.start), 0, place);
  }

  /** How many begin at the address or before it. */
  #behind(low: number): number {
    let [from, to] = [0, this.#listed.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#listed[middle]!.start <= low) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
