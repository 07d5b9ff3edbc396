import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { CgroupStorageMap } from "../maps/local-storage.ts";

/** @linux kernel/bpf/cgroup.c `bpf_get_local_storage` (6.18) */
export function getLocalStorage(vm: BpfCpu<BpfKernel>): number {
  return (vm.machine.mapAt(vm.r[2]!) as CgroupStorageMap).storageOf(vm.cpu);
}
