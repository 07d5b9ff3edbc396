/** Bits of `task.syscallWork`, what a system call does besides itself: `include/linux/thread_info.h` (6.18). */
export const SYSCALL_WORK_SECCOMP = 1;
export const SYSCALL_WORK_SYSCALL_TRACE = 4;
export const SYSCALL_WORK_SYSCALL_EMU = 8;
