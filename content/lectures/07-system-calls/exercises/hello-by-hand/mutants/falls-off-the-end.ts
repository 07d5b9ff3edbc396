// Wrong: does not exit.
/**
 * A program that prints its first argument (argv[1]) on descriptor 1 and
 * exits with the argument's length.
 *
 *   - Only int 0x80, only write (4) and exit (1).
 *   - write may take fewer bytes than asked for: write the rest.
 *   - -EINTR (-4): make the same write again.
 *   - any other error: exit with the error number, a positive one.
 */
export const hello = `
  .globl _start
_start:
  mov 8(%esp), %esi       # argv[1]: what is left to write
  mov %esi, %edi
length:
  cmpb $0, (%edi)
  je measured
  inc %edi
  jmp length
measured:
  sub %esi, %edi          # how much is left
  mov %edi, %ebp          # how much it was

again:
  test %edi, %edi
  jz done
  mov $4, %eax            # write
  mov $1, %ebx
  mov %esi, %ecx
  mov %edi, %edx
  int $0x80
  cmp $-4, %eax           # -EINTR
  je again
  test %eax, %eax
  js failed
  add %eax, %esi
  sub %eax, %edi
  jmp again

failed:
  neg %eax
  mov %eax, %ebp
done:
  mov %ebp, %ebx
`;
