/** What a source states: what happened to a thing, and when, as exactly as it says (`1991`, `1991-09`, `1991-09-17`). */
export interface Statement {
  readonly subject: string;
  readonly event: string;
  readonly date: string;
}

/** A snippet of a source. */
export interface Snippet {
  readonly id: string;
  /** When it was written, as exactly as a day. */
  readonly written: string;
  /** "primary": by whoever did it, at the time; "memory": told later by somebody who was there; "secondary": by others. */
  readonly kind: "primary" | "memory" | "secondary";
  readonly states: readonly Statement[];
}

export interface Claim extends Statement {
  readonly id: string;
}

export interface Verdict {
  readonly claim: string;
  readonly label: "supported" | "contradicted" | "open";
  /** The id of the snippet that decides; undefined when the claim is open. */
  readonly by: string | undefined;
}

/** What a submission exports. */
export interface Submission {
  /** One verdict for each claim, in their order. */
  readonly judge: (claims: readonly Claim[], snippets: readonly Snippet[]) => readonly Verdict[];
}
