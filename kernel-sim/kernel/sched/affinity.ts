import { EBUSY, EINVAL, EPERM, ESRCH } from "../../include/errno.ts";
import { CAP_SYS_NICE } from "../../include/uapi/capability.ts";
import { copyFromUser, copyToUser } from "../../mm/uaccess.ts";
import { capSafeNice } from "../../security/commoncap.ts";
import { capable } from "../cred.ts";
import { findTaskByVpid } from "../pid.ts";
import type { Task } from "../task.ts";
import { SCHED_DEADLINE } from "./entity.ts";

/** Bytes of a CPU mask inside the kernel: CONFIG_NR_CPUS is 256. */
const CPUMASK_BYTES = 32;
const LONG_BYTES = 8;

/** @linux kernel/sched/syscalls.c `sched_setaffinity` (6.18) @spec sched_setaffinity(2) */
export function sysSchedSetaffinity(task: Task, pid: number, len: number, at: number): number {
  const bytes = copyFromUser(task, at, Math.min(len >>> 0, CPUMASK_BYTES));
  if (typeof bytes === "number") return bytes;
  const target = (pid | 0) === 0 ? task : findTaskByVpid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  const { euid } = task.cred;
  const isOwner = euid === target.cred.euid || euid === target.cred.uid;
  if (!isOwner && !capable(task.cred, CAP_SYS_NICE)) return -EPERM;
  const refused = capSafeNice(task, target);
  if (refused < 0) return refused;
  const online = onlineMask(task);
  const mask = maskOf(bytes) & online;
  // A deadline task was promised its share on any CPU.
  if (target.se.policy === SCHED_DEADLINE && mask !== online) return -EBUSY;
  if (mask === 0n) return -EINVAL;
  task.kernel.sched.changeAttributes(target, () => {
    target.se.cpusAllowed = mask;
  });
  return 0;
}

/** The number of bytes written. @linux kernel/sched/syscalls.c `sched_getaffinity` (6.18) */
export function sysSchedGetaffinity(task: Task, pid: number, len: number, at: number): number {
  const room = len >>> 0;
  if (room * 8 < task.kernel.cpus || room % LONG_BYTES !== 0) return -EINVAL;
  const target = (pid | 0) === 0 ? task : findTaskByVpid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  const bytes = new Uint8Array(Math.min(room, CPUMASK_BYTES));
  let mask = target.se.cpusAllowed & onlineMask(task);
  for (let i = 0; mask !== 0n; i++, mask >>= 8n) bytes[i] = Number(mask & 0xffn);
  const error = copyToUser(task, at, bytes);
  return error < 0 ? error : bytes.length;
}

function onlineMask(task: Task): bigint {
  return (1n << BigInt(task.kernel.cpus)) - 1n;
}

function maskOf(bytes: Uint8Array): bigint {
  let mask = 0n;
  bytes.forEach((byte, i) => {
    mask |= BigInt(byte) << BigInt(i * 8);
  });
  return mask;
}
