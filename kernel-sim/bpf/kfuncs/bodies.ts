/** What the functions of the kernel do when a program calls them. */
import { BTF_KIND_FUNC, BTF_KIND_FUNC_PROTO } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { sendSignalTask } from "../helpers/signal.ts";
import type { CallingHelper, HelperBody } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import * as arena from "./arena.ts";
import * as cgroup from "./cgroup.ts";
import * as copies from "./copies.ts";
import * as cpumask from "./cpumask.ts";
import * as crypto from "./crypto.ts";
import * as dynptr from "./dynptr.ts";
import * as files from "./files.ts";
import * as iter from "./iterators.ts";
import * as keys from "./keys.ts";
import * as caches from "./kmem-cache.ts";
import * as lists from "./lists.ts";
import { OBJECT_TYPES_MAX } from "./objects.ts";
import { PRINTERS_MAX } from "./printers.ts";
import * as locks from "./res-spin-lock.ts";
import { streamVprintk } from "./stream.ts";
import * as strings from "./strings.ts";
import * as task from "./task.ts";
import * as walk from "./task-iterators.ts";
import * as trees from "./trees.ts";
import * as works from "./works.ts";
import { xdpGetXfrmState } from "./xfrm.ts";

type Body = HelperBody<BpfKernel>;

/** What only the verifier has to know of. */
const nothing: Body = () => 0;
/** One reference to an object less, or more. @linux kernel/bpf/helpers.c `bpf_obj_drop_impl`, `bpf_refcount_acquire_impl` (6.18) */
const drop: Body = ({ r, machine: { programObjects } }) => {
  programObjects.drop(r[2]!);
  return 0;
};
const acquire: Body = ({ r, machine: { programObjects } }) => {
  programObjects.acquire(r[2]!);
  return r[2]!;
};

/** The address that was given, as another type. */
const cast: Body = ({ r }) => r[2]!;

