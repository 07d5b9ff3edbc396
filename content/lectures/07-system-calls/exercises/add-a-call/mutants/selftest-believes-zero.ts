// Wrong: looks at the answer only.
import { SYSCALL_DEFINE } from "kernel-sim";

const EFAULT = 14;

/** The end of arch/x86/entry/syscalls/syscall_64.tbl: number, ABI, name, function. */
export const table64 = `
462 common mseal sys_mseal
463 common setxattrat sys_setxattrat
464 common getxattrat sys_getxattrat
465 common listxattrat sys_listxattrat
466 common removexattrat sys_removexattrat
467 common open_tree_attr sys_open_tree_attr
468 common file_getattr sys_file_getattr
469 common file_setattr sys_file_setattr
470 common swapwords sys_swapwords
`;

/** The end of arch/x86/entry/syscalls/syscall_32.tbl. */
export const table32 = `
462 i386 mseal sys_mseal
463 i386 setxattrat sys_setxattrat
464 i386 getxattrat sys_getxattrat
465 i386 listxattrat sys_listxattrat
466 i386 removexattrat sys_removexattrat
467 i386 open_tree_attr sys_open_tree_attr
468 i386 file_getattr sys_file_getattr
469 i386 file_setattr sys_file_setattr
470 i386 swapwords sys_swapwords
`;

/** long swapwords(u32 *a, u32 *b): 0 or -EFAULT */
export const swapwords = SYSCALL_DEFINE("swapwords", function* (k, a, b) {
  const first = yield* k.get_user(a);
  const second = yield* k.get_user(b);
  if (first === undefined || second === undefined) return -EFAULT;
  if ((yield* k.put_user(second, a)) !== 0) return -EFAULT;
  return yield* k.put_user(first, b);
});

/**
 * Gets the number in eax; there are NR_SYSCALLS functions, whose
 * addresses lie in sys_call_table. Answers in eax; -38 (-ENOSYS) when
 * there is no such function. May change ecx and edx.
 */
export const dispatch = `
do_syscall_32:
  cmp $NR_SYSCALLS, %eax
  jae 1f
  sbb %edx, %edx            # all ones below the limit, else 0
  and %edx, %eax
  call *sys_call_table(,%eax,4)
  ret
1:
  mov $-38, %eax
  ret
`;

/** long swapwords(u32 *a, u32 *b), i386, cdecl: what the kernel answers. */
export const stub = `
swapwords:
  push %ebx
  mov $470, %eax
  mov 8(%esp), %ebx
  mov 12(%esp), %ecx
  int $0x80
  pop %ebx
  ret
`;

/**
 * A program that calls swapwords and exits with 0 when it does what it
 * should, 1 when it does not, 4 when this kernel has no such call.
 */
export const selftest = `
  .globl _start
_start:
  push $right
  push $left
  call swapwords
  add $8, %esp
  cmp $-38, %eax
  je skip
  test %eax, %eax
  jnz fail
  push $8                   # nothing is mapped there
  push $left
  call swapwords
  add $8, %esp
  cmp $-14, %eax
  jne fail
  push $left
  push $8
  call swapwords
  add $8, %esp
  cmp $-14, %eax
  jne fail
  xor %ebx, %ebx
  jmp leave
skip:
  mov $4, %ebx
  jmp leave
fail:
  mov $1, %ebx
leave:
  mov $1, %eax
  int $0x80
  .data
left: .long 0x01234567
right: .long 0x89abcdef
  .text
`;
