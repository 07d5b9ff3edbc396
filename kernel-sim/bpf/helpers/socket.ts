/** Helpers for the socket of a packet, and for finding others. @linux net/core/filter.c (6.18) */
import { SKB_SK } from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** That of nobody. */
const OVERFLOW_UID = 65_534;

function hasSocket(vm: Vm): boolean {
  return vm.memory.view.getInt32(vm.context + SKB_SK, true) !== 0;
}

/** The socket that a test run makes up belongs to root. @linux net/core/filter.c `bpf_get_socket_uid` (6.18) */
export function getSocketUid(vm: Vm): number {
  return hasSocket(vm) ? 0 : OVERFLOW_UID;
}

/** A number that no other socket has. @linux net/core/sock_diag.c `__sock_gen_cookie` (6.18) */
export function getSocketCookie(vm: Vm): number {
  if (!hasSocket(vm)) return 0;
  const { packet } = vm.machine;
  packet.socketCookie ??= vm.machine.newSocketCookie();
  return packet.socketCookie;
}

/** There is one namespace of networks, the first. @linux net/core/filter.c `bpf_get_netns_cookie` (6.18) */
export function getNetnsCookie(_vm: Vm): number {
  return 1;
}

/**
 * @linux net/core/filter.c `bpf_sk_lookup` (6.18)
 * @simplified sockets of programs are not found: packets that programs of these types see are those of test runs.
 */
export function skLookup(_vm: Vm): number {
  return 0;
}

/** @linux net/core/filter.c `bpf_sk_release` (6.18) */
export function skRelease(_vm: Vm): number {
  return 0;
}

/** What a packet's socket is in the context, it is already. @linux net/core/filter.c `bpf_sk_fullsock` (6.18) */
export function skFullsock(vm: Vm): number {
  return vm.r[2]!;
}
