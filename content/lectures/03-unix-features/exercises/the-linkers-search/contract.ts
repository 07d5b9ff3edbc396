/** A program or a library, as a file. In memory its text begins at address 0 of its own, and its data behind it. */
export interface SharedObject {
  readonly name: string;
  /** The libraries that it names itself, in its order. */
  readonly needed: readonly string[];
  /** The symbols that it defines. */
  readonly defines: Readonly<Record<string, "strong" | "weak">>;
  readonly references: readonly Reference[];
  /** Of 4096 bytes each. */
  readonly textPages: number;
  readonly dataPages: number;
}

/** A symbol that an object uses, whoever defines it. */
export interface Reference {
  readonly symbol: string;
  readonly binding: "strong" | "weak";
  /** The address of the word in the object's data that is to hold the symbol's address. */
  readonly slot: number;
  /** The addresses in the object's text where it is called, by way of the slot. */
  readonly callSites: readonly number[];
}

export interface Linked {
  /** The objects that were loaded, in the order in which they are searched; the program is the first. */
  readonly order: readonly string[];
  /** For each reference of each object, in that order: who defines it; null if nobody does. */
  readonly bindings: readonly {
    readonly object: string;
    readonly symbol: string;
    readonly to: string | null;
  }[];
  /** The words that were written. */
  readonly writes: readonly { readonly object: string; readonly address: number }[];
  /** Of all pages of all loaded objects, those that are still as in the file. */
  readonly sharedPages: number;
}

export type LinkResult =
  | Linked
  | { readonly missing: string }
  | { readonly undefined: string; readonly object: string };

/** What a submission exports. */
export interface Submission {
  readonly link: (
    program: string,
    files: readonly SharedObject[],
    preload: readonly string[],
  ) => LinkResult;
}
