import { anonInodeGetfile } from "../../fs/anon-inodes.ts";
import { fdForNewFile } from "../../fs/file-table.ts";
import { EACCES, EBADF, EINVAL, EOPNOTSUPP, EOVERFLOW, ESRCH } from "../../include/errno.ts";
import { O_RDWR } from "../../include/uapi/fcntl.ts";
import { findTaskByVpid } from "../pid.ts";
import { ptraceMayAccess } from "../ptrace-access.ts";
import type { SyscallTable } from "../syscall.ts";
import { PF_EXITING, type Task } from "../task.ts";
import * as a from "./attr.ts";
import { PerfContexts } from "./contexts.ts";
import { isParanoid, perfInitEvent, perfmonCapable } from "./init-event.ts";
import { PerfEvent, perfOfFile } from "./perf-event.ts";
import { perfFileOperations, SAMPLE_RATE_MAX } from "./perf-file.ts";

const FLAG_NO_GROUP = 1;
const FLAG_OUTPUT = 2;
const FLAG_PID_CGROUP = 4;
const FLAG_CLOEXEC = 8;
/** `kernel.perf_event_max_stack`. */
const STACK_MAX = 127;
/** CLOCK_REALTIME, MONOTONIC, MONOTONIC_RAW, BOOTTIME, TAI */
const CLOCKS: readonly number[] = [0, 1, 4, 7, 11];

/** @linux kernel/events/core.c (6.18) */
export const perfSyscalls: SyscallTable = Object.freeze({ perf_event_open: perfEventOpen });

/**
 * Begins to count something, for a task or a CPU; answers the descriptor from which it is read.
 *
 * @linux kernel/events/core.c `perf_event_open` (6.18)
 * @spec perf_event_open(2)
 * @simplified counts can be read and programs run, but no samples: a descriptor cannot be mapped
 */
function perfEventOpen(
  task: Task,
  attrAddress: number,
  pid: number,
  cpu: number,
  groupFd: number,
  flags: number,
): number {
  const known = FLAG_NO_GROUP | FLAG_OUTPUT | FLAG_PID_CGROUP | FLAG_CLOEXEC;
  if (flags < 0 || flags > known || (flags & ~known) !== 0) return -EINVAL;
  const attr = a.perfCopyAttr(task, attrAddress);
  if (typeof attr === "number") return attr;
  const refused = mayOpen(task, attr);
  if (refused !== 0) return refused;
  const isOfCgroup = (flags & FLAG_PID_CGROUP) !== 0;
  if (isOfCgroup && ((pid | 0) === -1 || (cpu | 0) === -1)) return -EINVAL;
  const fd = fdForNewFile(task, (flags & FLAG_CLOEXEC) !== 0);
  if (fd < 0) return fd;
  const event = makeEvent(task, attr, { pid: pid | 0, cpu: cpu | 0, groupFd: groupFd | 0, flags });
  if (typeof event === "number") {
    task.files.putUnusedFd(fd);
    return event;
  }
  event.file = anonInodeGetfile(task, "[perf_event]", perfFileOperations, event, O_RDWR);
  task.files.install(fd, event.file);
  return fd;
}

/** What may be refused before anybody asks for whom it is. */
function mayOpen(task: Task, attr: a.PerfAttr): 0 | number {
  const { flags, samplePeriod, sampleType } = attr;
  const has = (bit: number) => (flags & bit) !== 0;
  const isOfKernel = !has(a.ATTR_EXCLUDE_KERNEL);
  if (isOfKernel && isParanoid(task, 1)) return -EACCES;
  if (has(a.ATTR_NAMESPACES) && !perfmonCapable(task)) return -EACCES;
  if (samplePeriod > (has(a.ATTR_FREQ) ? SAMPLE_RATE_MAX : 2 ** 63 - 1024)) return -EINVAL;
  const seesPhysical = (sampleType & a.SAMPLE_PHYS_ADDR) !== 0;
  return seesPhysical && isParanoid(task, 1) ? -EACCES : 0;
}

interface PerfRequest {
  readonly pid: number;
  readonly cpu: number;
  readonly groupFd: number;
  readonly flags: number;
}

