/** A system of the family: `parents` are names of systems whose source text went into it. */
export interface System {
  readonly name: string;
  readonly year: number;
  readonly parents: readonly string[];
}

/** What a submission exports. */
export interface Submission {
  /** Names of all ancestors of `name` in `tree`, by year, and by name within a year. */
  readonly ancestors: (tree: readonly System[], name: string) => readonly string[];
  /** Names of all systems that are ancestors of both, in the same order. */
  readonly commonAncestors: (tree: readonly System[], a: string, b: string) => readonly string[];
}
