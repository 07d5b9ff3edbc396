/**
 * Types of the kernel that its functions for programs take or answer.
 *
 * @linux include/linux/types.h, include/uapi/linux/bpf.h, include/linux/bpf.h (6.18)
 * @simplified of structures that no program of the simulator looks into, only as much is declared as
 * the verifier asks for: what they begin with, and whether they hold anything but numbers.
 */
export const KERNEL_TYPES = `
typedef signed char __s8; typedef unsigned char __u8;
typedef short int __s16; typedef short unsigned int __u16;
typedef int __s32; typedef unsigned int __u32;
typedef long long int __s64; typedef long long unsigned int __u64;
typedef __s8 s8; typedef __u8 u8; typedef __s16 s16; typedef __u16 u16;
typedef __s32 s32; typedef __u32 u32; typedef __s64 s64; typedef __u64 u64;
typedef __u16 __be16; typedef __u32 __be32; typedef _Bool bool;
typedef long unsigned int __kernel_ulong_t; typedef __kernel_ulong_t __kernel_size_t;
typedef __kernel_size_t size_t; typedef int __kernel_pid_t; typedef __kernel_pid_t pid_t;
typedef unsigned int gfp_t;

typedef struct refcount_struct refcount_t;

struct bpf_dynptr { __u64 __opaque[2]; };
struct bpf_list_head { __u64 __opaque[2]; };
struct bpf_list_node { __u64 __opaque[3]; };
struct bpf_rb_root { __u64 __opaque[2]; };
struct bpf_rb_node { __u64 __opaque[4]; };
struct bpf_refcount { __u32 __opaque[1]; };
struct bpf_spin_lock { __u32 val; };
struct bpf_res_spin_lock { u32 val; };
struct bpf_timer { __u64 __opaque[2]; };
struct bpf_wq { __u64 __opaque[2]; };
struct bpf_task_work { __u64 __opaque; };
struct bpf_prog_aux { void *prog; };

struct bpf_iter_num { __u64 __opaque[1]; };
struct bpf_iter_bits { __u64 __opaque[2]; };
struct bpf_iter_task { __u64 __opaque[3]; };
struct bpf_iter_task_vma { __u64 __opaque[1]; };
struct bpf_iter_css { __u64 __opaque[3]; };
struct bpf_iter_css_task { __u64 __opaque[1]; };
struct bpf_iter_kmem_cache { __u64 __opaque[1]; };
struct bpf_iter_dmabuf { __u64 __opaque[1]; };

struct cpumask { long unsigned int bits[4]; };
typedef struct cpumask cpumask_t;
struct bpf_cpumask { cpumask_t cpumask; refcount_t usage; };

struct kernfs_node { const char *name@128; u64 id@768; }@136;
struct filename { const char *name; const char *uptr; u32 refcnt; }@32;
struct kernel_clone_args { u64 flags; u32 exit_signal@320; u64 stack@384; u64 stack_size; u64 tls; }@136;
struct open_how { u64 flags; u64 mode; u64 resolve; };
struct key { void *sem; };
struct sockptr_t { void *user; bool is_kernel; };
struct bpf_key { struct key *key; bool has_ref; };
struct bpf_crypto_ctx { const void *type; void *tfm; u32 siv_len; };
struct bpf_crypto_params {
  char type[14]; u8 reserved[2]; char algo[128]; u8 key[256]; u32 key_len; u32 authsize;
};

struct tcp6_sock { struct tcp_sock tcp; };
struct mptcp_sock { struct inet_connection_sock sk; };
struct udp6_sock { struct udp_sock udp; };
struct inet_timewait_sock { struct sock_common __tw_common; };
struct tcp_timewait_sock { struct inet_timewait_sock tw_sk; };
struct request_sock { struct sock_common __req_common; };
struct inet_request_sock { struct request_sock req; };
struct tcp_request_sock { struct inet_request_sock req; };
struct xdp_buff { void *data; void *data_end; void *data_meta; void *data_hard_start; void *rxq; };
struct bpf_sock_addr_kern { struct sock *sk; void *uaddr; };
struct bpf_sock_ops_kern { struct sock *sk; u32 op; };
struct bpf_sysctl_kern { void *head; };
struct bpf_sockopt_kern { struct sock *sk; };
struct sk_reuseport_kern { struct sk_buff *skb; struct sock *sk; };
struct bpf_sk_lookup_kern { u16 family; struct sock *selected_sk; };
struct sk_msg { void *sg; };
struct bpf_flow_dissector { void *flow_keys; const struct sk_buff *skb; };
struct bpf_perf_event_data_kern { void *regs; };
struct bpf_nf_ctx { const void *state; struct sk_buff *skb; };
struct bpf_cgroup_dev_ctx { __u32 access_type; __u32 major; __u32 minor; };
struct __sk_buff { __u32 fields[42]; void *sk; __u32 tail[4]; };
struct xdp_md { __u32 data; __u32 data_end; __u32 data_meta; __u32 ingress_ifindex; __u32 rx_queue_index; __u32 egress_ifindex; };

struct bpf_sock_tuple_ipv4 { __be32 saddr; __be32 daddr; __be16 sport; __be16 dport; };
struct bpf_sock_tuple_ipv6 { __be32 saddr[4]; __be32 daddr[4]; __be16 sport; __be16 dport; };
union bpf_sock_tuple_addresses { struct bpf_sock_tuple_ipv4 ipv4; struct bpf_sock_tuple_ipv6 ipv6; };
struct bpf_sock_tuple { union bpf_sock_tuple_addresses addresses; };
struct bpf_tcp_req_attrs { u32 rcv_tsval; u32 rcv_tsecr; u16 mss; u8 flags[10]; };
struct bpf_ct_opts { s32 netns_id; s32 error; u8 l4proto; u8 dir; u16 ct_zone_id; u8 ct_zone_dir; u8 reserved[3]; };
struct bpf_xfrm_state_opts { s32 error; s32 netns_id; u32 mark; u32 daddr[4]; __be32 spi; u8 proto; u16 family; };
struct nf_conntrack { refcount_t use; };
struct nf_conn { struct nf_conntrack ct_general; void *master; };
struct nf_conn___init { struct nf_conn ct; };
union nf_inet_addr { __u32 all[4]; };
struct xfrm_state { void *xs_net; };

struct bpf_iter_meta { struct seq_file *seq; u64 session_id; u64 seq_num; };
struct bpf_fentry_test_t { struct bpf_fentry_test_t *a; };
struct bpf_dummy_ops_state { int val; };
struct bpf_dummy_ops {
  int (*test_1)(struct bpf_dummy_ops_state *cb__nullable);
  int (*test_2)(struct bpf_dummy_ops_state *cb, int a1, u16 a2, char a3, long unsigned int a4);
  int (*test_sleepable)(struct bpf_dummy_ops_state *cb);
};
struct bpf_struct_ops_common_value { refcount_t refcnt; enum bpf_struct_ops_state state; };
struct bpf_struct_ops_bpf_dummy_ops { struct bpf_struct_ops_common_value common; struct bpf_dummy_ops data @512; }@128;
struct tcp_congestion_ops {
  u32 (*ssthresh)(struct sock *sk);
  void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
  void (*set_state)(struct sock *sk, u8 new_state);
  void (*cwnd_event)(struct sock *sk, enum tcp_ca_event ev);
  void (*in_ack_event)(struct sock *sk, u32 flags);
  void (*pkts_acked)(struct sock *sk, const struct ack_sample *sample);
  u32 (*min_tso_segs)(struct sock *sk);
  void (*cong_control)(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs);
  u32 (*undo_cwnd)(struct sock *sk);
  u32 (*sndbuf_expand)(struct sock *sk);
  size_t (*get_info)(struct sock *sk, u32 ext, int *attr, union tcp_cc_info *info);
  char name[16]; void *owner; struct list_head list; u32 key; u32 flags;
  void (*init)(struct sock *sk);
  void (*release)(struct sock *sk);
}@192;

struct prog_test_member1 { int a; };
struct prog_test_member { struct prog_test_member1 m; int c; };
struct prog_test_ref_kfunc { int a; int b; struct prog_test_member memb; struct prog_test_ref_kfunc *next; refcount_t cnt; };
typedef int (*bpf_task_work_callback_t)(struct bpf_map *map, void *key, void *value);
`;
