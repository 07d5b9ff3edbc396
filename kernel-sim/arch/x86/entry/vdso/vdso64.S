# The functions of the vDSO for 64-bit programs, at 0x600 of the image; the data lies six pages below it.
# GNU as makes the bytes in vdso-image-64.ts of it: scripts/vdso-image.ts.
# Follows lib/vdso/gettimeofday.c and arch/x86/entry/vdso of Linux 6.18.

# The time of the clock EDI for RSI. What the page does not say, the kernel is asked for.
__vdso_clock_gettime:
  lea  vvar(%rip), %r8
  cmp  $16, %edi
  jae  gettime_call
  mov  %edi, %ecx
  mov  $1, %eax
  shl  %cl, %eax
  shl  $4, %ecx
  test $0x883, %eax
  jnz  hres
  test $0x60, %eax
  jnz  coarse
  test $0x10, %eax
  jz   gettime_call
  add  $232, %r8
hres:
  lea  40(%r8,%rcx), %r10
hres_begin:
  mov  (%r8), %r9d
  test $1, %r9d
  jnz  hres_wait
  cmpl $1, 4(%r8)
  jne  gettime_call
  lfence
  rdtsc
  shl  $32, %rdx
  or   %rdx, %rax
  xor  %edx, %edx
  sub  8(%r8), %rax
  cmovs %rdx, %rax
  mov  32(%r8), %edx
  mul  %rdx
  add  8(%r10), %rax
  adc  $0, %rdx
  mov  36(%r8), %ecx
  shrd %cl, %rdx, %rax
  mov  (%r10), %r11
  cmp  (%r8), %r9d
  jne  hres_begin
seconds:
  cmp  $1000000000, %rax
  jb   store
  sub  $1000000000, %rax
  inc  %r11
  jmp  seconds
hres_wait:
  pause
  jmp  hres_begin
coarse:
  lea  40(%r8,%rcx), %r10
coarse_begin:
  mov  (%r8), %r9d
  test $1, %r9d
  jnz  coarse_wait
  mov  (%r10), %r11
  mov  8(%r10), %rax
  cmp  (%r8), %r9d
  jne  coarse_begin
store:
  mov  %r11, (%rsi)
  mov  %rax, 8(%rsi)
  xor  %eax, %eax
  ret
coarse_wait:
  pause
  jmp  coarse_begin
gettime_call:
  mov  $228, %eax
  syscall
  ret
  .balign 16, 0x90

__vdso_gettimeofday:
  push %rdi
  push %rsi
  test %rdi, %rdi
  jz   time_zone
  mov  %rdi, %rsi
  xor  %edi, %edi
  call __vdso_clock_gettime
  mov  8(%rsi), %rax
  xor  %edx, %edx
  mov  $1000, %ecx
  div  %rcx
  mov  %rax, 8(%rsi)
time_zone:
  pop  %rsi
  pop  %rdi
  test %rsi, %rsi
  jz   time_zone_done
  lea  vvar(%rip), %r8
  mov  2320(%r8), %rax
  mov  %rax, (%rsi)
time_zone_done:
  xor  %eax, %eax
  ret
  .balign 16, 0x90

__vdso_time:
  mov  vvar+40(%rip), %rax
  test %rdi, %rdi
  jz   time_done
  mov  %rax, (%rdi)
time_done:
  ret
  .balign 16, 0x90

__vdso_clock_getres:
  cmp  $16, %edi
  jae  getres_call
  mov  %edi, %ecx
  mov  $1, %eax
  shl  %cl, %eax
  mov  vvar+2328(%rip), %edx
  test $0x893, %eax
  jnz  resolution
  mov  $4000000, %edx
  test $0x60, %eax
  jz   getres_call
resolution:
  test %rsi, %rsi
  jz   resolution_done
  movq $0, (%rsi)
  mov  %rdx, 8(%rsi)
resolution_done:
  xor  %eax, %eax
  ret
getres_call:
  mov  $229, %eax
  syscall
  ret
  .balign 16, 0x90

__vdso_getcpu:
  mov  $0x7b, %eax
  lsl  %eax, %eax
  test %rdi, %rdi
  jz   node
  mov  %eax, %ecx
  and  $0xfff, %ecx
  mov  %ecx, (%rdi)
node:
  test %rsi, %rsi
  jz   getcpu_done
  shr  $12, %eax
  mov  %eax, (%rsi)
getcpu_done:
  xor  %eax, %eax
  ret
  .set vvar, __vdso_clock_gettime - 0x6600
