// Wrong: uses int 0x80 for both.
/**
 * long syscall6_int80(long nr, long a1, …, long a6), i386, cdecl.
 * At its first instruction nr is at 4(%esp), a1 at 8(%esp), …
 */
export const int80 = `
syscall6_int80:
  push %ebx
  push %esi
  push %edi
  push %ebp
  mov 20(%esp), %eax
  mov 24(%esp), %ebx
  mov 28(%esp), %ecx
  mov 32(%esp), %edx
  mov 36(%esp), %esi
  mov 40(%esp), %edi
  mov 44(%esp), %ebp
  int $0x80
  pop %ebp
  pop %edi
  pop %esi
  pop %ebx
  ret
`;

/**
 * long syscall6_sysenter(long nr, long a1, …, long a6), i386, cdecl.
 * The address of __kernel_vsyscall is in the word vsyscall.
 */
export const sysenter = `
syscall6_sysenter:
  push %ebx
  push %esi
  push %edi
  push %ebp
  mov 20(%esp), %eax
  mov 24(%esp), %ebx
  mov 28(%esp), %ecx
  mov 32(%esp), %edx
  mov 36(%esp), %esi
  mov 40(%esp), %edi
  mov 44(%esp), %ebp
  int $0x80
  pop %ebp
  pop %edi
  pop %esi
  pop %ebx
  ret
`;

/**
 * long syscall6(long nr, long a1, …, long a6), x86-64, System V ABI:
 * nr in rdi, a1 in rsi, …, a6 on the stack.
 */
export const syscall = `
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
  ret
`;
