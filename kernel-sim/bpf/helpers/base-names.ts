/**
 * The helpers that programs of every type may call, by the capability that the loading task needs.
 *
 * @linux kernel/bpf/helpers.c `bpf_base_func_proto` (6.18)
 */

/** Whoever may load programs at all. */
export const ANYBODY: readonly string[] = [
  "map_lookup_elem",
  "map_update_elem",
  "map_delete_elem",
  "ktime_get_ns",
  "get_prandom_u32",
  "get_smp_processor_id",
  "tail_call",
  "get_current_pid_tgid",
  "get_current_uid_gid",
  "get_numa_node_id",
  "map_push_elem",
  "map_pop_elem",
  "map_peek_elem",
  "strtol",
  "strtoul",
  "get_ns_current_pid_tgid",
  "ktime_get_boot_ns",
  "ringbuf_output",
  "ringbuf_reserve",
  "ringbuf_submit",
  "ringbuf_discard",
  "ringbuf_query",
  "strncmp",
  "map_lookup_percpu_elem",
  "ktime_get_tai_ns",
];

/** With CAP_BPF. */
export const WITH_BPF: readonly string[] = [
  "get_cgroup_classid",
  "current_task_under_cgroup",
  "get_current_cgroup_id",
  "spin_lock",
  "spin_unlock",
  "jiffies64",
  "get_current_ancestor_cgroup_id",
  "per_cpu_ptr",
  "this_cpu_ptr",
  "task_storage_get",
  "task_storage_delete",
  "for_each_map_elem",
  "timer_init",
  "timer_set_callback",
  "timer_start",
  "timer_cancel",
  "loop",
  "kptr_xchg",
  "dynptr_from_mem",
  "ringbuf_reserve_dynptr",
  "ringbuf_submit_dynptr",
  "ringbuf_discard_dynptr",
  "dynptr_read",
  "dynptr_write",
  "dynptr_data",
  "user_ringbuf_drain",
  "cgrp_storage_get",
  "cgrp_storage_delete",
];

/** With CAP_PERFMON as well. */
export const WITH_PERFMON: readonly string[] = [
  "trace_printk",
  "get_current_comm",
  "perf_event_read",
  "get_current_task",
  "perf_event_read_value",
  "send_signal",
  "probe_read_user",
  "probe_read_kernel",
  "probe_read_user_str",
  "probe_read_kernel_str",
  "send_signal_thread",
  "get_task_stack",
  "copy_from_user",
  "snprintf_btf",
  "get_current_task_btf",
  "snprintf",
  "task_pt_regs",
  "get_branch_snapshot",
  "trace_vprintk",
  "find_vma",
  "copy_from_user_task",
];

/** What a socket is underneath: kernel objects, so with CAP_PERFMON. @linux net/core/filter.c `bpf_sk_base_func_proto` (6.18) */
export const SOCKET_CASTS: readonly string[] = [
  "skc_to_tcp6_sock",
  "skc_to_tcp_sock",
  "skc_to_tcp_timewait_sock",
  "skc_to_tcp_request_sock",
  "skc_to_udp6_sock",
  "skc_to_unix_sock",
  "skc_to_mptcp_sock",
];
