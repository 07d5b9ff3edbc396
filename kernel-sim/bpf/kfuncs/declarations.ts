/**
 * The functions of the kernel that programs may call, as they are declared and registered: the
 * flags of each, and in which sets they are.
 *
 * @linux kernel/bpf/helpers.c, cpumask.c, arena.c, map_iter.c, rqspinlock.c, fs/bpf_fs_kfuncs.c,
 * net/core/filter.c and others: `BTF_KFUNCS_START` (6.18)
 */
import { BPF_ATTACH_TYPE_NAMES, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_TRACING } from "../uapi.ts";

const BPF_TRACE_ITER = BPF_ATTACH_TYPE_NAMES.indexOf("trace_iter");
const BPF_TRACE_KPROBE_SESSION = BPF_ATTACH_TYPE_NAMES.indexOf("trace_kprobe_session");
const BPF_TRACE_UPROBE_SESSION = BPF_ATTACH_TYPE_NAMES.indexOf("trace_uprobe_session");

export interface KfuncDeclarations {
  /** `BTF_KFUNC_HOOK_…`: for which types of programs. */
  readonly hooks: readonly string[];
  /** One a line: flags without `KF_`, a colon, the prototype. */
  readonly text: string;
  /** Which of the programs behind the hooks a filter lets call them; absent: all. */
  readonly filter?: (progType: number, expectedAttachType: number) => boolean;
}

const GENERIC_HOOKS = ["TRACING", "TC", "XDP", "STRUCT_OPS", "SYSCALL", "CGROUP"];
const SKB_HOOKS = [
  "TC",
  "SCHED_ACT",
  "SK_SKB",
  "SOCKET_FILTER",
  "CGROUP",
  "LWT",
  "NETFILTER",
  "TRACING",
];

