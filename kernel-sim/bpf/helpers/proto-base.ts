import {
  ARG_ANYTHING,
  ARG_CONST_ALLOC_SIZE_OR_ZERO,
  ARG_CONST_MAP_PTR,
  ARG_CONST_SIZE,
  ARG_CONST_SIZE_OR_ZERO,
  ARG_PTR_TO_CONST_STR,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_DYNPTR,
  ARG_PTR_TO_FIXED_OUT,
  ARG_PTR_TO_FUNC,
  ARG_PTR_TO_MAP_KEY,
  ARG_PTR_TO_MAP_VALUE,
  ARG_PTR_TO_RDONLY_DYNPTR,
  ARG_PTR_TO_RDONLY_MEM,
  ARG_PTR_TO_SPIN_LOCK,
  ARG_PTR_TO_STACK,
  ARG_PTR_TO_TIMER,
  ARG_PTR_TO_UNINIT_DYNPTR,
  ARG_PTR_TO_UNINIT_MEM,
  ARG_RELEASED_RINGBUF_MEM,
  type FuncProto,
  RET_INTEGER,
  RET_PTR_TO_MAP_VALUE_OR_NULL,
  RET_PTR_TO_MEM,
  RET_VOID,
} from "../verifier/func-proto.ts";
import {
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  MEM_RINGBUF,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
} from "../verifier/reg-type.ts";

const NO_ARGS: FuncProto = { ret: RET_INTEGER, args: [] };
const LOCK: FuncProto = { ret: RET_VOID, args: [ARG_PTR_TO_SPIN_LOCK] };
const MAP_VALUE_OUT = ARG_PTR_TO_MAP_VALUE | MEM_UNINIT | MEM_WRITE;
const STACK_OR_NULL = ARG_PTR_TO_STACK | PTR_MAYBE_NULL;
const STRING_TO_NUMBER: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, ARG_ANYTHING, ARG_PTR_TO_FIXED_OUT],
  argSize: 8,
};
const END_OF_RESERVATION: FuncProto = {
  ret: RET_VOID,
  args: [ARG_RELEASED_RINGBUF_MEM, ARG_ANYTHING],
};

const END_OF_DYNPTR: FuncProto = {
  ret: RET_VOID,
  args: [ARG_PTR_TO_DYNPTR | DYNPTR_TYPE_RINGBUF | OBJ_RELEASE, ARG_ANYTHING],
};

/** Prototypes of helpers that have nothing to do with a subsystem. @linux kernel/bpf/helpers.c, kernel/bpf/ringbuf.c (6.18) */
export const baseProtos: Readonly<Record<string, FuncProto>> = {
  map_lookup_elem: {
    ret: RET_PTR_TO_MAP_VALUE_OR_NULL,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY],
    pktAccess: true,
  },
  map_update_elem: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_PTR_TO_MAP_VALUE, ARG_ANYTHING],
    pktAccess: true,
  },
  map_delete_elem: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY],
    pktAccess: true,
  },
  map_push_elem: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_VALUE, ARG_ANYTHING],
    pktAccess: true,
  },
  map_pop_elem: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, MAP_VALUE_OUT] },
  map_peek_elem: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, MAP_VALUE_OUT] },
  map_lookup_percpu_elem: {
    ret: RET_PTR_TO_MAP_VALUE_OR_NULL,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_ANYTHING],
    pktAccess: true,
  },
  for_each_map_elem: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_FUNC, STACK_OR_NULL, ARG_ANYTHING],
  },
  loop: { ret: RET_INTEGER, args: [ARG_ANYTHING, ARG_PTR_TO_FUNC, STACK_OR_NULL, ARG_ANYTHING] },
  tail_call: { ret: RET_VOID, args: [ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING] },
  spin_lock: LOCK,
  spin_unlock: LOCK,
  timer_init: { ret: RET_INTEGER, args: [ARG_PTR_TO_TIMER, ARG_CONST_MAP_PTR, ARG_ANYTHING] },
  timer_set_callback: { ret: RET_INTEGER, args: [ARG_PTR_TO_TIMER, ARG_PTR_TO_FUNC] },
  timer_start: { ret: RET_INTEGER, args: [ARG_PTR_TO_TIMER, ARG_ANYTHING, ARG_ANYTHING] },
  timer_cancel: { ret: RET_INTEGER, args: [ARG_PTR_TO_TIMER] },
  get_prandom_u32: NO_ARGS,
  get_smp_processor_id: { ...NO_ARGS, isInlined: true },
  get_numa_node_id: NO_ARGS,
  ktime_get_ns: NO_ARGS,
  ktime_get_boot_ns: NO_ARGS,
  ktime_get_coarse_ns: NO_ARGS,
  ktime_get_tai_ns: NO_ARGS,
  jiffies64: NO_ARGS,
  get_current_pid_tgid: NO_ARGS,
  get_current_uid_gid: NO_ARGS,
  get_current_comm: { ret: RET_INTEGER, args: [ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE] },
  get_ns_current_pid_tgid: {
    ret: RET_INTEGER,
    args: [ARG_ANYTHING, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
  },
  get_current_cgroup_id: NO_ARGS,
  get_current_ancestor_cgroup_id: { ret: RET_INTEGER, args: [ARG_ANYTHING] },
  strtol: STRING_TO_NUMBER,
  strtoul: STRING_TO_NUMBER,
  strncmp: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, ARG_PTR_TO_CONST_STR],
  },
  ringbuf_output: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
  },
  ringbuf_reserve: {
    ret: RET_PTR_TO_MEM | MEM_RINGBUF | PTR_MAYBE_NULL,
    args: [ARG_CONST_MAP_PTR, ARG_CONST_ALLOC_SIZE_OR_ZERO, ARG_ANYTHING],
  },
  ringbuf_submit: END_OF_RESERVATION,
  ringbuf_discard: END_OF_RESERVATION,
  ringbuf_reserve_dynptr: {
    ret: RET_INTEGER,
    args: [
      ARG_CONST_MAP_PTR,
      ARG_ANYTHING,
      ARG_ANYTHING,
      ARG_PTR_TO_UNINIT_DYNPTR | DYNPTR_TYPE_RINGBUF,
    ],
  },
  ringbuf_submit_dynptr: END_OF_DYNPTR,
  ringbuf_discard_dynptr: END_OF_DYNPTR,
  dynptr_from_mem: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_UNINIT_MEM,
      ARG_CONST_SIZE_OR_ZERO,
      ARG_ANYTHING,
      ARG_PTR_TO_UNINIT_DYNPTR | DYNPTR_TYPE_LOCAL,
    ],
  },
  dynptr_read: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_UNINIT_MEM,
      ARG_CONST_SIZE_OR_ZERO,
      ARG_PTR_TO_RDONLY_DYNPTR,
      ARG_ANYTHING,
      ARG_ANYTHING,
    ],
  },
  dynptr_write: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_RDONLY_DYNPTR,
      ARG_ANYTHING,
      ARG_PTR_TO_RDONLY_MEM,
      ARG_CONST_SIZE_OR_ZERO,
      ARG_ANYTHING,
    ],
  },
  dynptr_data: {
    ret: RET_PTR_TO_MEM | PTR_MAYBE_NULL,
    args: [ARG_PTR_TO_RDONLY_DYNPTR, ARG_ANYTHING, ARG_CONST_ALLOC_SIZE_OR_ZERO],
  },
  ringbuf_query: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, ARG_ANYTHING] },
};
