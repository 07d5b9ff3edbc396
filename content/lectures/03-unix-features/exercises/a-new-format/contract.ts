/** What execve knows of the file that it is to run: a part of Linux's `struct linux_binprm`. */
export interface BinPrm {
  /** As execve was called with it. */
  readonly filename: string;
  /** What is to be run now: `filename`, or the interpreter that the search has come to. */
  readonly interp: string;
  /** The first 256 bytes of the file; zeros behind its end. */
  readonly buf: Uint8Array;
  /** The arguments so far. */
  readonly argv: readonly string[];
}

/** What a submission exports. */
export interface Submission {
  /** A negative errno, or who runs the file, with the arguments that it gets. */
  readonly loadKbk1: (
    bprm: BinPrm,
  ) => number | { readonly interpreter: string; readonly argv: readonly string[] };
}
