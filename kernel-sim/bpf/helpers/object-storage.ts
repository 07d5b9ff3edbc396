/** Storage of programs that hangs on sockets, tasks, inodes and cgroups. */
import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { taskAt } from "../kfuncs/task.ts";
import type { BpfLocalStorageMap, StorageOwner } from "../maps/bpf-local-storage.ts";
import {
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_TASK_STORAGE,
} from "../uapi.ts";

type Vm = BpfCpu<BpfKernel>;

const BPF_LOCAL_STORAGE_GET_F_CREATE = 1;

/** The verifier lets no other map come here. */
function storageMap(vm: Vm): BpfLocalStorageMap {
  return vm.machine.mapAt(vm.r[2]!) as BpfLocalStorageMap;
}

/** What programs know sockets and inodes by, where descriptors stand for them as well. */
const STRUCTS: Readonly<Record<number, string>> = {
  [BPF_MAP_TYPE_SK_STORAGE]: "sock",
  [BPF_MAP_TYPE_INODE_STORAGE]: "inode",
};

/** R2: what hangs on an object of the kernel is found by its descriptors as well. */
function ownerIn(vm: Vm, { attr }: BpfLocalStorageMap): StorageOwner {
  const owner = vm.r[4]!;
  if (attr.mapType === BPF_MAP_TYPE_TASK_STORAGE) {
    const task = taskAt(vm, owner);
    return task?.identity ?? task?.pid ?? 0;
  }
  const struct = STRUCTS[attr.mapType];
  return (struct && vm.machine.structs.objectAt(owner, struct)) || owner;
}

/**
 * @linux net/core/bpf_sk_storage.c `bpf_sk_storage_get`, kernel/bpf/bpf_task_storage.c `bpf_task_storage_get`,
 * bpf_inode_storage.c `bpf_inode_storage_get`, bpf_cgrp_storage.c `bpf_cgrp_storage_get` (6.18)
 */
export function objectStorageGet(vm: Vm): number {
  const { r } = vm;
  const owner = r[4]!;
  const flags = r[8]!;
  if (owner === 0 || (flags & ~BPF_LOCAL_STORAGE_GET_F_CREATE) !== 0 || r[9] !== 0) return 0;
  const map = storageMap(vm);
  const key = ownerIn(vm, map);
  const found = map.ofOwner(key);
  if (found !== 0 || flags === 0) return found;
  return map.create(key, r[6]!);
}

/**
 * @linux net/core/bpf_sk_storage.c `bpf_sk_storage_delete`, kernel/bpf/bpf_task_storage.c `bpf_task_storage_delete`,
 * bpf_inode_storage.c `bpf_inode_storage_delete`, bpf_cgrp_storage.c `bpf_cgrp_storage_delete` (6.18)
 */
export function objectStorageDelete(vm: Vm): number {
  const map = storageMap(vm);
  return vm.r[4] === 0 ? -EINVAL : map.drop(ownerIn(vm, map));
}
