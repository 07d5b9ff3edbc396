export const assembly = `
# eax: the record of the present task, edx: that of the next one.
switch_to:
  mov  %esp, (%eax)
  ret

# eax: the record, edx: the entry, ecx: the end of its stack.
task_init:
  mov  %ecx, (%eax)
  ret
`;
