export const assembly = `
# eax: the record of the present task, edx: that of the next one.
# A record holds the stack pointer; all else lies on the stack.
switch_to:
  mov  %esp, (%eax)
  push %ebp
  push %ebx
  push %edi
  push %esi
  pushf
  mov  (%edx), %esp
  popf
  pop  %esi
  pop  %edi
  pop  %ebx
  pop  %ebp
  ret

# eax: the record, edx: the entry, ecx: the end of its stack.
task_init:
  lea  -24(%ecx), %ecx
  mov  %edx, 20(%ecx)        # where ret goes
  movl $0, 16(%ecx)          # ebp
  movl $0, 12(%ecx)          # ebx
  movl $0, 8(%ecx)           # edi
  movl $0, 4(%ecx)           # esi
  movl $0x202, (%ecx)        # flags: interrupts allowed, direction up
  mov  %ecx, (%eax)
  ret
`;
