#!/usr/bin/env python3
"""Declares what programs are attached to most: `kernel_targets.py targets|structs|more > kernel-sim/bpf/btf/kernel-….ts`.

A developer's tool: it reads the running kernel's BTF, and writes in C what the simulator's is made from. `targets` are functions,
hooks of security modules, tracepoints and iterators; `structs` the structures that programs look into behind their arguments;
`more` is what fewer programs name (kernel_more.py).
"""
import re
import sys

import kernel_btf as btf
import kernel_more
import kernel_structs

FUNCTIONS = """
bpf_fentry_test1 bpf_fentry_test2 bpf_fentry_test3 bpf_fentry_test4 bpf_fentry_test5 bpf_fentry_test6 bpf_fentry_test7 bpf_fentry_test8
bpf_fentry_test9 bpf_fentry_test10 bpf_fentry_test_sinfo bpf_modify_return_test bpf_modify_return_test2 do_unlinkat do_rmdir do_mkdirat
do_renameat2 do_sys_openat2 do_filp_open path_openat vfs_open vfs_read vfs_write vfs_unlink vfs_mkdir vfs_rmdir vfs_rename vfs_create
vfs_symlink vfs_link vfs_statx vfs_getattr vfs_truncate vfs_fallocate vfs_fsync_range vfs_iter_write dentry_open filp_close iterate_dir
ksys_read ksys_write do_exit do_group_exit make_task_dead kthread_complete_and_exit begin_new_exec bprm_execve kernel_clone copy_process
wake_up_new_task try_to_wake_up wake_up_process schedule hrtimer_nanosleep do_nanosleep tcp_connect tcp_v4_connect tcp_v6_connect tcp_close
tcp_sendmsg tcp_recvmsg tcp_set_state tcp_rcv_established tcp_retransmit_skb tcp_cleanup_rbuf tcp_v4_rcv inet_csk_accept inet_bind
inet_listen inet_stream_connect udp_sendmsg udp_recvmsg ip_rcv ip_output ip_local_out __dev_queue_xmit netif_receive_skb
__netif_receive_skb_core eth_type_trans sk_skb_reason_drop __kfree_skb sock_sendmsg sock_recvmsg sock_alloc_file unix_stream_sendmsg
security_file_open security_file_permission security_inode_getattr security_path_truncate security_bprm_check security_socket_connect
security_socket_bind security_task_kill security_inode_unlink security_inode_create security_mmap_file security_sk_alloc handle_mm_fault
mmap_region do_mmap __x64_sys_getpgid __x64_sys_nanosleep __x64_sys_openat __x64_sys_execve __x64_sys_kill __x64_sys_exit
__x64_sys_exit_group __x64_sys_write __x64_sys_read migrate_disable migrate_enable ___migrate_enable __rcu_read_lock __rcu_read_unlock
submit_bio blk_mq_start_request bio_endio commit_creds prepare_creds cap_capable nf_hook_slow _printk bpf_sk_storage_get
bpf_sk_storage_delete array_map_update_elem htab_map_update_elem kmem_cache_alloc_noprof __alloc_pages_noprof group_send_sig_info
kill_pid_info get_task_cred cgroup_attach_task __cgroup_account_cputime account_user_time do_sys_poll d_path d_lookup
bpf_lsm_verify_prog bpf_lsm_is_sleepable_hook tcp_reno_cong_avoid cubictcp_cong_avoid tcp_slow_start blk_account_io_start
blk_account_io_done
""".split()

