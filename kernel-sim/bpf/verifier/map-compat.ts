/** Which maps programs may use, and which helpers may take which map. */

import { EACCES, EBUSY, EINVAL, EPERM } from "../../include/errno.ts";
import {
  BPF_GRAPH_ROOT,
  BPF_RES_SPIN_LOCK,
  BPF_SPIN_LOCK,
  BPF_TIMER,
  BPF_WORKQUEUE,
} from "../btf/field-types.ts";
import type { BtfRecord } from "../btf/record.ts";
import { progDigest } from "../prog-tag.ts";
import * as uapi from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import { helperName, helpersNamed } from "./helper-traits.ts";
import type { VerifierMap } from "./verifier-input.ts";

const FOR_SLEEPABLE: ReadonlySet<number> = new Set([
  uapi.BPF_MAP_TYPE_HASH,
  uapi.BPF_MAP_TYPE_LRU_HASH,
  uapi.BPF_MAP_TYPE_ARRAY,
  uapi.BPF_MAP_TYPE_PERCPU_HASH,
  uapi.BPF_MAP_TYPE_PERCPU_ARRAY,
  uapi.BPF_MAP_TYPE_LRU_PERCPU_HASH,
  uapi.BPF_MAP_TYPE_ARRAY_OF_MAPS,
  uapi.BPF_MAP_TYPE_HASH_OF_MAPS,
  uapi.BPF_MAP_TYPE_RINGBUF,
  uapi.BPF_MAP_TYPE_USER_RINGBUF,
  uapi.BPF_MAP_TYPE_INODE_STORAGE,
  uapi.BPF_MAP_TYPE_SK_STORAGE,
  uapi.BPF_MAP_TYPE_TASK_STORAGE,
  uapi.BPF_MAP_TYPE_CGRP_STORAGE,
  uapi.BPF_MAP_TYPE_QUEUE,
  uapi.BPF_MAP_TYPE_STACK,
  uapi.BPF_MAP_TYPE_ARENA,
]);

const CGROUP_STORAGES = [uapi.BPF_MAP_TYPE_CGROUP_STORAGE, uapi.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE];

/** Whether a program may refer to the map at all. @linux kernel/bpf/verifier.c `check_map_prog_compatibility` (6.18) */
export function checkMapProgCompatibility(env: VerifierEnv, map: VerifierMap): 0 | number {
  const { type, record, exclProgSha } = map;
  if (exclProgSha !== undefined) {
    const digest = progDigest(env.insnsWithFds);
    if (!exclProgSha.every((byte, i) => byte === digest[i])) {
      env.verbose("program's hash doesn't match map's excl_prog_hash\n");
      return -EACCES;
    }
  }
  const problem = record === undefined ? "" : recordProblem(env, record);
  if (problem !== "") {
    env.verbose(`${problem}\n`);
    return -EINVAL;
  }
  if (type === uapi.BPF_MAP_TYPE_STRUCT_OPS) {
    env.verbose("bpf_struct_ops map cannot be used in prog\n");
    return -EINVAL;
  }
  if (env.isSleepable && !FOR_SLEEPABLE.has(type)) {
    env.verbose("Sleepable programs can only use array, hash, ringbuf and local storage maps\n");
    return -EINVAL;
  }
  const isSecond = env.usedMaps.some((used) => used.type === type);
  if (isSecond && CGROUP_STORAGES.includes(type)) {
    env.verbose("only one cgroup storage of each type is allowed\n");
    return -EBUSY;
  }
  return type === uapi.BPF_MAP_TYPE_ARENA ? checkArena(env, map, isSecond) : 0;
}

function checkArena(env: VerifierEnv, map: VerifierMap, isSecond: boolean): 0 | number {
  if (isSecond) {
    env.verbose("Only one arena per program\n");
    return -EBUSY;
  }
  if (!env.allowPtrLeaks || !env.bpfCapable) {
    env.verbose("CAP_BPF and CAP_PERFMON are required to use arena\n");
    return -EPERM;
  }
  if (map.userStart === 0n) {
    env.verbose("arena's user address must be set via map_extra or mmap()\n");
    return -EINVAL;
  }
  return 0;
}

