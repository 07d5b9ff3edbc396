/** What a submission exports: three functions in the AT&T syntax of GNU as. */
export interface Submission {
  /** i386, with the label `syscall6_int80`. */
  readonly int80: string;
  /** i386, with the label `syscall6_sysenter`; the word `vsyscall` holds the address of `__kernel_vsyscall`. */
  readonly sysenter: string;
  /** x86-64: the body of the function, from its first instruction to `ret`. */
  readonly syscall: string;
}