TRACEPOINTS = """
sched_switch sched_wakeup sched_wakeup_new sched_waking sched_process_exec sched_process_exit sched_process_fork sched_process_free
sched_process_wait sched_migrate_task sched_pi_setprio sched_stat_runtime sched_kthread_stop sched_stick_numa sched_swap_numa task_newtask
task_rename sys_enter sys_exit signal_generate signal_deliver kfree_skb consume_skb netif_receive_skb net_dev_queue net_dev_start_xmit
net_dev_xmit netif_rx inet_sock_set_state inet_sk_error_report tcp_retransmit_skb tcp_send_reset tcp_receive_reset tcp_destroy_sock
tcp_probe tcp_rcv_space_adjust tcp_bad_csum tcp_cong_state_set sock_exceed_buf_limit sk_data_ready udp_fail_queue_rcv_skb napi_poll
qdisc_dequeue qdisc_enqueue fib_table_lookup neigh_update block_rq_issue block_rq_complete block_rq_insert block_bio_queue block_io_start
block_io_done irq_handler_entry irq_handler_exit softirq_entry softirq_exit softirq_raise hrtimer_start hrtimer_expire_entry timer_start
workqueue_execute_start workqueue_execute_end workqueue_queue_work cpu_frequency cpu_idle mm_page_alloc mm_page_free kmalloc kfree
kmem_cache_alloc kmem_cache_free page_fault_user page_fault_kernel mm_vmscan_direct_reclaim_begin rss_stat oom_score_adj_update mark_victim
cgroup_mkdir cgroup_rmdir cgroup_attach_task cgroup_transfer_tasks xdp_exception xdp_redirect xdp_redirect_err xdp_bulk_tx xdp_devmap_xmit
xdp_cpumap_kthread xdp_cpumap_enqueue bpf_xdp_link_attach_failed bpf_test_finish bpf_trace_printk bpf_trigger_tp contention_begin
contention_end writeback_dirty_folio ext4_mballoc_free posix_lock_inode console local_timer_entry rcu_utilization mm_khugepaged_scan_pmd
mm_collapse_huge_page_isolate generic_delete_lease break_lease_block mmap_lock_start_locking percpu_alloc_percpu suspend_resume
netlink_extack skb_copy_datagram_iovec
""".split()

ITERATORS = """
bpf_link bpf_map bpf_map_elem bpf_prog bpf_sk_storage_map cgroup dmabuf ipv6_route kmem_cache ksym netlink sockmap task task_file task_vma
tcp udp unix
""".split()

HOOK = "bpf_lsm_"
# What stands beside the hooks without being one.
NO_HOOKS = """
find_cgroup_shim func_proto get_retval_range has_d_inode_locked hook_returns_errno init is_sleepable_hook is_trusted verify_prog
""".split()

STRUCTS = """
path file qstr dentry inode linux_binprm cred mm_struct vm_area_struct vfsmount super_block iattr socket sockaddr msghdr kernel_siginfo pid nsproxy
signal_struct css_set cgroup cgroup_subsys_state bpf_map bpf_prog bpf_link seq_file bpf_iter_meta kallsym_iter tcp_sock udp_sock unix_sock
netlink_sock request bio pt_regs ack_sample rate_sample files_struct fdtable fs_struct sighand_struct k_sigaction mount uts_namespace upid
pid_namespace file_system_type pipe_inode_info pipe_buffer cfs_rq user_struct group_info
bpf_prog_aux user_namespace mnt_namespace tty_struct rq kernfs_node filename kernel_clone_args key tcp6_sock mptcp_sock udp6_sock
inet_timewait_sock tcp_timewait_sock request_sock inet_request_sock tcp_request_sock xdp_buff bpf_sock_addr_kern bpf_sock_ops_kern
bpf_sysctl_kern bpf_sockopt_kern sk_reuseport_kern bpf_sk_lookup_kern sk_msg bpf_flow_dissector bpf_nf_ctx bpf_perf_event_data_kern
__sk_buff bpf_sock_tuple nf_conn nf_conn___init xfrm_state xdp_md bpf_cgroup_dev_ctx open_how bpf_tcp_req_attrs bpf_fentry_test_t
kmem_cache dma_buf
bpf_array bpf_htab lpm_trie bpf_queue_stack bpf_stack_map bpf_bloom_filter bpf_ringbuf_map bpf_cpu_map bpf_dtab
bpf_stab bpf_shtab xsk_map reuseport_array bpf_struct_ops_map bpf_cgroup_storage_map bpf_local_storage_map bpf_arena
""".split()
LAYOUTS = "kernel-sim/bpf/btf/kernel-layouts.ts"
OWN = "kernel-sim/bpf/btf/kernel-types.ts"
STRUCTS_FILE = "kernel-sim/bpf/btf/kernel-structs.ts"
PROBE = "__probestub_"
SYSCALL = "__x64_sys_"
# Structures without a name that LAYOUTS declares have lower numbers.
FIRST_ANONYMOUS = 100
FIRST_OF_MORE = 1000


