/**
 * long syscall6_int80(long nr, long a1, …, long a6), i386, cdecl.
 * At its first instruction nr is at 4(%esp), a1 at 8(%esp), …
 */
export const int80 = `
syscall6_int80:
  mov 4(%esp), %eax
  mov 8(%esp), %ebx
  mov 12(%esp), %ecx
  int $0x80
  ret
`;

/**
 * long syscall6_sysenter(long nr, long a1, …, long a6), i386, cdecl.
 * The address of __kernel_vsyscall is in the word vsyscall.
 */
export const sysenter = `
syscall6_sysenter:
  mov 4(%esp), %eax
  call *vsyscall
  ret
`;

/**
 * long syscall6(long nr, long a1, …, long a6), x86-64, System V ABI:
 * nr in rdi, a1 in rsi, …, a6 on the stack.
 */
export const syscall = `
  mov %rdi, %rax
  syscall
  ret
`;
