/** A variable of the kernel's of which each CPU has its own. */
export interface PercpuVariable {
  readonly name: string;
  /** In C. */
  readonly type: string;
  /** In their section, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  readonly isStatic?: boolean;
}

/** As many bytes has the section. */
export const PERCPU_BYTES = 185_560;

/**
 * Those that programs name, where a running 6.18 has them.
 *
 * @linux kernel/sched/core.c `runqueues`, kernel/bpf/syscall.c `bpf_prog_active`, arch/x86/include/asm/percpu.h (6.18)
 * @simplified the kernel has 352 of them
 */
export const PERCPU_VARIABLES: readonly PercpuVariable[] = [
  { name: "current_task", type: "struct task_struct *", offset: 86_040, bytes: 8 },
  { name: "this_cpu_off", type: "u64", offset: 86_056, bytes: 8 },
  { name: "__preempt_count", type: "int", offset: 86_064, bytes: 4 },
  { name: "cpu_number", type: "int", offset: 86_068, bytes: 4 },
  { name: "process_counts", type: "u64", offset: 97_648, bytes: 8 },
  { name: "bpf_prog_active", type: "int", offset: 153_248, bytes: 4 },
  { name: "bpf_bprintf_nest_level", type: "int", offset: 153_288, bytes: 4, isStatic: true },
  { name: "runqueues", type: "struct rq", offset: 178_816, bytes: 3584 },
];
