/** A share in per cent, with what it is a share of. A field is "" where the claim does not say. */
export interface Claim {
  readonly id: string;
  readonly value: number;
  /** What is counted: "operating system of web servers", "page views" … */
  readonly metric: string;
  /** Of what. */
  readonly population: string;
  /** `2022-07`. */
  readonly date: string;
  /** Who counted. */
  readonly source: string;
}

/** What a submission exports. */
export interface Submission {
  /**
   * The pairs of claims that may be compared, as ids: of each pair, and among the pairs, in the order in which the
   * claims are given.
   */
  readonly comparablePairs: (claims: readonly Claim[]) => readonly (readonly [string, string])[];
  /** The claim as one sentence that is true whoever reads it; undefined when something is missing for that. */
  readonly restate: (claim: Claim) => string | undefined;
}
