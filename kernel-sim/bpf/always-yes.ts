import * as uapi from "./uapi.ts";

/**
 * Hooks that rewrite an address when the call has done its work: programs there cannot refuse, they
 * answer 1, and have no answer of the call to read or to set.
 *
 * @linux kernel/bpf/verifier.c check_return_code, net/core/filter.c cgroup_sock_addr_func_proto
 */
export const ALWAYS_YES: ReadonlySet<number> = new Set([
  uapi.BPF_CGROUP_UDP4_RECVMSG,
  uapi.BPF_CGROUP_UDP6_RECVMSG,
  uapi.BPF_CGROUP_UNIX_RECVMSG,
  uapi.BPF_CGROUP_INET4_GETPEERNAME,
  uapi.BPF_CGROUP_INET6_GETPEERNAME,
  uapi.BPF_CGROUP_UNIX_GETPEERNAME,
  uapi.BPF_CGROUP_INET4_GETSOCKNAME,
  uapi.BPF_CGROUP_INET6_GETSOCKNAME,
  uapi.BPF_CGROUP_UNIX_GETSOCKNAME,
]);
