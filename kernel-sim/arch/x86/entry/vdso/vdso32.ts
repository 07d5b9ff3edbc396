import {
  CS_RAW_OFFSET,
  MAX_CLOCKS,
  VC_BASETIME,
  VC_CLOCK_MODE,
  VC_CYCLE_LAST,
  VC_MULT,
  VC_SHIFT,
  VD_HRTIMER_RES,
  VD_TZ_DSTTIME,
  VD_TZ_MINUTESWEST,
  VDSO_CLOCKMODE_TSC,
  VDSO_COARSE,
  VDSO_HRES,
  VDSO_RAW,
} from "../../../../include/vdso/datapage.ts";
import { GDT_ENTRY_CPUNODE, VVAR_BELOW } from "./layout.ts";

const CPUNODE_SEG = GDT_ENTRY_CPUNODE * 8 + 3;
const TICK_NSEC = 4_000_000;

/**
 * The functions of the vDSO for 32-bit programs, as GNU as takes them. All of the code lies in the image's first page:
 * `vvar` finds the data from its own return address.
 *
 * @linux arch/x86/entry/vdso/vdso32, lib/vdso/gettimeofday.c (6.18)
 * @simplified written by hand and without alternatives: the door is always SYSENTER. No time namespaces.
 */
export const VDSO32_SOURCE = `
  .globl __kernel_vsyscall, __kernel_sigreturn, __kernel_rt_sigreturn
  .globl __vdso_clock_gettime, __vdso_clock_gettime64, __vdso_gettimeofday
  .globl __vdso_time, __vdso_clock_getres, __vdso_getcpu

# SYSENTER and SYSEXIT destroy these three registers; EBP tells the kernel the stack. A call that is to be made again
# begins at the int $0x80, two bytes in front of the landing pad.
__kernel_vsyscall:
  push %ecx
  push %edx
  push %ebp
  mov  %esp, %ebp
  sysenter
  int  $0x80
landing_pad:
  pop  %ebp
  pop  %edx
  pop  %ecx
  ret
  .balign 16, 0x90

# A handler's return address. Debuggers know frames of signals by these very bytes.
__kernel_sigreturn:
  pop  %eax
  mov  $119, %eax
  int  $0x80
  .balign 16, 0x90

__kernel_rt_sigreturn:
  mov  $173, %eax
  int  $0x80
  .balign 16, 0x90

# EBX becomes the address of the data.
vvar:
  mov  (%esp), %ebx
  and  $0xfffff000, %ebx
  sub  $${VVAR_BELOW}, %ebx
  ret

# The time of the clock EAX: seconds in EDX:ECX, ns in EDI. CF is set when only the kernel knows it.
clock:
  cmp  $${MAX_CLOCKS}, %eax
  jae  unknown
  mov  %eax, %ecx
  mov  $1, %edx
  shl  %cl, %edx
  shl  $4, %eax
  test $${VDSO_HRES}, %edx
  jnz  hres
  test $${VDSO_COARSE}, %edx
  jnz  coarse
  test $${VDSO_RAW}, %edx
  jz   unknown
  add  $${CS_RAW_OFFSET}, %ebx
  jmp  hres
unknown:
  stc
  ret

hres:
  lea  ${VC_BASETIME}(%ebx,%eax), %ebp
hres_begin:
  mov  (%ebx), %esi              # the sequence number: odd while the kernel writes
  test $1, %esi
  jnz  hres_wait
  cmpl $${VDSO_CLOCKMODE_TSC}, ${VC_CLOCK_MODE}(%ebx)
  jne  unknown
  lfence
  rdtsc
  sub  ${VC_CYCLE_LAST}(%ebx), %eax
  sbb  ${VC_CYCLE_LAST + 4}(%ebx), %edx
  jns  hres_forward
  xor  %eax, %eax                # another processor's counter was a little ahead
  xor  %edx, %edx
hres_forward:
  mov  %edx, %ecx                # cycles times mult: 96 bits in EDX:EAX:EDI
  mull ${VC_MULT}(%ebx)
  mov  %edx, %edi
  xchg %eax, %ecx
  mull ${VC_MULT}(%ebx)
  add  %edi, %eax
  adc  $0, %edx
  mov  %ecx, %edi
  add  8(%ebp), %edi
  adc  12(%ebp), %eax
  adc  $0, %edx
  mov  ${VC_SHIFT}(%ebx), %ecx
  shrd %cl, %eax, %edi
  shrd %cl, %edx, %eax
  mov  (%ebp), %ecx
  mov  4(%ebp), %edx
  cmp  (%ebx), %esi
  jne  hres_begin                # the kernel has written in between
seconds:
  test %eax, %eax
  jnz  one_more
  cmp  $1000000000, %edi
  jb   done
one_more:
  sub  $1000000000, %edi
  sbb  $0, %eax
  add  $1, %ecx
  adc  $0, %edx
  jmp  seconds
done:
  clc
  ret
hres_wait:
  pause
  jmp  hres_begin

coarse:
  lea  ${VC_BASETIME}(%ebx,%eax), %ebp
coarse_begin:
  mov  (%ebx), %esi
  test $1, %esi
  jnz  coarse_wait
  mov  (%ebp), %ecx
  mov  4(%ebp), %edx
  mov  8(%ebp), %edi
  cmp  (%ebx), %esi
  jne  coarse_begin
  clc
  ret
coarse_wait:
  pause
  jmp  coarse_begin

# int clock_gettime(clockid_t, struct old_timespec32 *)
__vdso_clock_gettime:
  push %ebp
  push %ebx
  push %esi
  push %edi
  mov  20(%esp), %eax
  call vvar
  call clock
  mov  $265, %eax
  jc   make_call
  mov  24(%esp), %eax
  mov  %ecx, (%eax)
  mov  %edi, 4(%eax)
  jmp  success

# int clock_gettime64(clockid_t, struct __kernel_timespec *)
__vdso_clock_gettime64:
  push %ebp
  push %ebx
  push %esi
  push %edi
  mov  20(%esp), %eax
  call vvar
  call clock
  mov  $403, %eax
  jc   make_call
  mov  24(%esp), %eax
  mov  %ecx, (%eax)
  mov  %edx, 4(%eax)
  mov  %edi, 8(%eax)
  movl $0, 12(%eax)
success:
  xor  %eax, %eax
  jmp  leave_function

# What the page does not say, the kernel is asked for: call EAX with both arguments.
make_call:
  mov  20(%esp), %ebx
  mov  24(%esp), %ecx
  call __kernel_vsyscall
leave_function:
  pop  %edi
  pop  %esi
  pop  %ebx
  pop  %ebp
  ret

# int gettimeofday(struct timeval *, struct timezone *)
__vdso_gettimeofday:
  push %ebp
  push %ebx
  push %esi
  push %edi
  call vvar
  cmpl $0, 20(%esp)
  je   time_zone
  push %ebx
  xor  %eax, %eax
  call clock
  pop  %ebx
  mov  $78, %eax
  jc   make_call
  mov  20(%esp), %esi
  mov  %ecx, (%esi)
  mov  %edi, %eax
  xor  %edx, %edx
  mov  $1000, %ecx
  div  %ecx
  mov  %eax, 4(%esi)
time_zone:
  mov  24(%esp), %esi
  test %esi, %esi
  jz   success
  mov  ${VD_TZ_MINUTESWEST}(%ebx), %eax
  mov  %eax, (%esi)
  mov  ${VD_TZ_DSTTIME}(%ebx), %eax
  mov  %eax, 4(%esi)
  jmp  success

# time_t time(time_t *): a single word cannot be half written.
__vdso_time:
  push %ebx
  call vvar
  mov  ${VC_BASETIME}(%ebx), %eax
  mov  8(%esp), %edx
  test %edx, %edx
  jz   time_done
  mov  %eax, (%edx)
time_done:
  pop  %ebx
  ret

# int clock_getres(clockid_t, struct old_timespec32 *)
__vdso_clock_getres:
  push %ebp
  push %ebx
  push %esi
  push %edi
  call vvar
  mov  20(%esp), %ecx
  cmp  $${MAX_CLOCKS}, %ecx
  jae  ask_resolution
  mov  $1, %edx
  shl  %cl, %edx
  mov  ${VD_HRTIMER_RES}(%ebx), %eax
  test $${VDSO_HRES | VDSO_RAW}, %edx
  jnz  resolution
  mov  $${TICK_NSEC}, %eax
  test $${VDSO_COARSE}, %edx
  jz   ask_resolution
resolution:
  mov  24(%esp), %edx
  test %edx, %edx
  jz   success
  movl $0, (%edx)
  mov  %eax, 4(%edx)
  jmp  success
ask_resolution:
  mov  $266, %eax
  jmp  make_call

# int getcpu(unsigned *cpu, unsigned *node, void *): a segment's limit is the processor's number.
__vdso_getcpu:
  mov  $${CPUNODE_SEG}, %eax
  lsl  %eax, %eax
  mov  4(%esp), %edx
  test %edx, %edx
  jz   node
  mov  %eax, %ecx
  and  $0xfff, %ecx
  mov  %ecx, (%edx)
node:
  mov  8(%esp), %edx
  test %edx, %edx
  jz   getcpu_done
  shr  $12, %eax
  mov  %eax, (%edx)
getcpu_done:
  xor  %eax, %eax
  ret
`;
