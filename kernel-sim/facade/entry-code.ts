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

/** Bytes of `struct pt_regs`. */
const PTREGS_SIZE = 68;

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
`;

export interface KernelCode {
  /** Where SYSEXIT returns to. */
  readonly landingPad: number;
  /** What the function of the call answers. */
  readonly result: number;
  /** Where the task state keeps ESP0, the end of the entry stack. */
  readonly sp0: number;
  /** How far behind the end of the entry stack the task state keeps the end of frames on the thread's stack. */
  readonly entryToThreadStack: number;
}

/**
 * A kernel's entry code, cut down to the way in and the way back. The processor's words and the registers go to
 * the entry stack, in the order of `struct pt_regs`; the frame is copied to the stack of the thread, one function
 * answers there, and the way back is the same way.
 *
 * @linux arch/x86/entry/entry_32.S `entry_INT80_32`, `SWITCH_TO_KERNEL_STACK`, `entry_SYSENTER_32` (6.18)
 * @simplified no `ASM_CLAC` in front of the first push and no CLD behind it, no page-table isolation, no work on the
 * way out, FS stays the user's, and one function instead of the switch over all calls.
 */
export function kernelSource(code: KernelCode): string {
  return `
  .text
entry_INT80_32:
  push %eax
  ${SAVE_REGISTERS}
  mov %esp, %esi
  mov %esi, %edi
  and $0xfffff000, %edi
  add $0x1000, %edi
  mov ${code.entryToThreadStack}(%edi), %edi
  mov $${PTREGS_SIZE}, %ecx
  sub %ecx, %edi
  mov %edi, %esp
  shr $2, %ecx
  cld
  rep movsl
  mov %esp, %eax
  call do_int80_syscall_32
  mov $${PTREGS_SIZE}, %ecx
  mov ${code.sp0}, %edi
  sub %ecx, %edi
  mov %esp, %esi
  mov %edi, %ebx
  shr $2, %ecx
  cld
  rep movsl
  mov %ebx, %esp
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
do_int80_syscall_32:
  movl $${code.result}, 24(%eax)
  ret
entry_SYSENTER_32:
  mov ${code.entryToThreadStack}(%esp), %esp
  push $0x7b
  push %ebp
  pushf
  orl $0x200, (%esp)
  push $0x73
  push $${code.landingPad}
  push %eax
  mov (%ebp), %ebp
  ${SAVE_REGISTERS}
  mov %esp, %eax
  call do_fast_syscall_32
  mov 48(%esp), %edx
  mov 60(%esp), %ecx
  pop %ebx
  add $8, %esp
  pop %esi
  pop %edi
  pop %ebp
  mov %esp, %eax
  mov ${code.sp0}, %esp
  push 32(%eax)
  push (%eax)
  andl $0xfffffdff, 4(%esp)
  pop %eax
  popf
  sti
  sysexit
do_fast_syscall_32:
  movl $${code.result}, 24(%eax)
  ret
`;
}