function makeEvent(task: Task, attr: a.PerfAttr, request: PerfRequest): PerfEvent | number {
  const { pid, cpu, groupFd, flags } = request;
  const group = groupFd === -1 ? undefined : perfOfFile(task.files.fget(groupFd));
  if (groupFd !== -1 && group === undefined) return -EBADF;
  const leader = (flags & FLAG_NO_GROUP) === 0 ? group : undefined;
  const isOfCgroup = (flags & FLAG_PID_CGROUP) !== 0;
  const isOfTask = pid !== -1 && !isOfCgroup;
  const target = pid === 0 ? task : findTaskByVpid(task, pid);
  if (isOfTask && target === undefined) return -ESRCH;
  const owner = isOfTask ? target : undefined;
  const isInherited = (attr.flags & a.ATTR_INHERIT) !== 0;
  if (owner !== undefined && leader !== undefined) {
    if (isInherited !== ((leader.attr.flags & a.ATTR_INHERIT) !== 0)) return -EINVAL;
  }
  const event = allocEvent(task, attr, owner, cpu, isOfCgroup);
  if (typeof event === "number") return event;
  const refused = fitsIn(task, event, leader);
  if (refused !== 0) return refused;
  // No event has a buffer that another one could write to.
  if (group !== undefined && (flags & FLAG_OUTPUT) !== 0) return -EINVAL;
  // Nor is there one that traces a processor.
  if (attr.auxSampleSize !== 0 || attr.auxAction !== 0) return -EINVAL;
  if (leader !== undefined) {
    event.leader = leader;
    leader.siblings.push(event);
  }
  if ((attr.flags & a.ATTR_DISABLED) === 0) event.enable();
  event.contexts.add(event);
  return event;
}

/** @linux kernel/events/core.c `perf_event_alloc` (6.18) */
function allocEvent(
  task: Task,
  attr: a.PerfAttr,
  owner: Task | undefined,
  cpu: number,
  isOfCgroup: boolean,
): PerfEvent | number {
  const { flags, flagsHigh, sampleType, auxAction } = attr;
  const { kernel } = task;
  const isCpu = cpu >= 0 && cpu < kernel.cpus;
  if (!isCpu && (owner === undefined || cpu !== -1)) return -EINVAL;
  if ((flagsHigh & a.ATTR_SIGTRAP) !== 0 && owner === undefined) return -EINVAL;
  const readsAll = (sampleType & a.SAMPLE_READ) !== 0 && (flags & a.ATTR_INHERIT) !== 0;
  if (readsAll && (sampleType & a.SAMPLE_TID) === 0) return -EINVAL;
  const source = perfInitEvent(task, attr, owner !== undefined);
  if (typeof source === "number") return source;
  if ((flags & a.ATTR_AUX_OUTPUT) !== 0) return -EOPNOTSUPP;
  if ((auxAction & 6) === 6) return -EINVAL;
  if ((auxAction & 1) !== 0) return -EOPNOTSUPP;
  // No directory stands for a group of tasks.
  if (isOfCgroup) return -EBADF;
  if ((sampleType & a.SAMPLE_CALLCHAIN) !== 0 && attr.maxStack > STACK_MAX) return -EOVERFLOW;
  const contexts = kernel.subsystem("perf_event", () => new PerfContexts(kernel));
  return new PerfEvent(contexts, attr, source, { task: owner, cpu });
}

/** Whether the task may be looked at, and whether the event goes into its group. */
function fitsIn(task: Task, event: PerfEvent, leader: PerfEvent | undefined): 0 | number {
  const { attr, task: owner, cpu } = event;
  const hasClock = (attr.flags & a.ATTR_USE_CLOCKID) !== 0;
  if (hasClock && !CLOCKS.includes(attr.clockid)) return -EINVAL;
  if (owner !== undefined) {
    const mayLook = perfmonCapable(task) || ptraceMayAccess(task, owner, "realcreds") === 0;
    if (!mayLook) return -EACCES;
    if ((owner.flags & PF_EXITING) !== 0) return -ESRCH;
  } else if (isParanoid(task, 0)) return -EACCES;
  if (leader === undefined) return 0;
  if (leader.leader !== leader || leader.cpu !== cpu || leader.task !== owner) return -EINVAL;
  if (clockOf(leader.attr) !== clockOf(attr)) return -EINVAL;
  return (attr.flags & (a.ATTR_EXCLUSIVE | a.ATTR_PINNED)) !== 0 ? -EINVAL : 0;
}

function clockOf({ flags, clockid }: a.PerfAttr): number {
  return (flags & a.ATTR_USE_CLOCKID) !== 0 ? clockid : -1;
}
