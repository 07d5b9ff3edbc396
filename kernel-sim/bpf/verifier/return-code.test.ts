import { expect, test } from "vitest";
import { boot, bpf } from "../../index.ts";

const { verify } = boot().bpf;

/** Answered by Linux 6.18. */
test.each([
  ["cgroup_skb", "cgroup_inet_ingress", "r0 = 1; exit", ""],
  [
    "cgroup_skb",
    "cgroup_inet_ingress",
    "r0 = 2; exit",
    "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]",
  ],
  ["cgroup_skb", "cgroup_inet_egress", "r0 = 3; exit", ""],
  [
    "cgroup_skb",
    "cgroup_inet_egress",
    "r0 = -1; exit",
    "At program exit the register R0 has smin=-1 smax=-1 should have been in [0, 3]",
  ],
  [
    "cgroup_skb",
    "cgroup_inet_ingress",
    "call bpf_ktime_get_ns; exit",
    "At program exit the register R0 has unknown scalar value should have been in [0, 1]",
  ],
  [
    "cgroup_skb",
    "cgroup_inet_ingress",
    "r0 = r1; exit",
    "At program exit the register R0 is not a known value (ctx)",
  ],
  [
    "cgroup_skb",
    "cgroup_inet_ingress",
    "call bpf_get_prandom_u32; r0 &= 3; exit",
    "At program exit the register R0 has smin=0 smax=3 should have been in [0, 1]",
  ],
  [
    "cgroup_sock",
    "cgroup_inet_sock_create",
    "r0 = 2; exit",
    "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]",
  ],
  [
    "kprobe",
    "trace_kprobe_session",
    "r0 = 2; exit",
    "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]",
  ],
  ["kprobe", "cgroup_inet_ingress", "r0 = 2; exit", ""],
  ["xdp", "xdp", "r0 = -1; exit", ""],
  ["xdp", "xdp", "r0 = r1; exit", ""],
  ["xdp", "xdp", "exit", "R0 !read_ok"],
])("a %s program for %s answers: %s", (type, expectedAttachType, text, error) => {
  expect(verify({ type, expectedAttachType, program: bpf.asm(text) }).error).toBe(error);
});
