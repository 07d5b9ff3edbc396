/**
 * The user registers of a task, as the entry code has saved them. 64-bit values are numbers: negative
 * ones stay negative.
 *
 * @linux arch/x86/include/asm/ptrace.h `struct pt_regs` (6.18)
 */
export class PtRegs {
  r15 = 0;
  r14 = 0;
  r13 = 0;
  r12 = 0;
  bp = 0;
  bx = 0;
  r11 = 0;
  r10 = 0;
  r9 = 0;
  r8 = 0;
  ax = 0;
  cx = 0;
  dx = 0;
  si = 0;
  di = 0;
  /** The number of the system call, -1 when the kernel was not entered by one. */
  origAx = -1;
  ip = 0;
  cs = 0x33;
  flags = 0x202;
  sp = 0;
  ss = 0x2b;

  /** Takes over all registers of `from`. */
  set(from: PtRegs): void {
    Object.assign(this, from);
  }
}
