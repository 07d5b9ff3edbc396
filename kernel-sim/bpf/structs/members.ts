/**
 * What members of the kernel's structures hold, as the simulator's own objects say it: a table for each structure has
 * functions by the Linux name of a member. Where a member lies, and its type, the kernel's BTF says.
 */

/** A number, also of a structure that holds only one; a text, or where one begins; what lies in there; where a pointer leads. */
export type MemberValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly MemberValue[]
  | StructAt
  | WordsAt
  | Inside
  | Fields
  | undefined;

/** A pointer to a structure, to a member of one, or to an element of a member (`pid_links[1]`). */
export interface StructAt {
  readonly kind: "at";
  readonly struct: string;
  readonly of: object;
  readonly member: string;
}

/** A pointer to a row of words of 64 bits, which belongs to what holds the pointer. */
export interface WordsAt {
  readonly kind: "words";
  readonly count: number;
  readonly word: (index: number) => MemberValue;
}

/** A structure inside of this one, which has a table of its own. */
export interface Inside {
  readonly kind: "inside";
  readonly struct: string;
  readonly of: object;
}

/** A structure inside of this one whose members are said here. */
export interface Fields {
  readonly kind: "fields";
  readonly values: Readonly<Record<string, MemberValue>>;
}

/**
 * By member; those that are left out read as 0. `sizeof`, which is no name in C, is how many bytes lie behind the declared ones:
 * an array without a length at the end.
 */
export type StructTable<T = never> = Readonly<Record<string, (of: T) => MemberValue>>;
/** By structure. */
export type StructTables = Readonly<Record<string, StructTable>>;

/** A pointer to the structure that `of` is; undefined: null. */
export function at(struct: string, of: object | undefined, member = ""): StructAt | undefined {
  return of && { kind: "at", struct, of, member };
}

export function words(count: number, word: (index: number) => MemberValue): WordsAt {
  return { kind: "words", count, word };
}

export function inside(struct: string, of: object): Inside {
  return { kind: "inside", struct, of };
}

export function fields(values: Readonly<Record<string, MemberValue>>): Fields {
  return { kind: "fields", values };
}

/** A `list_head`, as one place of a ring of them. @linux include/linux/types.h `struct list_head` (6.18) */
export function ring(places: readonly (StructAt | undefined)[], own: number): Fields {
  const n = places.length;
  return fields({ next: places[(own + 1) % n], prev: places[(own + n - 1) % n] });
}
