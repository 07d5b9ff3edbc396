/** What the code of `userCopySteps` has to know of its machine. */
export interface UserCopyPlaces {
  /** The first address that is no user's. */
  readonly taskSize: number;
  /** The program's only mapping. */
  readonly vmaStart: number;
  readonly vmaEnd: number;
  /** Where the entry of its page lies in the page table, as the kernel sees it. */
  readonly pte: number;
  readonly hasSmap: boolean;
}

/**
 * A call that copies, three routines that do it, and what becomes of a page fault: the kernel's own way, cut down to
 * what decides. Arguments are in EAX, EDX and ECX (to, from, bytes), as the kernel's C passes them on i386.
 *
 * @linux arch/x86/lib/usercopy_32.c `__copy_user`, include/linux/uaccess.h `_copy_from_user`, arch/x86/mm/fault.c
 *   `do_user_addr_fault`, arch/x86/mm/extable.c `fixup_exception`, lib/extable.c `search_extable` (6.18)
 * @simplified one REP MOVSB instead of copies by words; one mapping instead of a tree; the table is searched from its
 *   beginning, and its rows hold addresses instead of distances.
 */
export function userCopySource(routine: string, places: UserCopyPlaces): string {
  return `
  .text
sys_copy:
  push %ecx
  call ${routine}
  pop %edx
  test %eax, %eax
  jz all_came
  mov $-14, %eax
  jmp call_end
all_came:
  mov %edx, %eax
call_end:
  nop

_copy_from_user:
  push %esi
  push %edi
  push %ebx
  mov %eax, %edi
  mov %edx, %esi
  lea (%edx,%ecx), %ebx
  cmp $${places.taskSize}, %ebx
  ja from_fixup
  ${places.hasSmap ? "stac" : ""}
from_insn:
  rep movsb
from_fixup:
  ${places.hasSmap ? "clac" : ""}
  mov %ecx, %ebx
  xor %eax, %eax
  rep stosb
  mov %ebx, %eax
  pop %ebx
  pop %edi
  pop %esi
  ret

_copy_to_user:
  push %esi
  push %edi
  push %ebx
  mov %eax, %edi
  mov %edx, %esi
  lea (%eax,%ecx), %ebx
  cmp $${places.taskSize}, %ebx
  ja to_fixup
  ${places.hasSmap ? "stac" : ""}
to_insn:
  rep movsb
to_fixup:
  ${places.hasSmap ? "clac" : ""}
  mov %ecx, %eax
  pop %ebx
  pop %edi
  pop %esi
  ret

careless_copy:
  push %esi
  push %edi
  mov %eax, %edi
  mov %edx, %esi
  rep movsb
  mov %ecx, %eax
  pop %edi
  pop %esi
  ret

asm_exc_page_fault:
  ${places.hasSmap ? "clac" : ""}
  cld
  push %eax
  push %ecx
  push %ebx
  mov %cr2, %eax
do_user_addr_fault:
  ${places.hasSmap ? "testl $0x40000, 24(%esp)\n  jz page_fault_oops" : ""}
  cmp vm_start, %eax
  jb bad_area
  cmp vm_end, %eax
  jae bad_area
  testl $1, 12(%esp)
  jnz bad_area
handle_mm_fault:
  orl $1, ${places.pte}
  jmp return_from_fault
bad_area:
  mov 16(%esp), %eax
fixup_exception:
  mov $__start___ex_table, %ebx
search_extable:
  cmp $__stop___ex_table, %ebx
  jae page_fault_oops
  cmp (%ebx), %eax
  je ex_handler_uaccess
  add $8, %ebx
  jmp search_extable
ex_handler_uaccess:
  mov 4(%ebx), %ecx
  mov %ecx, 16(%esp)
return_from_fault:
  pop %ebx
  pop %ecx
  pop %eax
  add $4, %esp
  iret
page_fault_oops:
  nop

  .data
vm_start: .long ${places.vmaStart}
vm_end: .long ${places.vmaEnd}
__start___ex_table:
  .long from_insn, from_fixup
  .long to_insn, to_fixup
__stop___ex_table:
buffer: .ascii "what the kernel has to say, in sixty-four bytes that lie here..."
`;
}
