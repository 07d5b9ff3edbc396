/** What is known of the program that is to be diverted. */
export interface Victim {
  /** So many bytes has the buffer of `greet`; above it lie the saved ebp and the return address. */
  readonly bufferBytes: number;
  /** The address of `secret`, a C function with one argument that nobody calls. */
  readonly secret: number;
  /** The argument that it is to get. */
  readonly code: number;
}

/** What a submission exports. */
export interface Submission {
  /** What the program is to read, at most 512 bytes. */
  readonly payload: (victim: Victim) => Uint8Array;
  /** i386, AT&T syntax, with the labels `setjmp` and `longjmp`. */
  readonly jumps: string;
}
