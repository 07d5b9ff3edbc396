/** The capabilities that decide what bpf(2) allows. @linux include/uapi/linux/capability.h (6.18) */
export type BpfCap = "bpf" | "netAdmin" | "perfmon" | "sysAdmin";

/** What a task has of them in its effective set. */
export type BpfCaps = Readonly<Record<BpfCap, boolean>>;

export const ALL_BPF_CAPS: BpfCaps = Object.freeze({
  bpf: true,
  netAdmin: true,
  perfmon: true,
  sysAdmin: true,
});

/** CAP_SYS_ADMIN stands for each of the others. @linux kernel/bpf/token.c `bpf_token_capable` (6.18) */
export function bpfCapable(caps: BpfCaps, cap: BpfCap): boolean {
  return caps[cap] || caps.sysAdmin;
}
