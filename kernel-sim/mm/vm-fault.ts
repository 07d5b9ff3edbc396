/** What a fault has led to: include/linux/mm_types.h `vm_fault_reason` (6.18). */
export const VM_FAULT_OOM = 0x1;
export const VM_FAULT_SIGBUS = 0x2;
export const VM_FAULT_MAJOR = 0x4;
export const VM_FAULT_SIGSEGV = 0x40;
/** Somebody has to bring the page first. */
export const VM_FAULT_RETRY = 0x400;