def targets():
    hooks = sorted(name.removeprefix(HOOK) for name in btf.functions() if name.startswith(HOOK))
    yield "FUNCTIONS", (btf.prototype(name, name) for name in FUNCTIONS)
    yield "ITERATORS", (btf.prototype("bpf_iter_" + name, name) for name in ITERATORS)
    yield "LSM_HOOKS", (btf.prototype(HOOK + name, name) for name in hooks if name not in NO_HOOKS)
    yield "TRACEPOINTS", (btf.prototype(PROBE + name, name) for name in TRACEPOINTS)


TARGETS_HEAD = """/**
 * What programs are attached to most, by its prototype. Written by tests/conformance/linux-bpf/kernel_targets.py.
 *
 * @linux include/linux/lsm_hook_defs.h, include/trace/events, kernel/bpf/*_iter.c and others (6.18)
 * @simplified `const` and names of numbers are left out, and a pointer to a number is one to `void`.
 */"""
STRUCTS_HEAD = """/**
 * Structures of the kernel that programs look into behind the arguments of what they are attached to, written as those in
 * kernel-layouts.ts. Written by tests/conformance/linux-bpf/kernel_targets.py.
 *
 * @linux include/linux/fs.h, include/linux/cred.h, include/linux/mm_types.h, include/linux/tcp.h and others (6.18)
 * @simplified a pointer to what is no structure is one to `void`.
 */"""
MORE_HEAD = """/**
 * Types and functions of the kernel that few programs name: each structure with all of its members. Written by
 * tests/conformance/linux-bpf/kernel_targets.py.
 *
 * @linux include/linux/netdevice.h, include/linux/perf_event.h, include/trace/events, include/uapi/linux/bpf.h and others (6.18)
 * @simplified a pointer to what is no structure is one to `void`.
 */"""


def print_targets():
    print(TARGETS_HEAD)
    texts = [f"export const {name} = `\n" + "\n".join(lines) + "\n`;" for name, lines in targets()]
    print("\n\n".join(texts))


def print_structs():
    structs = kernel_structs.Structs(names_in(LAYOUTS), FIRST_ANONYMOUS)
    for name in STRUCTS:
        structs.add(name)
    print(STRUCTS_HEAD)
    print("export const KERNEL_STRUCTS = `\n" + "\n".join(structs.lines) + "\n`;")


def names_in(*paths):
    """Structures that are declared there."""
    found = []
    for path in paths:
        with open(path) as file:
            found += re.findall(r"^(?:(?:struct|union) )?((?:enum )?\w+) ?\{", file.read(), re.MULTILINE)
    return found


def print_more():
    structs = kernel_structs.Structs(names_in(LAYOUTS, OWN, STRUCTS_FILE), FIRST_OF_MORE)
    for name in kernel_more.STRUCTS + ["trace_event_raw_" + name for name in kernel_more.EVENTS]:
        structs.add(name)
    for name in kernel_more.ENUMS:
        structs.enum(next(i for i, t in enumerate(btf.types()) if t.kind == btf.ENUM and t.name == name))
    calls = [name for name in btf.functions() if name.startswith(SYSCALL) and name not in FUNCTIONS]
    tracepoints = sorted(name.removeprefix(PROBE) for name in btf.functions() if name.startswith(PROBE))
    print(MORE_HEAD)
    texts = {
        "MORE_STRUCTS": structs.lines,
        "MORE_FUNCTIONS": (btf.prototype(name, name) for name in kernel_more.FUNCTIONS + sorted(calls)),
        "MORE_TRACEPOINTS": (btf.prototype(PROBE + name, name) for name in tracepoints if name not in TRACEPOINTS),
    }
    print("\n\n".join(f"export const {name} = `\n" + "\n".join(lines) + "\n`;" for name, lines in texts.items()))


if __name__ == "__main__":
    {"targets": print_targets, "structs": print_structs, "more": print_more}[sys.argv[1]]()
