/** Pointers that tracepoints hand to programs though there may be nothing behind them. */

/**
 * By tracepoint, which of its arguments may be null.
 *
 * @linux kernel/bpf/btf.c `raw_tp_null_args` (6.18)
 * @simplified only those that this kernel has
 */
const MAYBE_NULL: Readonly<Record<string, readonly number[]>> = {
  sched_pi_setprio: [1],
  sched_stick_numa: [2],
  sched_swap_numa: [2],
  ext4_mballoc_free: [1],
  fib_table_lookup: [2],
  posix_lock_inode: [1],
  break_lease_block: [1],
  generic_delete_lease: [1],
  mm_khugepaged_scan_pmd: [1],
  mm_collapse_huge_page_isolate: [0],
  mm_page_alloc: [0],
  qdisc_dequeue: [3],
  kfree_skb: [3],
  tcp_send_reset: [0, 1],
  writeback_dirty_folio: [1],
  neigh_update: [1],
};

export function mayRawTracepointArgBeNull(tracepoint: string, arg: number): boolean {
  return Object.hasOwn(MAYBE_NULL, tracepoint) && MAYBE_NULL[tracepoint]!.includes(arg);
}
