import { EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { copyFromUser, copyToUser } from "../mm/uaccess.ts";
import { capable } from "./cred.ts";
import { PER_LINUX32, PER_MASK, UNAME26 } from "./personality.ts";
import type { Task } from "./task.ts";

/** Bytes of each name, its NUL included. */
const FIELD_BYTES = 65;
const NEW_UTS_LEN = FIELD_BYTES - 1;

/** @linux kernel/sys.c `newuname` (6.18) @spec uname(2) */
export function sysNewuname(task: Task, at: number): number {
  const { uts } = task.nsproxy;
  const fields = [
    uts.sysname,
    uts.nodename,
    (task.personality & UNAME26) === 0 ? uts.release : release26(uts.release),
    uts.version,
    (task.personality & PER_MASK) === PER_LINUX32 ? "i686" : uts.machine,
    uts.domainname,
  ];
  const bytes = new Uint8Array(fields.length * FIELD_BYTES);
  fields.forEach((field, i) => {
    for (let j = 0; j < field.length; j++) bytes[i * FIELD_BYTES + j] = field.charCodeAt(j);
  });
  return copyToUser(task, at, bytes);
}

/** For programs that take no other kernel than 2.6: 6.18 is 2.6.78. @linux kernel/sys.c `override_release` */
function release26(release: string): string {
  const patchlevel = Number(release.split(".")[1]);
  return `2.6.${patchlevel + 60}${release.replace(/^\d+(\.\d+){0,2}/, "")}`;
}

/** @linux kernel/sys.c `sethostname` (6.18) @spec sethostname(2) */
export function sysSethostname(task: Task, at: number, len: number): number {
  const name = nameFromUser(task, at, len | 0);
  if (typeof name === "number") return name;
  task.nsproxy.uts.nodename = name;
  return 0;
}

/** @linux kernel/sys.c `setdomainname` (6.18) @spec setdomainname(2) */
export function sysSetdomainname(task: Task, at: number, len: number): number {
  const name = nameFromUser(task, at, len | 0);
  if (typeof name === "number") return name;
  task.nsproxy.uts.domainname = name;
  return 0;
}

function nameFromUser(task: Task, at: number, len: number): string | number {
  if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  if (len < 0 || len > NEW_UTS_LEN) return -EINVAL;
  const bytes = copyFromUser(task, at, len);
  if (typeof bytes === "number") return -EFAULT;
  // Whatever follows a NUL is not seen by anybody.
  return String.fromCharCode(...bytes).replace(/\0[\s\S]*$/, "");
}