/** By name; a second name for programs that may not write to packets. */
const BODIES: Readonly<Record<string, Body>> = {
  bpf_arena_alloc_pages: arena.arenaAllocPages,
  bpf_arena_free_pages: arena.arenaFreePages,
  bpf_arena_reserve_pages: arena.arenaReservePages,
  bpf_modify_return_test_tp: ({ r }) => r[2]!,
  bpf_cast_to_kern_ctx: cast,
  bpf_rdonly_cast: cast,
  bpf_rcu_read_lock: nothing,
  bpf_rcu_read_unlock: nothing,
  bpf_preempt_disable: nothing,
  bpf_preempt_enable: nothing,
  bpf_local_irq_save: nothing,
  bpf_local_irq_restore: nothing,
  bpf_dynptr_from_skb: dynptr.dynptrFromSkb,
  bpf_dynptr_from_skb_rdonly: dynptr.dynptrFromSkbRdonly,
  bpf_dynptr_from_skb_meta: dynptr.dynptrFromSkbMeta,
  bpf_dynptr_from_xdp: dynptr.dynptrFromXdp,
  bpf_dynptr_adjust: dynptr.dynptrAdjust,
  bpf_dynptr_is_null: dynptr.dynptrIsNull,
  bpf_dynptr_is_rdonly: dynptr.dynptrIsRdonly,
  bpf_dynptr_size: dynptr.dynptrSize,
  bpf_dynptr_clone: dynptr.dynptrClone,
  bpf_dynptr_copy: dynptr.dynptrCopy,
  bpf_dynptr_memset: dynptr.dynptrMemset,
  bpf_dynptr_slice: dynptr.dynptrSlice,
  bpf_dynptr_slice_rdwr: dynptr.dynptrSliceRdwr,
  bpf_xdp_pull_data: dynptr.xdpPullData,
  bpf_iter_num_new: iter.iterNumNew,
  bpf_iter_num_next: iter.iterNumNext,
  bpf_iter_num_destroy: iter.iterNumDestroy,
  bpf_iter_bits_new: iter.iterBitsNew,
  bpf_iter_bits_next: iter.iterBitsNext,
  bpf_iter_bits_destroy: iter.iterBitsDestroy,
  bpf_iter_task_new: walk.iterTaskNew,
  bpf_iter_task_next: walk.iterTaskNext,
  bpf_iter_task_destroy: walk.iterTaskDestroy,
  bpf_iter_task_vma_new: walk.iterTaskVmaNew,
  bpf_iter_task_vma_next: walk.iterTaskVmaNext,
  bpf_iter_task_vma_destroy: walk.iterTaskVmaDestroy,
  bpf_iter_css_task_new: walk.iterCssTaskNew,
  bpf_iter_css_task_next: walk.iterCssTaskNext,
  bpf_iter_css_task_destroy: walk.iterCssTaskDestroy,
  bpf_iter_css_new: cgroup.iterCssNew,
  bpf_iter_css_next: cgroup.iterCssNext,
  bpf_iter_css_destroy: nothing,
  // There are no buffers that devices share.
  bpf_iter_dmabuf_new: iter.iterNothingNew,
  bpf_iter_dmabuf_next: nothing,
  bpf_iter_dmabuf_destroy: nothing,
  bpf_cgroup_acquire: cgroup.cgroupAcquire,
  bpf_cgroup_release: nothing,
  bpf_cgroup_ancestor: cgroup.cgroupAncestor,
  bpf_cgroup_from_id: cgroup.cgroupFromId,
  bpf_task_under_cgroup: cgroup.taskUnderCgroup,
  bpf_task_get_cgroup1: cgroup.taskGetCgroup1,
  bpf_cgroup_read_xattr: cgroup.cgroupReadXattr,
  // Groups keep no statistics that would have to be gathered.
  css_rstat_updated: nothing,
  css_rstat_flush: nothing,
  bpf_get_kmem_cache: caches.getKmemCache,
  bpf_iter_kmem_cache_new: caches.iterKmemCacheNew,
  bpf_iter_kmem_cache_next: caches.iterKmemCacheNext,
  bpf_iter_kmem_cache_destroy: nothing,
  // Only modules for tests make such objects.
  bpf_kfunc_call_test_release: nothing,
  bpf_kfunc_call_memb_release: nothing,
  bpf_get_task_exe_file: files.getTaskExeFile,
  bpf_put_file: files.putFile,
  bpf_path_d_path: files.pathDPath,
  bpf_get_dentry_xattr: files.getDentryXattr,
  bpf_get_file_xattr: files.getFileXattr,
  bpf_set_dentry_xattr: files.setDentryXattr,
  bpf_remove_dentry_xattr: files.removeDentryXattr,
  bpf_lookup_user_key: keys.lookupUserKey,
  bpf_lookup_system_key: keys.lookupSystemKey,
  bpf_key_put: keys.keyPut,
  bpf_crypto_ctx_create: crypto.cryptoCtxCreate,
  bpf_crypto_ctx_acquire: crypto.cryptoCtxAcquire,
  bpf_crypto_ctx_release: crypto.cryptoCtxRelease,
  bpf_crypto_encrypt: crypto.cryptoEncrypt,
  bpf_crypto_decrypt: crypto.cryptoDecrypt,
  bpf_xdp_get_xfrm_state: xdpGetXfrmState,
  bpf_xdp_xfrm_state_release: nothing,
  bpf_copy_from_user_str: copies.copyFromUserStr,
  bpf_copy_from_user_task_str: copies.copyFromUserTaskStr,
  bpf_probe_read_user_dynptr: copies.probeReadUserDynptr,
  bpf_probe_read_kernel_dynptr: copies.probeReadKernelDynptr,
  bpf_probe_read_user_str_dynptr: copies.probeReadUserStrDynptr,
  bpf_probe_read_kernel_str_dynptr: copies.probeReadKernelStrDynptr,
  bpf_copy_from_user_dynptr: copies.copyFromUserDynptr,
  bpf_copy_from_user_str_dynptr: copies.copyFromUserStrDynptr,
  bpf_copy_from_user_task_dynptr: copies.copyFromUserTaskDynptr,
  bpf_copy_from_user_task_str_dynptr: copies.copyFromUserTaskStrDynptr,
  bpf_map_sum_elem_count: ({ r, machine }) => machine.mapAt(r[2]!).elemCount,
  bpf_send_signal_task: sendSignalTask,
  bpf_task_from_pid: task.taskFromPid,
  bpf_task_from_vpid: task.taskFromPid,
  bpf_task_acquire: task.taskAcquire,
  bpf_task_release: task.taskRelease,
  bpf_strcmp: strings.strcmp,
  bpf_strcasecmp: strings.strcasecmp,
  bpf_strchr: strings.strchr,
  bpf_strchrnul: strings.strchrnul,
  bpf_strnchr: strings.strnchr,
  bpf_strrchr: strings.strrchr,
  bpf_strlen: strings.strlen,
  bpf_strnlen: strings.strnlen,
  bpf_strspn: strings.strspn,
  bpf_strcspn: strings.strcspn,
  bpf_strstr: strings.strstr,
  bpf_strnstr: strings.strnstr,
  bpf_obj_drop_impl: drop,
  bpf_percpu_obj_drop_impl: drop,
  bpf_refcount_acquire_impl: acquire,
  bpf_wq_init: works.wqInit,
  bpf_wq_set_callback_impl: works.wqSetCallback,
  bpf_wq_start: works.wqStart,
  bpf_task_work_schedule_signal_impl: works.taskWorkScheduleSignal,
  bpf_task_work_schedule_resume_impl: works.taskWorkScheduleResume,
  bpf_list_push_front_impl: lists.listPushFront,
  bpf_list_push_back_impl: lists.listPushBack,
  bpf_list_pop_front: lists.listPopFront,
  bpf_list_pop_back: lists.listPopBack,
  bpf_list_front: lists.listFront,
  bpf_list_back: lists.listBack,
  bpf_rbtree_first: trees.rbtreeFirst,
  bpf_rbtree_root: trees.rbtreeRoot,
  bpf_rbtree_left: trees.rbtreeLeft,
  bpf_rbtree_right: trees.rbtreeRight,
  bpf_rbtree_remove: trees.rbtreeRemove,
  bpf_res_spin_lock: locks.resSpinLock,
  bpf_res_spin_lock_irqsave: locks.resSpinLockIrqsave,
  bpf_res_spin_unlock: locks.resSpinUnlock,
  bpf_res_spin_unlock_irqrestore: locks.resSpinUnlock,
  bpf_cpumask_create: cpumask.cpumaskCreate,
  bpf_cpumask_acquire: cpumask.cpumaskAcquire,
  bpf_cpumask_release: cpumask.cpumaskRelease,
  bpf_cpumask_first: cpumask.cpumaskFirst,
  bpf_cpumask_first_zero: cpumask.cpumaskFirstZero,
  bpf_cpumask_first_and: cpumask.cpumaskFirstAnd,
  bpf_cpumask_set_cpu: cpumask.cpumaskSetCpu,
  bpf_cpumask_clear_cpu: cpumask.cpumaskClearCpu,
  bpf_cpumask_test_cpu: cpumask.cpumaskTestCpu,
  bpf_cpumask_test_and_set_cpu: cpumask.cpumaskTestAndSetCpu,
  bpf_cpumask_test_and_clear_cpu: cpumask.cpumaskTestAndClearCpu,
  bpf_cpumask_setall: cpumask.cpumaskSetall,
  bpf_cpumask_clear: cpumask.cpumaskClear,
  bpf_cpumask_and: cpumask.cpumaskAnd,
  bpf_cpumask_or: cpumask.cpumaskOr,
  bpf_cpumask_xor: cpumask.cpumaskXor,
  bpf_cpumask_equal: cpumask.cpumaskEqual,
  bpf_cpumask_intersects: cpumask.cpumaskIntersects,
  bpf_cpumask_subset: cpumask.cpumaskSubset,
  bpf_cpumask_empty: cpumask.cpumaskEmpty,
  bpf_cpumask_full: cpumask.cpumaskFull,
  bpf_cpumask_copy: cpumask.cpumaskCopy,
  bpf_cpumask_any_distribute: cpumask.cpumaskAnyDistribute,
  bpf_cpumask_any_and_distribute: cpumask.cpumaskAnyAndDistribute,
  bpf_cpumask_weight: cpumask.cpumaskWeight,
  bpf_cpumask_populate: cpumask.cpumaskPopulate,
};

