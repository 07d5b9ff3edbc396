import type { EntryPathRow } from "../../../api/x86.ts";

/**
 * The way of `int $0x80` through a 32-bit kernel, under its names in 2.6.32 and in 6.18.
 *
 * @linux arch/x86/kernel/entry_32.S, traps.c (2.6.32); arch/x86/entry/entry_32.S, syscall_32.c, arch/x86/kernel/idt.c (6.18)
 */
export const entryPath: readonly EntryPathRow[] = Object.freeze(
  [
    row(1, "number and arguments go into registers; the trap", "int $0x80", "int $0x80"),
    row(
      2,
      "the gate of vector 0x80, which programs may use (DPL 3)",
      "set_system_gate(SYSCALL_VECTOR, &system_call)",
      "SYSG(IA32_SYSCALL_VECTOR, entry_INT80_32)",
    ),
    row(3, "the first instruction of the kernel", "system_call", "entry_INT80_32"),
    row(3, "the number is kept as orig_eax", "pushl %eax", "pushl %eax"),
    row(
      3,
      "the other registers go onto the thread's stack",
      "SAVE_ALL",
      "SAVE_ALL pt_regs_ax=$-ENOSYS switch_stacks=1",
    ),
    row(4, "C code begins", "(assembly up to the call itself)", "do_int80_syscall_32(regs)"),
    row(
      4,
      "who looks on is told: tracer, seccomp, audit",
      "syscall_trace_entry",
      "syscall_enter_from_user_mode(regs, nr)",
    ),
    row(
      4,
      "is there such a number?",
      "cmpl $(nr_syscalls), %eax; jae syscall_badsys",
      "nr < IA32_NR_syscalls; array_index_nospec(nr, IA32_NR_syscalls)",
    ),
    row(
      4,
      "the function for the number",
      "syscall_call: call *sys_call_table(,%eax,4)",
      "ia32_sys_call(regs, nr): a switch",
    ),
    row(4, "the call itself, here write", "sys_write", "__ia32_sys_write(regs)"),
    row(5, "its answer into the saved eax", "movl %eax, PT_EAX(%esp)", "regs->ax = …"),
    row(
      5,
      "is there work before the return: signals, a reschedule?",
      "syscall_exit, syscall_exit_work, work_pending, resume_userspace",
      "syscall_exit_to_user_mode(regs), exit_to_user_mode_loop()",
    ),
    row(
      5,
      "registers come back",
      "restore_all: RESTORE_REGS",
      "restore_all_switch_stack: SWITCH_TO_ENTRY_STACK, RESTORE_REGS pop=4",
    ),
    row(5, "the way out", "irq_return: iret", ".Lirq_return: iret"),
    row(6, "the program goes on, with the answer in eax", "test %eax, %eax", "test %eax, %eax"),
  ].map((entry) => Object.freeze(entry)),
);

function row(step: number, what: string, linux26: string, linux618: string): EntryPathRow {
  return { step, what, linux26, linux618 };
}
