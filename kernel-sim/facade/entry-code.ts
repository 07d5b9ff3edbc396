/**
 * The program of `entrySteps`: a system call by either door.
 *
 * @linux arch/x86/entry/vdso/vdso32/system_call.S `__kernel_vsyscall` (6.18)
 * @simplified the call through the vDSO has no int 0x80 behind its sysenter.
 */
export const USER_SOURCE = `
  .text
user_int80:
  int $0x80
user_end:
  nop
user_sysenter:
  call kernel_vsyscall
  jmp user_end
kernel_vsyscall:
  push %ecx
  push %edx
  push %ebp
  mov %esp, %ebp
  sysenter
landing_pad:
  pop %ebp
  pop %edx
  pop %ecx
  ret
`;

const SAVE_REGISTERS = `
  push $0
  push %fs
  push %es
  push %ds
  push $-38
  push %ebp
  push %edi
  push %esi
  push %edx
  push %ecx
  push %ebx
  mov $0x7b, %edx
  mov %edx, %ds
  mov %edx, %es
  mov %esp, %eax
  call do_syscall
  mov %eax, 24(%esp)
`;

/**
 * A kernel's entry code, cut down to the way in and the way back: registers are saved in the order of
 * `struct pt_regs`, one function answers, the registers come back.
 *
 * @linux arch/x86/entry/entry_32.S `entry_INT80_32`, `entry_SYSENTER_32` (6.18)
 * @simplified no entry stack of its own, no page-table isolation, no work on the way out, and one function
 * instead of the table of calls.
 * @param landingPad where SYSEXIT returns to
 * @param result what the function answers
 */
export function kernelSource(landingPad: number, result: number): string {
  return `
  .text
entry_INT80_32:
  push %eax
  ${SAVE_REGISTERS}
  pop %ebx
  pop %ecx
  pop %edx
  pop %esi
  pop %edi
  pop %ebp
  pop %eax
  pop %ds
  pop %es
  pop %fs
  add $8, %esp
  iret
entry_SYSENTER_32:
  push $0x7b
  push %ebp
  pushf
  orl $0x200, (%esp)
  push $0x73
  push $${landingPad}
  push %eax
  mov (%ebp), %ebp
  ${SAVE_REGISTERS}
  mov 48(%esp), %edx
  mov 60(%esp), %ecx
  pop %ebx
  add $8, %esp
  pop %esi
  pop %edi
  pop %ebp
  pop %eax
  pop %ds
  pop %es
  pop %fs
  add $16, %esp
  andl $0xfffffdff, (%esp)
  popf
  sti
  sysexit
do_syscall:
  mov $${result}, %eax
  ret
`;
}