export const KFUNC_DECLARATIONS: readonly KfuncDeclarations[] = [
  {
    hooks: GENERIC_HOOKS,
    text: `
ACQUIRE RET_NULL: void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign);
ACQUIRE RET_NULL: void *bpf_percpu_obj_new_impl(u64 local_type_id__k, void *meta__ign);
RELEASE: void bpf_obj_drop_impl(void *p__alloc, void *meta__ign);
RELEASE: void bpf_percpu_obj_drop_impl(void *p__alloc, void *meta__ign);
ACQUIRE RET_NULL RCU: void *bpf_refcount_acquire_impl(void *p__refcounted_kptr, void *meta__ign);
: int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off);
: int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off);
ACQUIRE RET_NULL: struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head);
ACQUIRE RET_NULL: struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head);
RET_NULL: struct bpf_list_node *bpf_list_front(struct bpf_list_head *head);
RET_NULL: struct bpf_list_node *bpf_list_back(struct bpf_list_head *head);
ACQUIRE RCU RET_NULL: struct task_struct *bpf_task_acquire(struct task_struct *p);
RELEASE: void bpf_task_release(struct task_struct *p);
ACQUIRE RET_NULL: struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node);
: int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node, bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *), void *meta__ign, u64 off);
RET_NULL: struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root);
RET_NULL: struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root);
RET_NULL: struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node);
RET_NULL: struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node);
ACQUIRE RCU RET_NULL: struct cgroup *bpf_cgroup_acquire(struct cgroup *cgrp);
RELEASE: void bpf_cgroup_release(struct cgroup *cgrp);
ACQUIRE RCU RET_NULL: struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level);
ACQUIRE RET_NULL: struct cgroup *bpf_cgroup_from_id(u64 cgid);
RCU: long int bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor);
ACQUIRE RCU RET_NULL: struct cgroup *bpf_task_get_cgroup1(struct task_struct *task, int hierarchy_id);
ACQUIRE RET_NULL: struct task_struct *bpf_task_from_pid(s32 pid);
ACQUIRE RET_NULL: struct task_struct *bpf_task_from_vpid(s32 vpid);
: void bpf_throw(u64 cookie);
TRUSTED_ARGS: int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type, u64 value);
ACQUIRE RET_NULL SLEEPABLE: struct bpf_key *bpf_lookup_user_key(s32 serial, u64 flags);
ACQUIRE RET_NULL: struct bpf_key *bpf_lookup_system_key(u64 id);
RELEASE: void bpf_key_put(struct bpf_key *bkey);
`,
  },
  {
    hooks: ["COMMON"],
    text: `
FASTCALL: void *bpf_cast_to_kern_ctx(void *obj);
FASTCALL: void *bpf_rdonly_cast(const void *obj__ign, u32 btf_id__k);
: void bpf_rcu_read_lock(void);
: void bpf_rcu_read_unlock(void);
RET_NULL: void *bpf_dynptr_slice(const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk);
RET_NULL: void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk);
ITER_NEW: int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end);
ITER_NEXT RET_NULL: int *bpf_iter_num_next(struct bpf_iter_num *it);
ITER_DESTROY: void bpf_iter_num_destroy(struct bpf_iter_num *it);
ITER_NEW RCU: int bpf_iter_task_vma_new(struct bpf_iter_task_vma *it, struct task_struct *task, u64 addr);
ITER_NEXT RET_NULL: struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *it);
ITER_DESTROY: void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *it);
ITER_NEW TRUSTED_ARGS: int bpf_iter_css_task_new(struct bpf_iter_css_task *it, struct cgroup_subsys_state *css, unsigned int flags);
ITER_NEXT RET_NULL: struct task_struct *bpf_iter_css_task_next(struct bpf_iter_css_task *it);
ITER_DESTROY: void bpf_iter_css_task_destroy(struct bpf_iter_css_task *it);
ITER_NEW TRUSTED_ARGS RCU_PROTECTED: int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags);
ITER_NEXT RET_NULL: struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it);
ITER_DESTROY: void bpf_iter_css_destroy(struct bpf_iter_css *it);
ITER_NEW TRUSTED_ARGS RCU_PROTECTED: int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable, unsigned int flags);
ITER_NEXT RET_NULL: struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it);
ITER_DESTROY: void bpf_iter_task_destroy(struct bpf_iter_task *it);
: int bpf_dynptr_adjust(const struct bpf_dynptr *p, u32 start, u32 end);
: bool bpf_dynptr_is_null(const struct bpf_dynptr *p);
: bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p);
: __u32 bpf_dynptr_size(const struct bpf_dynptr *p);
: int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit);
: int bpf_dynptr_copy(struct bpf_dynptr *dst_ptr, u32 dst_off, struct bpf_dynptr *src_ptr, u32 src_off, u32 size);
: int bpf_dynptr_memset(struct bpf_dynptr *p, u32 offset, u32 size, u8 val);
: int bpf_modify_return_test_tp(int nonce);
: int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags);
: int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback_fn)(void *, int *, void *), unsigned int flags, void *aux__prog);
: int bpf_wq_start(struct bpf_wq *wq, unsigned int flags);
: void bpf_preempt_disable(void);
: void bpf_preempt_enable(void);
ITER_NEW: int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words);
ITER_NEXT RET_NULL: int *bpf_iter_bits_next(struct bpf_iter_bits *it);
ITER_DESTROY: void bpf_iter_bits_destroy(struct bpf_iter_bits *it);
SLEEPABLE: int bpf_copy_from_user_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags);
SLEEPABLE: int bpf_copy_from_user_task_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, struct task_struct *tsk, u64 flags);
: struct kmem_cache *bpf_get_kmem_cache(u64 addr);
ITER_NEW SLEEPABLE: int bpf_iter_kmem_cache_new(struct bpf_iter_kmem_cache *it);
ITER_NEXT RET_NULL SLEEPABLE: struct kmem_cache *bpf_iter_kmem_cache_next(struct bpf_iter_kmem_cache *it);
ITER_DESTROY SLEEPABLE: void bpf_iter_kmem_cache_destroy(struct bpf_iter_kmem_cache *it);
: void bpf_local_irq_save(long unsigned int *flags__irq_flag);
: void bpf_local_irq_restore(long unsigned int *flags__irq_flag);
: int bpf_probe_read_user_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign);
: int bpf_probe_read_kernel_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign);
: int bpf_probe_read_user_str_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign);
: int bpf_probe_read_kernel_str_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign);
SLEEPABLE: int bpf_copy_from_user_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign);
SLEEPABLE: int bpf_copy_from_user_str_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign);
SLEEPABLE TRUSTED_ARGS: int bpf_copy_from_user_task_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign, struct task_struct *tsk);
SLEEPABLE TRUSTED_ARGS: int bpf_copy_from_user_task_str_dynptr(struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign, struct task_struct *tsk);
ITER_NEW SLEEPABLE: int bpf_iter_dmabuf_new(struct bpf_iter_dmabuf *it);
ITER_NEXT RET_NULL SLEEPABLE: struct dma_buf *bpf_iter_dmabuf_next(struct bpf_iter_dmabuf *it);
ITER_DESTROY SLEEPABLE: void bpf_iter_dmabuf_destroy(struct bpf_iter_dmabuf *it);
: void __bpf_trap(void);
: int bpf_strcmp(const char *s1__ign, const char *s2__ign);
: int bpf_strcasecmp(const char *s1__ign, const char *s2__ign);
: int bpf_strchr(const char *s__ign, char c);
: int bpf_strchrnul(const char *s__ign, char c);
: int bpf_strnchr(const char *s__ign, size_t count, char c);
: int bpf_strrchr(const char *s__ign, int c);
: int bpf_strlen(const char *s__ign);
: int bpf_strnlen(const char *s__ign, size_t count);
: int bpf_strspn(const char *s__ign, const char *accept__ign);
: int bpf_strcspn(const char *s__ign, const char *reject__ign);
: int bpf_strstr(const char *s1__ign, const char *s2__ign);
: int bpf_strnstr(const char *s1__ign, const char *s2__ign, size_t len);
RCU: int bpf_cgroup_read_xattr(struct cgroup *cgroup, const char *name__str, struct bpf_dynptr *value_p);
TRUSTED_ARGS: int bpf_stream_vprintk_impl(int stream_id, const char *fmt__str, const void *args, u32 len__sz, void *aux__prog);
TRUSTED_ARGS: int bpf_task_work_schedule_signal_impl(struct task_struct *task, struct bpf_task_work *tw, void *map__map, bpf_task_work_callback_t callback, void *aux__prog);
TRUSTED_ARGS: int bpf_task_work_schedule_resume_impl(struct task_struct *task, struct bpf_task_work *tw, void *map__map, bpf_task_work_callback_t callback, void *aux__prog);
TRUSTED_ARGS: s64 bpf_map_sum_elem_count(const struct bpf_map *map);
TRUSTED_ARGS SLEEPABLE: void *bpf_arena_alloc_pages(void *p__map, void *addr__ign, u32 page_cnt, int node_id, u64 flags);
TRUSTED_ARGS SLEEPABLE: void bpf_arena_free_pages(void *p__map, void *ptr__ign, u32 page_cnt);
TRUSTED_ARGS SLEEPABLE: int bpf_arena_reserve_pages(void *p__map, void *ptr__ign, u32 page_cnt);
RET_NULL: int bpf_res_spin_lock(struct bpf_res_spin_lock *lock);
: void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock);
RET_NULL: int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, long unsigned int *flags__irq_flag);
: void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, long unsigned int *flags__irq_flag);
`,
  },
  {
    hooks: ["TRACING", "STRUCT_OPS", "SYSCALL"],
    text: `
ACQUIRE RET_NULL: struct bpf_cpumask *bpf_cpumask_create(void);
RELEASE: void bpf_cpumask_release(struct bpf_cpumask *cpumask);
ACQUIRE TRUSTED_ARGS: struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *cpumask);
RCU: u32 bpf_cpumask_first(const struct cpumask *cpumask);
RCU: u32 bpf_cpumask_first_zero(const struct cpumask *cpumask);
RCU: u32 bpf_cpumask_first_and(const struct cpumask *src1, const struct cpumask *src2);
RCU: void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *cpumask);
RCU: void bpf_cpumask_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask);
RCU: bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask);
RCU: bool bpf_cpumask_test_and_set_cpu(u32 cpu, struct bpf_cpumask *cpumask);
RCU: bool bpf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask);
RCU: void bpf_cpumask_setall(struct bpf_cpumask *cpumask);
RCU: void bpf_cpumask_clear(struct bpf_cpumask *cpumask);
RCU: bool bpf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2);
RCU: void bpf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2);
RCU: void bpf_cpumask_xor(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2);
RCU: bool bpf_cpumask_equal(const struct cpumask *src1, const struct cpumask *src2);
RCU: bool bpf_cpumask_intersects(const struct cpumask *src1, const struct cpumask *src2);
RCU: bool bpf_cpumask_subset(const struct cpumask *src1, const struct cpumask *src2);
RCU: bool bpf_cpumask_empty(const struct cpumask *cpumask);
RCU: bool bpf_cpumask_full(const struct cpumask *cpumask);
RCU: void bpf_cpumask_copy(struct bpf_cpumask *dst, const struct cpumask *src);
RCU: u32 bpf_cpumask_any_distribute(const struct cpumask *cpumask);
RCU: u32 bpf_cpumask_any_and_distribute(const struct cpumask *src1, const struct cpumask *src2);
RCU: u32 bpf_cpumask_weight(const struct cpumask *cpumask);
RCU: int bpf_cpumask_populate(struct cpumask *cpumask, void *src, size_t src__sz);
`,
  },
  {
    hooks: ["TRACING"],
    filter: (progType) => progType === BPF_PROG_TYPE_LSM,
    text: `
ACQUIRE TRUSTED_ARGS RET_NULL: struct file *bpf_get_task_exe_file(struct task_struct *task);
RELEASE: void bpf_put_file(struct file *file);
TRUSTED_ARGS: int bpf_path_d_path(const struct path *path, char *buf, size_t buf__sz);
SLEEPABLE TRUSTED_ARGS: int bpf_get_dentry_xattr(struct dentry *dentry, const char *name__str, struct bpf_dynptr *value_p);
SLEEPABLE TRUSTED_ARGS: int bpf_get_file_xattr(struct file *file, const char *name__str, struct bpf_dynptr *value_p);
SLEEPABLE TRUSTED_ARGS: int bpf_set_dentry_xattr(struct dentry *dentry, const char *name__str, const struct bpf_dynptr *value_p, int flags);
SLEEPABLE TRUSTED_ARGS: int bpf_remove_dentry_xattr(struct dentry *dentry, const char *name__str);
`,
  },
  {
    hooks: SKB_HOOKS,
    text: `
TRUSTED_ARGS: int bpf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit);
`,
  },
  {
    hooks: ["TC", "SCHED_ACT"],
    text: `
TRUSTED_ARGS: int bpf_dynptr_from_skb_meta(struct __sk_buff *skb_, u64 flags, struct bpf_dynptr *ptr__uninit);
`,
  },
  {
    hooks: ["XDP"],
    text: `
: int bpf_dynptr_from_xdp(struct xdp_md *x, u64 flags, struct bpf_dynptr *ptr__uninit);
: int bpf_xdp_pull_data(struct xdp_md *x, u32 len);
TRUSTED_ARGS: int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, u64 *timestamp);
TRUSTED_ARGS: int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, u32 *hash, enum xdp_rss_hash_type *rss_type);
TRUSTED_ARGS: int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *vlan_proto, u16 *vlan_tci);
ACQUIRE RET_NULL: struct xfrm_state *bpf_xdp_get_xfrm_state(struct xdp_md *ctx, struct bpf_xfrm_state_opts *opts, u32 opts__sz);
RELEASE: void bpf_xdp_xfrm_state_release(struct xfrm_state *x);
`,
  },
  {
    hooks: ["CGROUP"],
    text: `
: int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *sa_kern, const u8 *sun_path, u32 sun_path__sz);
TRUSTED_ARGS: int bpf_sock_ops_enable_tx_tstamp(struct bpf_sock_ops_kern *skops, u64 flags);
`,
  },
  {
    hooks: ["TC"],
    text: `
TRUSTED_ARGS: int bpf_sk_assign_tcp_reqsk(struct __sk_buff *s, struct sock *sk, struct bpf_tcp_req_attrs *attrs, int attrs__sz);
`,
  },
  {
    hooks: ["TRACING"],
    filter: (progType, expectedAttachType) =>
      progType === BPF_PROG_TYPE_TRACING && expectedAttachType === BPF_TRACE_ITER,
    text: `
TRUSTED_ARGS: int bpf_sock_destroy(struct sock_common *sock);
`,
  },
  {
    hooks: ["TRACING"],
    text: `
: void css_rstat_updated(struct cgroup_subsys_state *css, int cpu);
SLEEPABLE: void css_rstat_flush(struct cgroup_subsys_state *css);
`,
  },
  {
    hooks: ["KPROBE"],
    filter: (_, expectedAttachType) =>
      expectedAttachType === BPF_TRACE_KPROBE_SESSION ||
      expectedAttachType === BPF_TRACE_UPROBE_SESSION,
    text: `
: bool bpf_session_is_return(void);
: __u64 *bpf_session_cookie(void);
`,
  },
  {
    hooks: ["SYSCALL"],
    text: `
ACQUIRE RET_NULL SLEEPABLE: struct bpf_crypto_ctx *bpf_crypto_ctx_create(const struct bpf_crypto_params *params, u32 params__sz, int *err);
RELEASE: void bpf_crypto_ctx_release(struct bpf_crypto_ctx *ctx);
ACQUIRE RCU RET_NULL: struct bpf_crypto_ctx *bpf_crypto_ctx_acquire(struct bpf_crypto_ctx *ctx);
`,
  },
  {
    hooks: ["TC", "SCHED_ACT", "XDP"],
    text: `
RCU: int bpf_crypto_decrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable);
RCU: int bpf_crypto_encrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable);
`,
  },
  {
    hooks: ["TC", "XDP"],
    text: `
ACQUIRE RET_NULL: struct nf_conn___init *bpf_xdp_ct_alloc(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz);
ACQUIRE RET_NULL: struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz);
ACQUIRE RET_NULL: struct nf_conn___init *bpf_skb_ct_alloc(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz);
ACQUIRE RET_NULL: struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz);
ACQUIRE RET_NULL RELEASE: struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *nfct_i);
RELEASE: void bpf_ct_release(struct nf_conn *nfct);
TRUSTED_ARGS: void bpf_ct_set_timeout(struct nf_conn___init *nfct, u32 timeout);
TRUSTED_ARGS: int bpf_ct_change_timeout(struct nf_conn *nfct, u32 timeout);
TRUSTED_ARGS: int bpf_ct_set_status(const struct nf_conn___init *nfct, u32 status);
TRUSTED_ARGS: int bpf_ct_change_status(struct nf_conn *nfct, u32 status);
TRUSTED_ARGS: int bpf_ct_set_nat_info(struct nf_conn___init *nfct, union nf_inet_addr *addr, int port, enum nf_nat_manip_type manip);
`,
  },
  {
    hooks: ["TC", "TRACING", "SYSCALL"],
    text: `
RELEASE: void bpf_kfunc_call_test_release(struct prog_test_ref_kfunc *p);
RELEASE: void bpf_kfunc_call_memb_release(struct prog_test_member *p);
`,
  },
  {
    hooks: ["STRUCT_OPS"],
    text: `
: u32 tcp_reno_ssthresh(struct sock *sk);
: void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked);
: u32 tcp_reno_undo_cwnd(struct sock *sk);
: u32 tcp_slow_start(struct tcp_sock *tp, u32 acked);
: void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked);
: void cubictcp_init(struct sock *sk);
: u32 cubictcp_recalc_ssthresh(struct sock *sk);
: void cubictcp_cong_avoid(struct sock *sk, u32 ack, u32 acked);
: void cubictcp_state(struct sock *sk, u8 new_state);
: void cubictcp_cwnd_event(struct sock *sk, enum tcp_ca_event event);
: void cubictcp_acked(struct sock *sk, const struct ack_sample *sample);
: void bbr_init(struct sock *sk);
: void bbr_main(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs);
: u32 bbr_sndbuf_expand(struct sock *sk);
: u32 bbr_undo_cwnd(struct sock *sk);
: void bbr_cwnd_event(struct sock *sk, enum tcp_ca_event event);
: u32 bbr_ssthresh(struct sock *sk);
: u32 bbr_min_tso_segs(struct sock *sk);
: void bbr_set_state(struct sock *sk, u8 new_state);
`,
  },
  {
    // Functions for tests of the kernel that return values can be changed: nobody may call them.
    hooks: [],
    text: `
: int bpf_fentry_test1(int a);
: int bpf_modify_return_test(int a, int *b);
: int bpf_modify_return_test2(int a, int *b, short int c, int d, void *e, char f, int g);
: long int vfs_read(struct file *file, char *buf, size_t count, long long int *pos);
`,
  },
];
