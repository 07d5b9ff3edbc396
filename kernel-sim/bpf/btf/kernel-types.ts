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
typedef unsigned int gfp_t; typedef __int128 unsigned u128;

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

struct sockptr_t { void *user; bool is_kernel; };
struct bpf_key { struct key *key; bool has_ref; };
struct bpf_crypto_ctx { const void *type; void *tfm; u32 siv_len; struct callback_head rcu; refcount_t usage; };
struct bpf_crypto_params {
  char type[14]; u8 reserved[2]; char algo[128]; u8 key[256]; u32 key_len; u32 authsize;
};


struct bpf_ct_opts { s32 netns_id; s32 error; u8 l4proto; u8 dir; u16 ct_zone_id; u8 ct_zone_dir; u8 reserved[3]; };
struct bpf_xfrm_state_opts { s32 error; s32 netns_id; u32 mark; u32 daddr[4]; __be32 spi; u8 proto; u16 family; };
union nf_inet_addr { __u32 all[4]; };

struct bpf_dummy_ops_state { int val; };
struct bpf_dummy_ops {
  int (*test_1)(struct bpf_dummy_ops_state *cb__nullable);
  int (*test_2)(struct bpf_dummy_ops_state *cb, int a1, u16 a2, char a3, long unsigned int a4);
  int (*test_sleepable)(struct bpf_dummy_ops_state *cb);
};
struct bpf_struct_ops_common_value { refcount_t refcnt; enum bpf_struct_ops_state state; };
struct bpf_struct_ops_tcp_congestion_ops { struct bpf_struct_ops_common_value common; struct tcp_congestion_ops data @512; }@256;
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
  char name[16]; struct module *owner; struct list_head list; u32 key; u32 flags;
  void (*init)(struct sock *sk);
  void (*release)(struct sock *sk);
}@192;

struct prog_test_member1 { int a; };
struct prog_test_member { struct prog_test_member1 m; int c; };
struct prog_test_ref_kfunc { int a; int b; struct prog_test_member memb; struct prog_test_ref_kfunc *next; refcount_t cnt; };
typedef int (*bpf_task_work_callback_t)(struct bpf_map *map, void *key, void *value);
`;
