import * as arg from "../verifier/func-proto.ts";
import {
  ARG_ANYTHING,
  ARG_CONST_MAP_PTR,
  ARG_CONST_SIZE,
  ARG_CONST_SIZE_OR_ZERO,
  ARG_PTR_TO_BTF_ID,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_FIXED_OUT,
  ARG_PTR_TO_MEM,
  ARG_PTR_TO_RDONLY_MEM,
  ARG_PTR_TO_UNINIT_MEM,
  type FuncProto,
  onContext,
  onlyNumbers,
  RET_INTEGER,
  RET_PTR_TO_BTF_ID,
} from "../verifier/func-proto.ts";
import { isSleepableHook } from "../verifier/lsm-hooks.ts";
import { MEM_WRITE, PTR_MAYBE_NULL, PTR_TRUSTED } from "../verifier/reg-type.ts";

const PROBE_READ: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
  gplOnly: true,
};
const RDONLY_MEM_OR_NULL = ARG_PTR_TO_RDONLY_MEM | PTR_MAYBE_NULL;

/** What `first` tells of goes into a perf event. */
function output(first: number, btf: string): FuncProto {
  return {
    ret: RET_INTEGER,
    args: [first, ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE_OR_ZERO],
    argBtf: [btf],
    gplOnly: true,
  };
}

const GET_STACKID: FuncProto = {
  ret: RET_INTEGER,
  args: [ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING],
  gplOnly: true,
};

/** What integrity measurement knows of a file. @linux kernel/bpf/bpf_lsm.c `bpf_ima_inode_hash_proto` (6.18) */
function imaHash(btf: string): FuncProto {
  return {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
    argBtf: [btf],
    mightSleep: true,
    isAllowed: ({ attachFuncName }) => isSleepableHook(attachFuncName),
  };
}

/** Prototypes of helpers that look at the system. @linux kernel/trace/bpf_trace.c, kernel/bpf/stackmap.c (6.18) */
export const traceProtos: Readonly<Record<string, FuncProto>> = {
  trace_printk: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE],
    gplOnly: true,
  },
  trace_vprintk: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, RDONLY_MEM_OR_NULL, ARG_CONST_SIZE_OR_ZERO],
    gplOnly: true,
  },
  snprintf_btf: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_MEM | MEM_WRITE,
      ARG_CONST_SIZE,
      ARG_PTR_TO_RDONLY_MEM,
      ARG_CONST_SIZE,
      ARG_ANYTHING,
    ],
  },
  perf_event_output: output(ARG_PTR_TO_CTX, ""),
  skb_output: output(ARG_PTR_TO_BTF_ID, "sk_buff"),
  xdp_output: output(ARG_PTR_TO_BTF_ID, "xdp_buff"),
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
  perf_prog_read_value: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE],
    gplOnly: true,
  },
  read_branch_records: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_CTX,
      ARG_PTR_TO_MEM | MEM_WRITE | PTR_MAYBE_NULL,
      ARG_CONST_SIZE_OR_ZERO,
      ARG_ANYTHING,
    ],
    gplOnly: true,
  },
  get_branch_snapshot: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO],
    gplOnly: true,
  },
  get_stackid: GET_STACKID,
  get_stack: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
    gplOnly: true,
  },
  get_task_stack: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
    argBtf: ["task_struct"],
  },
  get_current_task: { ...onlyNumbers(0), gplOnly: true },
  get_current_task_btf: {
    ret: RET_PTR_TO_BTF_ID | PTR_TRUSTED,
    retBtf: "task_struct",
    args: [],
    gplOnly: true,
  },
  task_pt_regs: {
    ret: RET_PTR_TO_BTF_ID,
    retBtf: "pt_regs",
    args: [ARG_PTR_TO_BTF_ID],
    argBtf: ["task_struct"],
    gplOnly: true,
  },
  find_vma: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_BTF_ID,
      ARG_ANYTHING,
      arg.ARG_PTR_TO_FUNC,
      arg.ARG_PTR_TO_STACK | PTR_MAYBE_NULL,
      ARG_ANYTHING,
    ],
    argBtf: ["task_struct"],
  },
  current_task_under_cgroup: { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, ARG_ANYTHING] },
  probe_read: PROBE_READ,
  probe_read_str: PROBE_READ,
  probe_read_user: PROBE_READ,
  probe_read_user_str: PROBE_READ,
  probe_read_kernel: PROBE_READ,
  probe_read_kernel_str: PROBE_READ,
  send_signal: onlyNumbers(1),
  send_signal_thread: onlyNumbers(1),
  get_func_ip: { ...onContext(0), gplOnly: true },
  get_attach_cookie: onContext(0),
  get_func_arg: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_FIXED_OUT],
    argSizes: [0, 0, 8],
  },
  get_func_ret: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_CTX, ARG_PTR_TO_FIXED_OUT],
    argSizes: [0, 8],
  },
  get_func_arg_cnt: onContext(0),
  seq_printf: {
    ret: RET_INTEGER,
    args: [
      ARG_PTR_TO_BTF_ID,
      ARG_PTR_TO_RDONLY_MEM,
      ARG_CONST_SIZE,
      RDONLY_MEM_OR_NULL,
      ARG_CONST_SIZE_OR_ZERO,
    ],
    argBtf: ["seq_file"],
    gplOnly: true,
  },
  seq_write: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE_OR_ZERO],
    argBtf: ["seq_file"],
    gplOnly: true,
  },
  seq_printf_btf: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING],
    argBtf: ["seq_file"],
    gplOnly: true,
  },
  d_path: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID, ARG_PTR_TO_MEM | MEM_WRITE, ARG_CONST_SIZE_OR_ZERO],
    argBtf: ["path"],
  },
  sock_from_file: {
    ret: RET_PTR_TO_BTF_ID | PTR_MAYBE_NULL,
    retBtf: "socket",
    args: [ARG_PTR_TO_BTF_ID],
    argBtf: ["file"],
  },
  bprm_opts_set: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_BTF_ID, ARG_ANYTHING],
    argBtf: ["linux_binprm"],
  },
  ima_inode_hash: imaHash("inode"),
  ima_file_hash: imaHash("file"),
  sys_bpf: { ret: RET_INTEGER, args: [ARG_ANYTHING, ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE] },
  sys_close: onlyNumbers(1),
  btf_find_by_name_kind: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE, ARG_ANYTHING, ARG_ANYTHING],
  },
  kallsyms_lookup_name: {
    ret: RET_INTEGER,
    args: [ARG_PTR_TO_RDONLY_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING, ARG_PTR_TO_FIXED_OUT],
    argSizes: [0, 0, 0, 8],
  },
};

/** Of a perf event, which programs may ask whatever their license. */
export const perfEventProtos: Readonly<Record<string, FuncProto>> = {
  get_stackid: { ...GET_STACKID, gplOnly: false },
};

/** Where one program hangs on many functions. */
export const multiProtos: Readonly<Record<string, FuncProto>> = {
  get_func_ip: onContext(0),
};
