/**
 * Sockets of the kernel begin with what they are a kind of.
 *
 * @linux include/net/sock.h, include/linux/tcp.h, include/linux/udp.h (6.18)
 */
const FIRST_MEMBER: Readonly<Record<string, string>> = {
  sock: "sock_common",
  inet_sock: "sock",
  inet_connection_sock: "inet_sock",
  tcp_sock: "inet_connection_sock",
  tcp6_sock: "tcp_sock",
  udp_sock: "inet_sock",
  udp6_sock: "udp_sock",
  unix_sock: "sock",
  mptcp_sock: "inet_connection_sock",
  inet_timewait_sock: "sock_common",
  tcp_timewait_sock: "inet_timewait_sock",
  request_sock: "sock_common",
  inet_request_sock: "request_sock",
  tcp_request_sock: "inet_request_sock",
};

/**
 * Whether a `wanted` lies at the start of a structure.
 *
 * @linux kernel/bpf/btf.c `btf_struct_ids_match` (6.18)
 */
export function structContains(struct: string, wanted: string): boolean {
  for (let at: string | undefined = struct; at !== undefined; at = FIRST_MEMBER[at]) {
    if (at === wanted) return true;
  }
  return false;
}
