import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** What a 1 in the upper half of R0 counts. */
const UPPER = 0x1_0000_0000;

/**
 * @linux kernel/bpf/helpers.c `bpf_ktime_get_ns` (6.18)
 * @simplified each instruction that the program has run took 1 ns.
 */
export function ktimeGetNs(vm: Vm): number {
  return vm.machine.clock.now() + vm.executed;
}

/**
 * @linux kernel/bpf/helpers.c `bpf_ktime_get_tai_ns` (6.18)
 * @simplified so late in time it goes on in steps of 256 ns
 */
export function ktimeGetTaiNs(vm: Vm): number {
  return (vm.machine.living?.bootTai ?? 0) + ktimeGetNs(vm);
}

/**
 * @linux kernel/bpf/core.c `bpf_user_rnd_u32` (6.18)
 * @simplified the numbers come from the machine's seed.
 */
export function getPrandomU32(vm: Vm): number {
  return vm.machine.random.nextInt32() >>> 0;
}

/** @linux kernel/bpf/helpers.c `bpf_get_smp_processor_id` (6.18) */
export function getSmpProcessorId(vm: Vm): number {
  return vm.cpu;
}

/** @simplified every CPU belongs to node 0. */
export function getNumaNodeId(_vm: Vm): number {
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_get_current_pid_tgid` (6.18) */
export function getCurrentPidTgid(vm: Vm): number {
  const { pid, tgid } = vm.machine.current;
  return tgid * UPPER + pid;
}

/** @linux kernel/bpf/helpers.c `bpf_get_current_uid_gid` (6.18) */
export function getCurrentUidGid(vm: Vm): number {
  const { uid, gid } = vm.machine.current;
  return gid * UPPER + uid;
}

/** @linux kernel/bpf/helpers.c `bpf_get_current_comm` (6.18) */
export function getCurrentComm(vm: Vm): number {
  const { bytes } = vm.memory;
  const to = vm.r[2]!;
  const size = vm.r[4]!;
  if (size <= 0) return -EINVAL;
  const { comm } = vm.machine.current;
  bytes.fill(0, to, to + size);
  for (let i = 0; i < Math.min(comm.length, size - 1); i++) bytes[to + i] = comm.charCodeAt(i);
  return 0;
}

const HZ = 1000;
/** Linux starts counting five minutes before the first wrap of 32 bits. */
const INITIAL_JIFFIES = 2 ** 32 - 300 * HZ;

/** @linux kernel/bpf/helpers.c `bpf_jiffies64` (6.18) */
export function jiffies64(vm: Vm): number {
  return INITIAL_JIFFIES + Math.floor((vm.machine.clock.now() * HZ) / 1e9);
}