/** The same, of those that call functions of the program. */
const CALLERS: Readonly<Record<string, CallingHelper<BpfKernel>>> = {
  bpf_rbtree_add_impl: trees.rbtreeAdd,
};

const FROM_SKB = "bpf_dynptr_from_skb";
const FROM_SKB_RDONLY = "bpf_dynptr_from_skb_rdonly";
const NAMES: readonly string[] = [...Object.keys(CALLERS), ...Object.keys(BODIES)];

/** Each kind of object is made by a function of its own, since a call does not say which it wants. */
const MAKERS: readonly Body[] = Array.from(
  { length: OBJECT_TYPES_MAX },
  (_, type) => (vm) => vm.machine.programObjects.create(type),
);

/** And each program that prints for whoever asks it has one of its own, which knows whose text it is. */
const PRINTERS: readonly Body[] = Array.from(
  { length: PRINTERS_MAX },
  (_, index) => (vm) => streamVprintk(vm, vm.machine.printers.programOf(index)) >>> 0,
);

/** In the order in which `kfuncBodyIndex` counts; callers have none. */
export const kfuncBodies: readonly (Body | undefined)[] = [
  ...NAMES.map(bodyOf),
  ...MAKERS,
  ...PRINTERS,
];

export const kfuncCallers: readonly CallingHelper<BpfKernel>[] = Object.values(CALLERS);