/** Programs that may run anywhere, also where a lock is held. @linux kernel/bpf/verifier.c `is_tracing_prog_type` (6.18) */
const TRACING: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_KPROBE,
  uapi.BPF_PROG_TYPE_TRACEPOINT,
  uapi.BPF_PROG_TYPE_PERF_EVENT,
  uapi.BPF_PROG_TYPE_RAW_TRACEPOINT,
  uapi.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
]);

function recordProblem({ progType }: VerifierEnv, record: BtfRecord): string {
  const isTracing = TRACING.has(progType);
  if (record.has(BPF_GRAPH_ROOT) && isTracing) {
    return "tracing progs cannot use bpf_{list_head,rb_root} yet";
  }
  if (record.has(BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK)) {
    if (progType === uapi.BPF_PROG_TYPE_SOCKET_FILTER) {
      return "socket filter progs cannot use bpf_spin_lock yet";
    }
    if (isTracing) return "tracing progs cannot use bpf_spin_lock yet";
  }
  if (record.has(BPF_TIMER) && isTracing) return "tracing progs cannot use bpf_timer yet";
  return record.has(BPF_WORKQUEUE) && isTracing ? "tracing progs cannot use bpf_wq yet" : "";
}

const QUEUE_OPERATIONS = helpersNamed("map_peek_elem", "map_pop_elem", "map_push_elem");
const STORAGE_OF_CGROUP = helpersNamed("get_local_storage");
const REDIRECT_OR_LOOKUP = helpersNamed("redirect_map", "map_lookup_elem");
const LOOKUP_ONLY = helpersNamed("map_lookup_elem");

/** The only helpers that take maps of a type; those of other types are free. */
const HELPERS_OF_MAP: Readonly<Record<number, ReadonlySet<number>>> = {
  [uapi.BPF_MAP_TYPE_PROG_ARRAY]: helpersNamed("tail_call"),
  [uapi.BPF_MAP_TYPE_PERF_EVENT_ARRAY]: helpersNamed(
    "perf_event_read",
    "perf_event_output",
    "skb_output",
    "perf_event_read_value",
    "xdp_output",
  ),
  [uapi.BPF_MAP_TYPE_RINGBUF]: helpersNamed(
    "ringbuf_output",
    "ringbuf_reserve",
    "ringbuf_query",
    "ringbuf_reserve_dynptr",
    "ringbuf_submit_dynptr",
    "ringbuf_discard_dynptr",
  ),
  [uapi.BPF_MAP_TYPE_USER_RINGBUF]: helpersNamed("user_ringbuf_drain"),
  [uapi.BPF_MAP_TYPE_STACK_TRACE]: helpersNamed("get_stackid"),
  [uapi.BPF_MAP_TYPE_CGROUP_ARRAY]: helpersNamed("skb_under_cgroup", "current_task_under_cgroup"),
  [uapi.BPF_MAP_TYPE_CGROUP_STORAGE]: STORAGE_OF_CGROUP,
  [uapi.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE]: STORAGE_OF_CGROUP,
  [uapi.BPF_MAP_TYPE_DEVMAP]: REDIRECT_OR_LOOKUP,
  [uapi.BPF_MAP_TYPE_DEVMAP_HASH]: REDIRECT_OR_LOOKUP,
  [uapi.BPF_MAP_TYPE_CPUMAP]: helpersNamed("redirect_map"),
  [uapi.BPF_MAP_TYPE_XSKMAP]: REDIRECT_OR_LOOKUP,
  [uapi.BPF_MAP_TYPE_ARRAY_OF_MAPS]: LOOKUP_ONLY,
  [uapi.BPF_MAP_TYPE_HASH_OF_MAPS]: LOOKUP_ONLY,
  [uapi.BPF_MAP_TYPE_SOCKMAP]: helpersNamed(
    "sk_redirect_map",
    "sock_map_update",
    "msg_redirect_map",
    "sk_select_reuseport",
    "map_lookup_elem",
  ),
  [uapi.BPF_MAP_TYPE_SOCKHASH]: helpersNamed(
    "sk_redirect_hash",
    "sock_hash_update",
    "msg_redirect_hash",
    "sk_select_reuseport",
    "map_lookup_elem",
  ),
  [uapi.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY]: helpersNamed("sk_select_reuseport"),
  [uapi.BPF_MAP_TYPE_QUEUE]: QUEUE_OPERATIONS,
  [uapi.BPF_MAP_TYPE_STACK]: QUEUE_OPERATIONS,
  [uapi.BPF_MAP_TYPE_SK_STORAGE]: helpersNamed("sk_storage_get", "sk_storage_delete", "kptr_xchg"),
  [uapi.BPF_MAP_TYPE_INODE_STORAGE]: helpersNamed(
    "inode_storage_get",
    "inode_storage_delete",
    "kptr_xchg",
  ),
  [uapi.BPF_MAP_TYPE_TASK_STORAGE]: helpersNamed(
    "task_storage_get",
    "task_storage_delete",
    "kptr_xchg",
  ),
  [uapi.BPF_MAP_TYPE_CGRP_STORAGE]: helpersNamed(
    "cgrp_storage_get",
    "cgrp_storage_delete",
    "kptr_xchg",
  ),
  [uapi.BPF_MAP_TYPE_BLOOM_FILTER]: helpersNamed("map_peek_elem", "map_push_elem"),
};

