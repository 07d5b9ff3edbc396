export const assembly = `
# eax: the record of the present task, edx: that of the next one.
# A record holds the stack pointer; all else lies on the stack.
switch_to:
  mov  %ebp, kept
  mov  %ebx, kept + 4
  push %edi
  push %esi
  pushf
  mov  %esp, (%eax)
  mov  (%edx), %esp
  popf
  pop  %esi
  pop  %edi
  mov  kept + 4, %ebx
  mov  kept, %ebp
  ret

# eax: the record, edx: the entry, ecx: the end of its stack.
task_init:
  lea  -16(%ecx), %ecx
  mov  %edx, 12(%ecx)
  movl $0, 8(%ecx)           # edi
  movl $0, 4(%ecx)           # esi
  movl $0x202, (%ecx)        # flags: interrupts allowed, direction up
  mov  %ecx, (%eax)
  ret
  .data
kept: .long 0, 0
  .text
`;
