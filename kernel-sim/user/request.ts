/** A system call: number and arguments. One object serves all calls of a program, one after the other. */
export class SyscallRequest {
  readonly kind = "syscall";
  nr = 0;
  a0 = 0;
  a1 = 0;
  a2 = 0;
  a3 = 0;
  a4 = 0;
  a5 = 0;
}

/** What else a program can ask for without the kernel. */
export type MachineRequest =
  | { readonly kind: "compute"; readonly ns: number }
  /** Loads or stores of user code: they fault as the processor's do. */
  | { readonly kind: "load"; readonly addr: number; readonly bytes: Uint8Array }
  | { readonly kind: "store"; readonly addr: number; readonly bytes: Uint8Array };