const PERF_EVENTS = [uapi.BPF_MAP_TYPE_PERF_EVENT_ARRAY];
const RINGBUF = [uapi.BPF_MAP_TYPE_RINGBUF];
const CGROUPS = [uapi.BPF_MAP_TYPE_CGROUP_ARRAY];
const SOCKMAP = [uapi.BPF_MAP_TYPE_SOCKMAP];
const SOCKHASH = [uapi.BPF_MAP_TYPE_SOCKHASH];
const QUEUES = [uapi.BPF_MAP_TYPE_QUEUE, uapi.BPF_MAP_TYPE_STACK];
const QUEUES_OR_BLOOM = [...QUEUES, uapi.BPF_MAP_TYPE_BLOOM_FILTER];

/** The only map types that a helper takes; other helpers are free. */
const MAPS_OF_HELPER: ReadonlyMap<number, readonly number[]> = byNumber({
  tail_call: [uapi.BPF_MAP_TYPE_PROG_ARRAY],
  perf_event_read: PERF_EVENTS,
  perf_event_output: PERF_EVENTS,
  perf_event_read_value: PERF_EVENTS,
  skb_output: PERF_EVENTS,
  xdp_output: PERF_EVENTS,
  ringbuf_output: RINGBUF,
  ringbuf_reserve: RINGBUF,
  ringbuf_query: RINGBUF,
  ringbuf_reserve_dynptr: RINGBUF,
  ringbuf_submit_dynptr: RINGBUF,
  ringbuf_discard_dynptr: RINGBUF,
  user_ringbuf_drain: [uapi.BPF_MAP_TYPE_USER_RINGBUF],
  get_stackid: [uapi.BPF_MAP_TYPE_STACK_TRACE],
  current_task_under_cgroup: CGROUPS,
  skb_under_cgroup: CGROUPS,
  redirect_map: [
    uapi.BPF_MAP_TYPE_DEVMAP,
    uapi.BPF_MAP_TYPE_DEVMAP_HASH,
    uapi.BPF_MAP_TYPE_CPUMAP,
    uapi.BPF_MAP_TYPE_XSKMAP,
  ],
  sk_redirect_map: SOCKMAP,
  msg_redirect_map: SOCKMAP,
  sock_map_update: SOCKMAP,
  sk_redirect_hash: SOCKHASH,
  msg_redirect_hash: SOCKHASH,
  sock_hash_update: SOCKHASH,
  get_local_storage: CGROUP_STORAGES,
  sk_select_reuseport: [uapi.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, ...SOCKMAP, ...SOCKHASH],
  sk_storage_get: [uapi.BPF_MAP_TYPE_SK_STORAGE],
  sk_storage_delete: [uapi.BPF_MAP_TYPE_SK_STORAGE],
  inode_storage_get: [uapi.BPF_MAP_TYPE_INODE_STORAGE],
  inode_storage_delete: [uapi.BPF_MAP_TYPE_INODE_STORAGE],
  task_storage_get: [uapi.BPF_MAP_TYPE_TASK_STORAGE],
  task_storage_delete: [uapi.BPF_MAP_TYPE_TASK_STORAGE],
  cgrp_storage_get: [uapi.BPF_MAP_TYPE_CGRP_STORAGE],
  cgrp_storage_delete: [uapi.BPF_MAP_TYPE_CGRP_STORAGE],
  map_pop_elem: QUEUES,
  map_peek_elem: QUEUES_OR_BLOOM,
  map_push_elem: QUEUES_OR_BLOOM,
  map_lookup_percpu_elem: [
    uapi.BPF_MAP_TYPE_PERCPU_ARRAY,
    uapi.BPF_MAP_TYPE_PERCPU_HASH,
    uapi.BPF_MAP_TYPE_LRU_PERCPU_HASH,
  ],
});

