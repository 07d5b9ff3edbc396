import * as arg from "../verifier/func-proto.ts";
import {
  ARG_ANYTHING,
  ARG_CONST_MAP_PTR,
  ARG_CONST_SIZE,
  ARG_CONST_SIZE_OR_ZERO,
  ARG_PTR_TO_FIXED_OUT,
  ARG_PTR_TO_FUNC,
  ARG_PTR_TO_MAP_KEY,
  ARG_PTR_TO_MAP_VALUE,
  ARG_PTR_TO_RDONLY_DYNPTR,
  ARG_PTR_TO_RDONLY_MEM,
  ARG_PTR_TO_UNINIT_DYNPTR,
  ARG_PTR_TO_UNINIT_MEM,
  type FuncProto,
  onlyNumbers,
  RET_INTEGER,
  RET_PTR_TO_BTF_ID,
  RET_PTR_TO_MAP_VALUE_OR_NULL,
  RET_PTR_TO_MEM,
  RET_PTR_TO_MEM_OR_BTF_ID,
  RET_VOID,
} from "../verifier/func-proto.ts";
import {
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  MEM_RDONLY,
  MEM_RINGBUF,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
} from "../verifier/reg-type.ts";

const MAP_VALUE_OUT = ARG_PTR_TO_MAP_VALUE | MEM_UNINIT | MEM_WRITE;
const STACK_OR_NULL = arg.ARG_PTR_TO_STACK | PTR_MAYBE_NULL;
const RDONLY_MEM_OR_NULL = ARG_PTR_TO_RDONLY_MEM | PTR_MAYBE_NULL;

const STRING_TO_NUMBER: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, ARG_ANYTHING, ARG_PTR_TO_FIXED_OUT],
  argSizes: [0, 0, 0, 8],
};
const END_OF_RESERVATION: FuncProto = {
  ret: RET_VOID,
  args: [arg.ARG_RELEASED_RINGBUF_MEM, ARG_ANYTHING],
};
const END_OF_DYNPTR: FuncProto = {
  ret: RET_VOID,
  args: [arg.ARG_PTR_TO_DYNPTR | DYNPTR_TYPE_RINGBUF | OBJ_RELEASE, ARG_ANYTHING],
};
const LOCK: FuncProto = { ret: RET_VOID, args: [arg.ARG_PTR_TO_SPIN_LOCK] };

function timer(...args: readonly number[]): FuncProto {
  return { ret: RET_INTEGER, args: [arg.ARG_PTR_TO_TIMER, ...args], gplOnly: true };
}

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
  tail_call: { ret: RET_VOID, args: [arg.ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING] },
  get_prandom_u32: onlyNumbers(0),
  get_smp_processor_id: { ...onlyNumbers(0), isInlined: true },
  get_numa_node_id: onlyNumbers(0),
  ktime_get_ns: onlyNumbers(0),
  ktime_get_boot_ns: onlyNumbers(0),
  ktime_get_coarse_ns: onlyNumbers(0),
  ktime_get_tai_ns: onlyNumbers(0),
  jiffies64: onlyNumbers(0),
  get_current_pid_tgid: onlyNumbers(0),
  get_current_uid_gid: onlyNumbers(0),
  get_current_comm: { ret: RET_INTEGER, args: [ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE] },
  get_ns_current_pid_tgid: {
    ret: RET_INTEGER,
    args: [ARG_ANYTHING, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
  },
  get_current_cgroup_id: onlyNumbers(0),
  get_current_ancestor_cgroup_id: onlyNumbers(1),
  strtol: STRING_TO_NUMBER,
  strtoul: STRING_TO_NUMBER,
  strncmp: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, arg.ARG_PTR_TO_CONST_STR],
  },
  snprintf: {
    ret: RET_INTEGER,
    args: [
      arg.ARG_PTR_TO_MEM | MEM_WRITE | PTR_MAYBE_NULL,
      ARG_CONST_SIZE_OR_ZERO,
      arg.ARG_PTR_TO_CONST_STR,
      RDONLY_MEM_OR_NULL,
      ARG_CONST_SIZE_OR_ZERO,
    ],
    gplOnly: true,
  },
  copy_from_user: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
    mightSleep: true,
  },
  copy_from_user_task: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_UNINIT_MEM,
      ARG_CONST_SIZE_OR_ZERO,
      ARG_ANYTHING,
      arg.ARG_PTR_TO_BTF_ID,
      ARG_ANYTHING,
    ],
    argBtf: ["", "", "", "task_struct"],
    gplOnly: true,
    mightSleep: true,
  },
  per_cpu_ptr: {
    ret: RET_PTR_TO_MEM_OR_BTF_ID | PTR_MAYBE_NULL | MEM_RDONLY,
    args: [arg.ARG_PTR_TO_PERCPU_BTF_ID, ARG_ANYTHING],
  },
  this_cpu_ptr: {
    ret: RET_PTR_TO_MEM_OR_BTF_ID | MEM_RDONLY,
    args: [arg.ARG_PTR_TO_PERCPU_BTF_ID],
  },
  spin_lock: LOCK,
  spin_unlock: LOCK,
  timer_init: timer(ARG_CONST_MAP_PTR, ARG_ANYTHING),
  timer_set_callback: timer(ARG_PTR_TO_FUNC),
  timer_start: timer(ARG_ANYTHING, ARG_ANYTHING),
  timer_cancel: timer(),
  kptr_xchg: {
    ret: RET_PTR_TO_BTF_ID | PTR_MAYBE_NULL,
    args: [arg.ARG_KPTR_XCHG_DEST, arg.ARG_PTR_TO_BTF_ID | PTR_MAYBE_NULL | OBJ_RELEASE],
  },
  ringbuf_output: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
  },
  ringbuf_reserve: {
    ret: RET_PTR_TO_MEM | MEM_RINGBUF | PTR_MAYBE_NULL,
    args: [ARG_CONST_MAP_PTR, arg.ARG_CONST_ALLOC_SIZE_OR_ZERO, ARG_ANYTHING],
  },
  ringbuf_submit: END_OF_RESERVATION,
  ringbuf_discard: END_OF_RESERVATION,
  ringbuf_query: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, ARG_ANYTHING] },
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
  user_ringbuf_drain: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_PTR_TO_FUNC, STACK_OR_NULL, ARG_ANYTHING],
  },
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
    args: [ARG_PTR_TO_RDONLY_DYNPTR, ARG_ANYTHING, arg.ARG_CONST_ALLOC_SIZE_OR_ZERO],
  },
};