function bodyOf(name: string): Body | undefined {
  const body = BODIES[name];
  if (body === undefined) return undefined;
  // Not asked before somebody calls it: the kernel's types take their time.
  let isInt: boolean | undefined;
  return (vm) => {
    isInt ??= answersInt(name);
    return isInt ? body(vm) >>> 0 : body(vm);
  };
}

/** Who makes objects of a type of the machine's. */
export function makerBodyIndex(type: number): number {
  return NAMES.length + type;
}

/** Where a program prints. */
export function printerBodyIndex(printer: number): number {
  return NAMES.length + MAKERS.length + printer;
}

/** A result of 32 bits leaves the upper half of the register 0. */
function answersInt(name: string): boolean {
  const declared = name === FROM_SKB_RDONLY ? FROM_SKB : name;
  const func = btfVmlinux().findByNameKind(declared, BTF_KIND_FUNC);
  if (func?.kind !== BTF_KIND_FUNC) return false;
  const proto = btfVmlinux().typeById(func.type);
  if (proto?.kind !== BTF_KIND_FUNC_PROTO || proto.type === 0) return false;
  const result = btfVmlinux().typeIdSize(proto.type);
  return result !== undefined && result.size <= 4;
}

/**
 * undefined: the machine has no such function.
 *
 * @linux kernel/bpf/verifier.c `specialize_kfunc` (6.18)
 */
export function kfuncBodyIndex(name: string, mayWritePackets: boolean): number | undefined {
  const body = name === FROM_SKB && !mayWritePackets ? FROM_SKB_RDONLY : name;
  const index = NAMES.indexOf(body);
  return index < 0 ? undefined : index;
}
