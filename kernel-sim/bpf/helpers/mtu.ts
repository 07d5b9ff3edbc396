import { EINVAL, ENODEV } from "../../include/errno.ts";
import { ETH_HLEN } from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { LOOPBACK_IFINDEX } from "../test-run-request.ts";
import { xdpGetBuffLen } from "./xdp.ts";

/** That of the loopback device. */
const MTU = 65_536;
const CHECK_SEGMENTS = 1;
const SUCCESS = 0;
const FRAG_NEEDED = 1;

/**
 * Whether a packet fits through a device; `*mtu_len` is then the device's MTU.
 *
 * @linux net/core/filter.c `bpf_skb_check_mtu`, `bpf_xdp_check_mtu` (6.18)
 * @simplified there is one device, lo
 */
export function checkMtu(vm: BpfCpu<BpfKernel>): number {
  const { r, memory } = vm;
  const { packet } = vm.machine;
  const ifindex = r[4]! >>> 0;
  const given = memory.view.getUint32(r[6]!, true);
  const difference = r[8]!;
  const flags = r[10]!;
  const known = packet.isXdp ? 0 : CHECK_SEGMENTS;
  if ((flags & ~known) !== 0 || r[11] !== 0) return -EINVAL;
  if (flags === CHECK_SEGMENTS && (difference !== 0 || given !== 0)) return -EINVAL;
  if (ifindex !== 0 && ifindex !== LOOPBACK_IFINDEX) return -ENODEV;
  const own = packet.isXdp ? xdpGetBuffLen(vm) : packet.length;
  const length = (given === 0 ? own : given + ETH_HLEN) + difference;
  memory.view.setUint32(r[6]!, MTU, true);
  return length > MTU + ETH_HLEN ? FRAG_NEEDED : SUCCESS;
}
