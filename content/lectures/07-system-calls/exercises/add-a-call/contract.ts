/** What a submission exports. */
export interface Submission {
  /** The end of arch/x86/entry/syscalls/syscall_64.tbl. */
  readonly table64: string;
  /** The end of arch/x86/entry/syscalls/syscall_32.tbl. */
  readonly table32: string;
  /** `SYSCALL_DEFINE("swapwords", function* (k, a, b) { … })` */
  readonly swapwords: (question: never) => unknown;
  /** i386, with the label `do_syscall_32`. */
  readonly dispatch: string;
  /** i386, with the label `swapwords`: the function of the C library. */
  readonly stub: string;
  /** i386, a program that begins at `_start` and calls `swapwords`. */
  readonly selftest: string;
}
