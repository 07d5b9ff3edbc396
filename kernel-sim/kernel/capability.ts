import { EFAULT, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../mm/uaccess.ts";
import { capCapset } from "../security/commoncap.ts";
import { CAP_FULL_SET, commitCreds, type KernelCap, prepareCreds } from "./cred.ts";
import { findTaskByVpid } from "./pid.ts";
import type { Task } from "./task.ts";

const LINUX_CAPABILITY_VERSION_1 = 0x19980330;
const LINUX_CAPABILITY_VERSION_2 = 0x20071026;
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
/** `struct __user_cap_data_struct`: effective, permitted, inheritable, 32 bits each. */
const CAP_DATA_BYTES = 12;

/** @linux kernel/capability.c `capget` (6.18) @spec capget(2) */
export function sysCapget(task: Task, header: number, data: number): number {
  const words = validateMagic(task, header);
  // Who asks with no room for an answer wants to know the version.
  if (words < 0) return data === 0 && words === -EINVAL ? 0 : words;
  if (data === 0) return 0;
  const pid = getUser32(task, header + 4);
  if (pid === undefined) return -EFAULT;
  if (pid < 0) return -EINVAL;
  const target = pid === 0 || pid === task.pidNr() ? task : findTaskByVpid(task, pid);
  if (target === undefined) return -ESRCH;
  const { capEffective, capPermitted, capInheritable } = target.cred;
  const view = new DataView(new ArrayBuffer(words * CAP_DATA_BYTES));
  [capEffective, capPermitted, capInheritable].forEach((set, at) => {
    for (let word = 0; word < words; word++) {
      const bits = Number((set >> BigInt(word * 32)) & 0xffffffffn);
      view.setUint32(word * CAP_DATA_BYTES + at * 4, bits, true);
    }
  });
  return copyToUser(task, data, new Uint8Array(view.buffer));
}

/** @linux kernel/capability.c `capset` (6.18) @spec capset(2) */
export function sysCapset(task: Task, header: number, data: number): number {
  const words = validateMagic(task, header);
  if (words < 0) return words;
  const pid = getUser32(task, header + 4);
  if (pid === undefined) return -EFAULT;
  if (pid !== 0 && pid !== task.pidNr()) return -EPERM;
  const bytes = copyFromUser(task, data, words * CAP_DATA_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const cred = prepareCreds(task);
  const effective = capFromWords(view, 0);
  const permitted = capFromWords(view, 4);
  const inheritable = capFromWords(view, 8);
  const error = capCapset(cred, effective, inheritable, permitted);
  return error < 0 ? error : commitCreds(task, cred);
}

/** The number of 32-bit words in each set, by the version in the header; -EINVAL and the right version there. */
function validateMagic(task: Task, header: number): number {
  const version = getUser32(task, header);
  if (version === undefined) return -EFAULT;
  if (version === LINUX_CAPABILITY_VERSION_1) return 1;
  if (version === LINUX_CAPABILITY_VERSION_2 || version === LINUX_CAPABILITY_VERSION_3) return 2;
  return putUser32(task, header, LINUX_CAPABILITY_VERSION_3) < 0 ? -EFAULT : -EINVAL;
}

function capFromWords(view: DataView, at: number): KernelCap {
  let set = 0n;
  for (let word = 0; word * CAP_DATA_BYTES < view.byteLength; word++) {
    set |= BigInt(view.getUint32(word * CAP_DATA_BYTES + at, true)) << BigInt(word * 32);
  }
  return set & CAP_FULL_SET;
}
