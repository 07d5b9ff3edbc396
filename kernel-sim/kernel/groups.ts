import { EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SETGID } from "../include/uapi/capability.ts";
import { copyToUser, structFromUser } from "../mm/uaccess.ts";
import { capable, commitCreds } from "./cred.ts";
import { INVALID_ID } from "./setuid.ts";
import type { Task } from "./task.ts";

export const NGROUPS_MAX = 65536;

/** The number of supplementary groups, and the groups themselves if there is room. @linux kernel/groups.c (6.18) */
export function sysGetgroups(task: Task, size: number, list: number): number {
  const room = size | 0;
  const { groups } = task.cred;
  if (room < 0) return -EINVAL;
  if (room === 0) return groups.length;
  if (groups.length > room) return -EINVAL;
  const error = copyToUser(task, list, new Uint8Array(Uint32Array.from(groups).buffer));
  return error < 0 ? error : groups.length;
}

/** @linux kernel/groups.c `setgroups` (6.18) @spec setgroups(2) */
export function sysSetgroups(task: Task, size: number, list: number): number {
  const count = size >>> 0;
  if (!capable(task.cred, CAP_SETGID)) return -EPERM;
  if (count > NGROUPS_MAX) return -EINVAL;
  const view = structFromUser(task, list, count * 4);
  if (typeof view === "number") return view;
  const groups: number[] = [];
  for (let i = 0; i < count; i++) groups.push(view.getUint32(i * 4, true));
  if (groups.includes(INVALID_ID)) return -EINVAL;
  groups.sort((a, b) => a - b);
  return commitCreds(task, { ...task.cred, groups });
}
