/** One byte is read, written, or fetched as an instruction. */
export interface Access {
  readonly address: bigint;
  readonly kind: "read" | "write" | "execute";
}

/** What becomes of an access. */
export type Outcome =
  | { readonly outcome: "succeeds" }
  | { readonly outcome: "repaired" }
  | { readonly outcome: "killed"; readonly signal: number; readonly code: number };

/** What a submission exports. */
export interface Submission {
  /** One outcome for each access, in their order. `maps` is the text of /proc/PID/maps. */
  readonly judge: (maps: string, accesses: readonly Access[]) => readonly Outcome[];
}
