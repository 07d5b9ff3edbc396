/** Helpers for files. @linux kernel/trace/bpf_trace.c, kernel/bpf/bpf_lsm.c (6.18) */
import { EFAULT, EINVAL, ENAMETOOLONG, EOPNOTSUPP } from "../../include/errno.ts";
import { INIT_TASK } from "../current-task.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { LivingFiles } from "../living-files.ts";

type Vm = BpfCpu<BpfKernel>;

/** What is needed to ask for an object of the kernel: where its pointer is, its structure, and for whom. */
export interface FoundObject {
  readonly of: object;
  readonly files: LivingFiles;
  /** The running task. */
  readonly task: object;
}

/** What the pointer in a register leads to; undefined: to no such object of a kernel that runs tasks. */
export function objectIn(
  { r, machine }: Vm,
  regno: number,
  struct: string,
): FoundObject | undefined {
  const { living } = machine;
  const of = machine.structs.objectAt(r[2 * regno]!, struct);
  // What no task does is seen from the first one.
  const task = machine.current.identity ?? living?.find(INIT_TASK.pid)?.identity;
  if (of === undefined || living === undefined || task === undefined) return undefined;
  return { of, files: living.files, task };
}

/** @linux kernel/trace/bpf_trace.c `bpf_d_path` (6.18) */
export function dPath(vm: Vm): number {
  return vm.r[6] === 0 ? 0 : writePath(vm);
}

/** The name of the path in R1 goes to where R2 leads, with its 0. @linux fs/d_path.c `d_path` (6.18) */
export function writePath(vm: Vm): number {
  const { r, memory } = vm;
  const path = objectIn(vm, 1, "path");
  if (path === undefined) return -EFAULT;
  const text = path.files.pathText(path.of, path.task);
  if (text.length + 1 > r[6]! >>> 0) return -ENAMETOOLONG;
  for (let i = 0; i < text.length; i++) memory.bytes[r[4]! + i] = text.charCodeAt(i);
  memory.bytes[r[4]! + text.length] = 0;
  return text.length + 1;
}

/** @linux net/core/filter.c `bpf_sock_from_file` (6.18) */
export function sockFromFile(vm: Vm): number {
  const file = objectIn(vm, 1, "file");
  const socket = file?.files.socketOf(file.of);
  return socket === undefined ? 0 : vm.machine.structs.addressOf("socket", socket);
}

const BPF_F_BPRM_SECUREEXEC = 1;

/** @linux kernel/bpf/bpf_lsm.c `bpf_bprm_opts_set` (6.18) */
export function bprmOptsSet(vm: Vm): number {
  const flags = vm.r[4]!;
  if ((flags & ~BPF_F_BPRM_SECUREEXEC) !== 0 || vm.r[5] !== 0) return -EINVAL;
  const bprm = objectIn(vm, 1, "linux_binprm");
  bprm?.files.setSecureExec(bprm.of, flags !== 0);
  return 0;
}

/** The machine is built without IMA, which would have hashes of files. @linux include/linux/ima.h `ima_file_hash`, `ima_inode_hash` (6.18) */
export function imaHash(_vm: Vm): number {
  return -EOPNOTSUPP;
}
