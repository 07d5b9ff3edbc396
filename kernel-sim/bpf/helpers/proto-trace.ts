import {
  ARG_ANYTHING,
  ARG_CONST_MAP_PTR,
  ARG_CONST_SIZE,
  ARG_CONST_SIZE_OR_ZERO,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_RDONLY_MEM,
  ARG_PTR_TO_UNINIT_MEM,
  type FuncProto,
  RET_INTEGER,
} from "../verifier/func-proto.ts";
import { PTR_MAYBE_NULL } from "../verifier/reg-type.ts";

const PROBE_READ: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
  gplOnly: true,
};

/** Prototypes of helpers that look at the system. @linux kernel/trace/bpf_trace.c (6.18) */
export const traceProtos: Readonly<Record<string, FuncProto>> = {
  trace_printk: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE],
    gplOnly: true,
  },
  trace_vprintk: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_RDONLY_MEM,
      ARG_CONST_SIZE,
      ARG_PTR_TO_RDONLY_MEM | PTR_MAYBE_NULL,
      ARG_CONST_SIZE_OR_ZERO,
    ],
    gplOnly: true,
  },
  perf_event_output: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_CTX,
      ARG_CONST_MAP_PTR,
      ARG_ANYTHING,
      ARG_PTR_TO_RDONLY_MEM,
      ARG_CONST_SIZE_OR_ZERO,
    ],
    gplOnly: true,
  },
  perf_event_read: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_ANYTHING],
    gplOnly: true,
  },
  perf_event_read_value: {
    ret: RET_INTEGER,
    args: [ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
    gplOnly: true,
  },
  get_stackid: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING],
    gplOnly: true,
  },
  get_stack: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
    gplOnly: true,
  },
  get_current_task: { ret: RET_INTEGER, args: [], gplOnly: true },
  current_task_under_cgroup: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, ARG_ANYTHING] },
  probe_read: PROBE_READ,
  probe_read_str: PROBE_READ,
  probe_read_user: PROBE_READ,
  probe_read_user_str: PROBE_READ,
  probe_read_kernel: PROBE_READ,
  probe_read_kernel_str: PROBE_READ,
  copy_from_user: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
    mightSleep: true,
  },
  send_signal: { ret: RET_INTEGER, args: [ARG_ANYTHING] },
  send_signal_thread: { ret: RET_INTEGER, args: [ARG_ANYTHING] },
  get_func_ip: { ret: RET_INTEGER, args: [ARG_PTR_TO_CTX], gplOnly: true },
  get_attach_cookie: { ret: RET_INTEGER, args: [ARG_PTR_TO_CTX] },
};
