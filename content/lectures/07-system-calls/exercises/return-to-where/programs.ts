/** The programs that victims are made of: what is attacked, what jumps, and what signals interrupt. */

/** Reads far more than its buffer holds. */
export const GREET = `
greet:
  push %ebp
  mov %esp, %ebp
  sub $BUFFER_BYTES, %esp
  mov $5, %eax                 # open("/input", O_RDONLY)
  mov $path, %ebx
  xor %ecx, %ecx
  int $0x80
  mov %eax, %ebx
  mov $3, %eax                 # read(fd, buffer, 512)
  lea -BUFFER_BYTES(%ebp), %ecx
  mov $512, %edx
  int $0x80
  leave
  ret
secret:                        # nobody calls it
  mov 4(%esp), %ebx
  mov $1, %eax                 # exit(argument)
  int $0x80
  .section .rodata
path: .asciz "/input"
  .text
`;

/** Calls greet, and nothing else. */
export const CALLS_GREET = `
_start:
  call greet
  mov $1, %eax
  mov $7, %ebx
  int $0x80
`;

/**
 * setjmp in a function, `depth` calls down, longjmp with `value`; `rounds` times. Writes down what the registers
 * and both stack pointers are at the end of each round, in `answers`, and how many rounds were made, in `made`.
 */
export const JUMPS = `
_start:
  mov $ROUNDS, %eax
  mov %eax, left
again:
  call round
  decl left
  jnz again
  call leave_by_ret
wait:
  mov $29, %eax                # pause
  int $0x80
  jmp wait
leave_by_ret:
  ret
round:
  mov $0x0b0b0b0b, %ebx
  mov $0x51515151, %esi
  mov $0xd1d1d1d1, %edi
  mov $0xb9b9b9b9, %ebp
  mov %esp, esp_before
  xor %eax, %eax
  rdsspd %eax
  mov %eax, ssp_before
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz landed
  mov $0, %ebx
  mov $0, %esi
  mov $0, %edi
  mov $0, %ebp
  mov $DEPTH, %eax
  mov %eax, depth
  call down
  ud2
landed:
  mov to, %ecx
  mov %eax, (%ecx)
  mov %ebx, 4(%ecx)
  mov %esi, 8(%ecx)
  mov %edi, 12(%ecx)
  mov %ebp, 16(%ecx)
  mov %esp, %edx
  sub esp_before, %edx
  mov %edx, 20(%ecx)
  xor %edx, %edx
  rdsspd %edx
  sub ssp_before, %edx
  mov %edx, 24(%ecx)
  addl $28, to
  incl made
  ret
down:
  decl depth
  jz bottom
  push $0x41414141
  call down
  ud2
bottom:
  push $VALUE
  push $buf
  call longjmp
  ud2
`;

/** A function that jumps within one that jumps out of it. */
export const NESTED = `
_start:
  call outer
  mov %eax, made
wait:
  mov $29, %eax
  int $0x80
  jmp wait
outer:
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz 1f
  call inner
  ud2
1:
  add total, %eax
  ret
inner:
  push $buf2
  call setjmp
  add $4, %esp
  addl %eax, total
  cmp $TIMES, %eax
  jae 2f
  inc %eax
  mov %eax, depth
  call thrower
  ud2
2:
  call 3f                      # one frame more on the way out
  ud2
3:
  push $1000
  push $buf
  call longjmp
  ud2
thrower:
  push depth
  push $buf2
  call longjmp
  ud2
`;

/** Leaves a signal handler by longjmp, `rounds` times. */
export const SIGNALS = `
_start:
  mov $174, %eax               # rt_sigaction(SIGUSR1, &action, NULL, 8)
  mov $10, %ebx
  mov $action, %ecx
  xor %edx, %edx
  mov $8, %esi
  int $0x80
  mov $ROUNDS, %eax
  mov %eax, left
again:
  call round
  decl left
  jnz again
  call f
wait:
  mov $29, %eax
  int $0x80
  jmp wait
round:
  xor %eax, %eax
  rdsspd %eax
  mov %eax, ssp_before
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz landed
  mov $DEPTH, %eax
  mov %eax, depth
  call down
  ud2
landed:
  cmp $VALUE, %eax
  jne f
  xor %edx, %edx
  rdsspd %edx
  cmp ssp_before, %edx
  jne f
  incl made
f:
  ret
down:
  decl depth
  jz bottom
  call down
  ud2
bottom:
  mov $20, %eax                # kill(getpid(), SIGUSR1)
  int $0x80
  mov %eax, %ebx
  mov $37, %eax
  mov $10, %ecx
  int $0x80
  ud2
handler:
  call in_handler
  ud2
in_handler:
  push $VALUE
  push $buf
  call longjmp
  ud2
restorer:
  mov $173, %eax
  int $0x80
  .data
action: .long handler, 0x44000004, restorer, 0, 0
  .text
`;

/** First it jumps, then it is attacked. */
export const JUMPS_THEN_GREETS = `
_start:
  call jumper
  call greet
  mov $1, %eax
  mov $7, %ebx
  int $0x80
jumper:
  push $buf
  call setjmp
  add $4, %esp
  test %eax, %eax
  jnz 1f
  mov $DEPTH, %eax
  mov %eax, depth
  call down
1:
  ret
down:
  decl depth
  jz 2f
  call down
2:
  push $1
  push $buf
  call longjmp
`;

export const DATA = `
  .data
  .balign 16
buf: .space 32
fence: .long 0x600df00d
buf2: .space 32
esp_before: .long 0
ssp_before: .long 0
left: .long 0
depth: .long 0
total: .long 0
made: .long 0
to: .long answers
answers: .space 512
`;

/** Puts numbers in the place of names in capitals. */
export function withNumbers(text: string, numbers: Readonly<Record<string, number>>): string {
  return text.replace(/\b[A-Z_]{4,}\b/g, (name) => {
    const number = numbers[name];
    return number === undefined ? name : String(number);
  });
}
