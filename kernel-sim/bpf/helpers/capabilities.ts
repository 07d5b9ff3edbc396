import type { VerifierEnv } from "../verifier/env.ts";
import { helpersNamed } from "../verifier/helper-traits.ts";

/** These tell of other tasks and of the kernel's memory. */
const FOR_PERFMON = helpersNamed(
  ...["trace_printk", "trace_vprintk", "snprintf", "snprintf_btf"],
  ...["get_current_comm", "get_current_task", "get_current_task_btf", "get_task_stack"],
  ...["task_pt_regs", "find_vma", "get_branch_snapshot", "send_signal", "send_signal_thread"],
  ...["perf_event_read", "perf_event_read_value", "copy_from_user", "copy_from_user_task"],
  ...["probe_read_user", "probe_read_kernel", "probe_read_user_str", "probe_read_kernel_str"],
  ...["skc_to_tcp6_sock", "skc_to_tcp_sock", "skc_to_tcp_timewait_sock", "skc_to_udp6_sock"],
  ...["skc_to_tcp_request_sock", "skc_to_unix_sock", "skc_to_mptcp_sock"],
);

/** And these use what a task without any capability could wear the machine out with. */
const FOR_BPF = helpersNamed(
  ...["get_cgroup_classid", "current_task_under_cgroup", "get_current_cgroup_id"],
  ...["get_current_ancestor_cgroup_id", "cgrp_storage_get", "cgrp_storage_delete"],
  ...["task_storage_get", "task_storage_delete"],
  ...["spin_lock", "spin_unlock", "jiffies64", "per_cpu_ptr", "this_cpu_ptr", "kptr_xchg"],
  ...["timer_init", "timer_set_callback", "timer_start", "timer_cancel"],
  ...["for_each_map_elem", "loop", "user_ringbuf_drain"],
  ...["ringbuf_reserve_dynptr", "ringbuf_submit_dynptr", "ringbuf_discard_dynptr"],
  ...["dynptr_from_mem", "dynptr_read", "dynptr_write", "dynptr_data"],
);

/**
 * Whether the capabilities of the loading task suffice for a helper that its type of programs has.
 *
 * @linux kernel/bpf/helpers.c `bpf_base_func_proto`, net/core/filter.c `bpf_sk_base_func_proto` (6.18)
 */
export function mayCallHelper({ bpfCapable, allowPtrLeaks }: VerifierEnv, id: number): boolean {
  if (!bpfCapable && (FOR_BPF.has(id) || FOR_PERFMON.has(id))) return false;
  return allowPtrLeaks || !FOR_PERFMON.has(id);
}
