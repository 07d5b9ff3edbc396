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
  mov 8(%esp), %ecx       # argv[1]
  mov $1, %edx            # its first byte only
  mov $1, %ebx            # standard output
  mov $4, %eax            # write
  int $0x80

  mov %eax, %ebx          # the exit status
  mov $1, %eax            # exit
  int $0x80
`;
