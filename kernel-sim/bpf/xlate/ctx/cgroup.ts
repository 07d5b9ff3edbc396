/** Contexts of programs that decide for a control group. */
import {
  type CtxConversion,
  converted,
  field,
  type KernelFields,
  loadField,
  loadFrom,
  storeOf,
  storeThrough,
} from "./fields.ts";

/** Offsets in `struct bpf_sysctl_kern`. */
const SYSCTL_WRITE = field(4, 52);
const SYSCTL_POSITION = field(4, 0, 56);
const SYSCTL_TMP_REG = 64;
const SYSCTL_FILE_POS = 4;

/** `struct bpf_sysctl`. @linux kernel/bpf/cgroup.c `sysctl_convert_ctx_access` (6.18) */
export const sysctl: CtxConversion = {
  fieldSize: () => 4,
  load: (insn, off) => loadField(insn, off === SYSCTL_FILE_POS ? SYSCTL_POSITION : SYSCTL_WRITE),
  store: (insn) => storeThrough(insn, SYSCTL_POSITION, SYSCTL_TMP_REG),
};

/** Offsets in `struct bpf_sockopt_kern`, of the task's run in it, and of the answer in that. */
const SOCKOPT_TASK = 40;
const SOCKOPT_TMP_REG = 48;
const TASK_BPF_CTX = 3008;
const SOCKOPT_RETVAL = 36;
const RETVAL = field(4, 8, SOCKOPT_TASK, TASK_BPF_CTX);

const SOCKOPT: KernelFields = {
  0: field(8, 0),
  8: field(8, 8),
  16: field(8, 16),
  24: field(4, 24),
  28: field(4, 28),
  32: field(4, 32),
  [SOCKOPT_RETVAL]: RETVAL,
};

/** `struct bpf_sockopt`. @linux kernel/bpf/cgroup.c `cg_sockopt_convert_ctx_access` (6.18) */
export const sockopt: CtxConversion = {
  load: (insn, off) => loadFrom(SOCKOPT, insn, off),
  store(insn) {
    if (insn.off === SOCKOPT_RETVAL) return storeThrough(insn, RETVAL, SOCKOPT_TMP_REG);
    const { off, size } = SOCKOPT[insn.off]!;
    return converted(size, storeOf(insn, size, insn.dstReg, off));
  },
};
