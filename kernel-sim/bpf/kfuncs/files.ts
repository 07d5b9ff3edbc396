/** Files, as programs of security modules hold them. @linux fs/bpf_fs_kfuncs.c (6.18) */
import { EINVAL, EPERM, ERANGE } from "../../include/errno.ts";
import { BpfDynptr } from "../dynptr.ts";
import { type FoundObject, objectIn, writePath } from "../helpers/files.ts";
import { textAt } from "../helpers/strings.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { sliceOf } from "./dynptr.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux fs/bpf_fs_kfuncs.c `bpf_get_task_exe_file` (6.18) */
export function getTaskExeFile(vm: Vm): number {
  const { structs } = vm.machine;
  const task = objectIn(vm, 1, "task_struct");
  const file = task?.files.exeFileOf(task.of);
  if (file === undefined) return 0;
  structs.hold(file);
  return structs.addressOf("file", file);
}

/** @linux fs/bpf_fs_kfuncs.c `bpf_put_file` (6.18) */
export function putFile({ r, machine: { structs } }: Vm): number {
  const file = structs.objectAt(r[2]!, "file");
  if (file !== undefined) structs.put(file);
  return 0;
}

/** @linux fs/bpf_fs_kfuncs.c `bpf_path_d_path` (6.18) */
export function pathDPath(vm: Vm): number {
  return vm.r[6] === 0 ? -EINVAL : writePath(vm);
}

const OWN_PREFIX = "security.bpf.";

/** @linux fs/bpf_fs_kfuncs.c `bpf_get_dentry_xattr` (6.18) */
export function getDentryXattr(vm: Vm): number {
  return readXattr(vm, objectIn(vm, 1, "dentry"));
}

/** @linux fs/bpf_fs_kfuncs.c `bpf_get_file_xattr` (6.18) */
export function getFileXattr(vm: Vm): number {
  return readXattr(vm, objectIn(vm, 1, "file"));
}

/** @linux fs/bpf_fs_kfuncs.c `bpf_xattr_read_permission` (6.18) */
function readXattr(vm: Vm, owner: FoundObject | undefined): number {
  const { r, memory } = vm;
  const dynptr = new BpfDynptr(memory, r[6]!);
  const to = dynptr.isReadOnly ? 0 : sliceOf(vm, dynptr, 0, dynptr.size);
  if (to === 0 || owner === undefined) return -EINVAL;
  const name = nameIn(vm);
  if (!name.startsWith("user.") && !name.startsWith(OWN_PREFIX)) return -EPERM;
  const value = owner.files.getXattr(owner.of, name, owner.task);
  if (typeof value === "number") return value;
  if (value.length > dynptr.size) return -ERANGE;
  memory.bytes.set(value, to);
  return value.length;
}

/** The name of an attribute, in R2. */
function nameIn({ r, memory }: Vm): string {
  return textAt(memory.bytes, r[4]!, memory.bytes.length) ?? "";
}

/** @linux fs/bpf_fs_kfuncs.c `bpf_set_dentry_xattr`, `bpf_xattr_write_permission` (6.18) */
export function setDentryXattr(vm: Vm): number {
  const { r, memory } = vm;
  const dynptr = new BpfDynptr(memory, r[6]!);
  const from = sliceOf(vm, dynptr, 0, dynptr.size);
  const dentry = objectIn(vm, 1, "dentry");
  if (from === 0 || dentry === undefined) return -EINVAL;
  const name = nameIn(vm);
  if (!name.startsWith(OWN_PREFIX)) return -EPERM;
  const value = memory.copyOut(from, dynptr.size);
  return dentry.files.setXattr(dentry.of, name, value, r[8]!, dentry.task);
}

/** @linux fs/bpf_fs_kfuncs.c `bpf_remove_dentry_xattr` (6.18) */
export function removeDentryXattr(vm: Vm): number {
  const dentry = objectIn(vm, 1, "dentry");
  if (dentry === undefined) return -EINVAL;
  const name = nameIn(vm);
  if (!name.startsWith(OWN_PREFIX)) return -EPERM;
  return dentry.files.removeXattr(dentry.of, name, dentry.task);
}
