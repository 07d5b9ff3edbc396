/** What a submission exports. */
export interface Submission {
  /** The whole program, in the AT&T syntax of GNU as; it begins at `_start`. */
  readonly hello: string;
}
