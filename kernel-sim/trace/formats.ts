/**
 * Tracepoints and where their fields lie in the structure that a program gets, as Linux 6.18
 * describes them in `events/<system>/<event>/format`. The first 8 bytes are the same in all
 * of them, and no program may read them.
 */
export interface TracepointField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /**
   * A signed or unsigned number; a name of 16 bytes; or the place of a string behind the fixed
   * fields, its offset in the lower and its length in the upper 16 bits (`__data_loc`).
   */
  readonly kind: "signed" | "unsigned" | "comm" | "string";
}

export interface TracepointFormat {
  readonly name: string;
  readonly id: number;
  readonly fields: readonly TracepointField[];
}

const FORMATS: readonly TracepointFormat[] = [
  tracepoint("sched:sched_switch", 372, [
    ["prev_comm", 8, 16, "comm"],
    ["prev_pid", 24, 4, "signed"],
    ["prev_prio", 28, 4, "signed"],
    ["prev_state", 32, 8, "signed"],
    ["next_comm", 40, 16, "comm"],
    ["next_pid", 56, 4, "signed"],
    ["next_prio", 60, 4, "signed"],
  ]),
  tracepoint("sched:sched_wakeup", 374, [
    ["comm", 8, 16, "comm"],
    ["pid", 24, 4, "signed"],
    ["prio", 28, 4, "signed"],
    ["target_cpu", 32, 4, "signed"],
  ]),
  tracepoint("sched:sched_wakeup_new", 373, [
    ["comm", 8, 16, "comm"],
    ["pid", 24, 4, "signed"],
    ["prio", 28, 4, "signed"],
    ["target_cpu", 32, 4, "signed"],
  ]),
  tracepoint("irq_vectors:local_timer_entry", 165, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:local_timer_exit", 164, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:reschedule_entry", 155, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:reschedule_exit", 154, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:call_function_entry", 153, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:call_function_exit", 152, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:call_function_single_entry", 151, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:call_function_single_exit", 150, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:spurious_apic_entry", 163, [["vector", 8, 4, "signed"]]),
  tracepoint("irq_vectors:spurious_apic_exit", 162, [["vector", 8, 4, "signed"]]),
  tracepoint("irq:softirq_raise", 221, [["vec", 8, 4, "unsigned"]]),
  tracepoint("irq:softirq_entry", 223, [["vec", 8, 4, "unsigned"]]),
  tracepoint("irq:softirq_exit", 222, [["vec", 8, 4, "unsigned"]]),
  tracepoint("irq:irq_handler_entry", 225, [
    ["irq", 8, 4, "signed"],
    ["name", 12, 4, "string"],
  ]),
  tracepoint("irq:irq_handler_exit", 224, [
    ["irq", 8, 4, "signed"],
    ["ret", 12, 4, "signed"],
  ]),
  tracepoint("exceptions:page_fault_user", 190, [
    ["address", 8, 8, "unsigned"],
    ["ip", 16, 8, "unsigned"],
    ["error_code", 24, 8, "unsigned"],
  ]),
  tracepoint("sched:sched_process_fork", 366, [
    ["parent_comm", 8, 4, "string"],
    ["parent_pid", 12, 4, "signed"],
    ["child_comm", 16, 4, "string"],
    ["child_pid", 20, 4, "signed"],
  ]),
  tracepoint("sched:sched_process_exec", 365, [
    ["filename", 8, 4, "string"],
    ["pid", 12, 4, "signed"],
    ["old_pid", 16, 4, "signed"],
  ]),
  tracepoint("sched:sched_process_exit", 369, [
    ["comm", 8, 16, "comm"],
    ["pid", 24, 4, "signed"],
    ["prio", 28, 4, "signed"],
    ["group_dead", 32, 1, "unsigned"],
  ]),
  tracepoint("syscalls:sys_enter_openat", 782, [
    ["__syscall_nr", 8, 4, "signed"],
    ["dfd", 16, 8, "unsigned"],
    ["filename", 24, 8, "unsigned"],
    ["flags", 32, 8, "unsigned"],
    ["mode", 40, 8, "unsigned"],
  ]),
  tracepoint("syscalls:sys_exit_openat", 781, [
    ["__syscall_nr", 8, 4, "signed"],
    ["ret", 16, 8, "signed"],
  ]),
  tracepoint("syscalls:sys_enter_read", 842, [
    ["__syscall_nr", 8, 4, "signed"],
    ["fd", 16, 8, "unsigned"],
    ["buf", 24, 8, "unsigned"],
    ["count", 32, 8, "unsigned"],
  ]),
  tracepoint("syscalls:sys_exit_read", 841, [
    ["__syscall_nr", 8, 4, "signed"],
    ["ret", 16, 8, "signed"],
  ]),
  tracepoint("syscalls:sys_enter_write", 840, [
    ["__syscall_nr", 8, 4, "signed"],
    ["fd", 16, 8, "unsigned"],
    ["buf", 24, 8, "unsigned"],
    ["count", 32, 8, "unsigned"],
  ]),
  tracepoint("syscalls:sys_exit_write", 839, [
    ["__syscall_nr", 8, 4, "signed"],
    ["ret", 16, 8, "signed"],
  ]),
  tracepoint("syscalls:sys_enter_clone", 196, [
    ["__syscall_nr", 8, 4, "signed"],
    ["clone_flags", 16, 8, "unsigned"],
    ["newsp", 24, 8, "unsigned"],
    ["parent_tidptr", 32, 8, "unsigned"],
    ["child_tidptr", 40, 8, "unsigned"],
    ["tls", 48, 8, "unsigned"],
  ]),
  tracepoint("syscalls:sys_enter_execve", 862, [
    ["__syscall_nr", 8, 4, "signed"],
    ["filename", 16, 8, "unsigned"],
    ["argv", 24, 8, "unsigned"],
    ["envp", 32, 8, "unsigned"],
  ]),
  tracepoint("syscalls:sys_exit_execve", 861, [
    ["__syscall_nr", 8, 4, "signed"],
    ["ret", 16, 8, "signed"],
  ]),
];

/** All tracepoints of the machine by name, such as `sched:sched_switch`. */
export const tracepointFormats: ReadonlyMap<string, TracepointFormat> = new Map(
  FORMATS.map((format) => [format.name, format]),
);

function tracepoint(
  name: string,
  id: number,
  rows: readonly (readonly [string, number, number, TracepointField["kind"]])[],
): TracepointFormat {
  const fields = rows.map(([fieldName, offset, size, kind]) =>
    Object.freeze({ name: fieldName, offset, size, kind }),
  );
  return Object.freeze({ name, id, fields: Object.freeze(fields) });
}