function byNumber(
  byName: Readonly<Record<string, readonly number[]>>,
): ReadonlyMap<number, readonly number[]> {
  return new Map(
    Object.entries(byName).map(([name, types]) => [uapi.BPF_FUNC_NAMES.indexOf(name), types]),
  );
}

const SOCKMAP_WRITERS = helpersNamed("map_update_elem", "map_delete_elem");
const MAP_DELETE_ELEM = uapi.BPF_FUNC_NAMES.indexOf("map_delete_elem");

/** Programs that never hold the lock of a socket. */
const UPDATES_SOCKMAPS: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_SOCKET_FILTER,
  uapi.BPF_PROG_TYPE_SCHED_CLS,
  uapi.BPF_PROG_TYPE_SCHED_ACT,
  uapi.BPF_PROG_TYPE_XDP,
  uapi.BPF_PROG_TYPE_SK_REUSEPORT,
  uapi.BPF_PROG_TYPE_FLOW_DISSECTOR,
  uapi.BPF_PROG_TYPE_SK_LOOKUP,
]);

/** @linux kernel/bpf/verifier.c `may_update_sockmap` (6.18) */
function mayUpdateSockmap(env: VerifierEnv, funcId: number): boolean {
  if (!SOCKMAP_WRITERS.has(funcId)) return false;
  const { progType, expectedAttachType } = env;
  const isIter =
    progType === uapi.BPF_PROG_TYPE_TRACING && expectedAttachType === uapi.BPF_TRACE_ITER;
  const isDelete = progType === uapi.BPF_PROG_TYPE_SOCK_OPS && funcId === MAP_DELETE_ELEM;
  if (isIter || isDelete || UPDATES_SOCKMAPS.has(progType)) return true;
  env.verbose("cannot update sockmap in this context\n");
  return false;
}

/** Whether the helper may be given the map: asked from both sides. @linux kernel/bpf/verifier.c `check_map_func_compatibility` (6.18) */
export function checkMapFuncCompatibility(
  env: VerifierEnv,
  map: Pick<VerifierMap, "type"> | null,
  funcId: number,
): 0 | number {
  if (map === null) return 0;
  const helpers = HELPERS_OF_MAP[map.type];
  const types = MAPS_OF_HELPER.get(funcId);
  const isOpen = helpers?.has(funcId) !== false;
  const isSockMap =
    map.type === uapi.BPF_MAP_TYPE_SOCKMAP || map.type === uapi.BPF_MAP_TYPE_SOCKHASH;
  const isOk = isOpen || (isSockMap && mayUpdateSockmap(env, funcId));
  if (isOk && types?.includes(map.type) !== false) return 0;
  env.verbose(`cannot pass map_type ${map.type} into func ${helperName(funcId)}#${funcId}\n`);
  return -EINVAL;
}
