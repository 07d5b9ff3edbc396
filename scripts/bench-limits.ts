/** What a figure is to reach. */
export type Limit = { readonly atMost: number } | { readonly atLeast: number };

/** By the key under which a benchmark prints the figure. Measured on 2 shared cores. */
export const LIMITS: Readonly<Record<string, Limit>> = {
  setup_first_start_s: { atMost: 120 },
  setup_second_start_s: { atMost: 4 },
  lecture_first_load_js_gz_kb: { atMost: 210 },
  lecture_first_run_js_gz_kb: { atMost: 350 },
  cell_one_plus_one_ms_median: { atMost: 5 },
  worker_ready_ms_median: { atMost: 150 },
  worker_ready_from_spare_ms_median: { atMost: 50 },
  gate_lecture_with_5_exercises_s: { atMost: 60 },
  gradebook_page_ms_median: { atMost: 1000 },
  gradebook_filtered_page_ms_median: { atMost: 1000 },
  gradebook_dropping_page_ms_median: { atMost: 1000 },
  gradebook_csv_ms_median: { atMost: 3000 },
  class_progress_ms_median: { atMost: 2000 },
  class_progress_exercise_ms_median: { atMost: 2000 },
  class_progress_lecture_ms_median: { atMost: 2000 },
  grading_end_to_end_ms_median: { atMost: 300 },
  grading_submissions_per_minute: { atLeast: 500 },
  interp_geomean_ns_per_insn: { atMost: 8 },
  jit_over_linux_geomean_ratio: { atMost: 1.15 },
  jit_over_linux_worst_ratio: { atMost: 2 },
  interp_over_linux_geomean_ratio: { atMost: 30 },
  jit_hash_lookup_ns: { atMost: 30 },
  jit_compile_worst_ratio: { atMost: 1 },
  jit_compile_100k_insns_ms: { atMost: 200 },
  i386_geomean_million_insns_per_s: { atLeast: 40 },
  lecture_load_ms_worst: { atMost: 5 },
  verifier_insns_per_s: { atLeast: 1_000_000 },
  verifier_limit_case_ms: { atMost: 1000 },
  boot_ms_node_median: { atMost: 20 },
  boot_ms_worker_median: { atMost: 40 },
  kernel_syscalls_million_per_s: { atLeast: 3 },
  kernel_block_and_wake_million_per_s: { atLeast: 1 },
  kernel_context_switches_100_million_per_s: { atLeast: 1.2 },
  kernel_context_switches_1000_million_per_s: { atLeast: 0.6 },
  kernel_boot_ms: { atMost: 20 },
  kernel_step_back_100k_ms: { atMost: 100 },
  kernel_step_back_1m_ms: { atMost: 1000 },
  preview_edit_shown_ms_median: { atMost: 200 },
  lockdown_slowdown_worst_ratio: { atMost: 1.25 },
};

/** What a busy evening is to reach (`npm run -s load`), with a process killed meanwhile, too. */
export const LOAD_LIMITS: Readonly<Record<string, Limit>> = {
  page_ms_p95: { atMost: 500 },
  acknowledged_ms_max: { atMost: 1000 },
  burst_done_s: { atMost: 60 },
};

/** Whether a figure reaches what it is to, in words; "" where nothing is said of it. */
export function verdictOn(limit: Limit | undefined, value: number): string {
  if (limit === undefined) return "";
  const goal = "atMost" in limit ? `at most ${limit.atMost}` : `at least ${limit.atLeast}`;
  return `  ${reaches(limit, value) ? "reached" : "MISSED"}: ${goal}`;
}

/** What was not measured, or is no number, reaches nothing. */
export function reaches(limit: Limit, value = Number.NaN): boolean {
  return "atMost" in limit ? value <= limit.atMost : value >= limit.atLeast;
}
