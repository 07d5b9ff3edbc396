/**
 * Which vector is whose; the higher, the more urgent.
 *
 * @linux arch/x86/include/asm/irq_vectors.h (6.18)
 */
export const FIRST_DEVICE_VECTOR = 0x21;
/** Where the 15 lines of an ISA machine begin. */
export const ISA_IRQ_VECTOR = 0x30;
export const IA32_SYSCALL_VECTOR = 0x80;
export const LOCAL_TIMER_VECTOR = 0xec;
export const CALL_FUNCTION_SINGLE_VECTOR = 0xfb;
export const CALL_FUNCTION_VECTOR = 0xfc;
export const RESCHEDULE_VECTOR = 0xfd;
export const SPURIOUS_APIC_VECTOR = 0xff;
