import { EINVAL, EPERM } from "../../include/errno.ts";
import {
  CAP_CHECKPOINT_RESTORE,
  CAP_LAST_CAP,
  CAP_SYS_ADMIN,
} from "../../include/uapi/capability.ts";
import { capable } from "../../kernel/cred.ts";
import { NGROUPS_MAX } from "../../kernel/groups.ts";
import { kernelLog } from "../../kernel/printk.ts";
import type { Sysctl } from "../../kernel/sysctl.ts";
import type { Task } from "../../kernel/task.ts";
import { dropDiskPages } from "../../mm/filemap.ts";
import { memoryOf } from "../../mm/mm-init.ts";
import { type Writeback, writebackOf } from "../../mm/page-writeback.ts";
import type { NetNamespace } from "../../net/namespace.ts";
import { epollSubsystem } from "../eventpoll.ts";
import { pipeSysctls } from "../pipe-limits.ts";
import { type FsSysctl, fsSysctl } from "../sysctl.ts";
import type { CtlTable } from "./proc-sysctl.ts";
import { number, numbers, type SysctlRange, string } from "./sysctl-handlers.ts";

/** `MAX_THREADS`: as many as a futex can name. */
const THREADS_MAX = 0x3fffffff;
const PID_MAX_LIMIT = 4_194_304;
const PID_MAX_MIN = 301;
const NR_OPEN_MAX = 2 ** 31 - 64;
const FLAG: SysctlRange = { min: 0, max: 1 };
const TRISTATE: SysctlRange = { min: 0, max: 2 };
const PERCENT: SysctlRange = { min: 0, max: 200 };
const PORT: SysctlRange = { min: 1, max: 65_535 };
const NATURAL: SysctlRange = { min: 0 };

/** Fields of `T` that are numbers and can be changed. */
type NumberField<T> = {
  [K in keyof T]-?: T[K] extends number ? K : never;
}[keyof T];

/**
 * The settings in /proc/sys.
 *
 * @linux kernel/sysctl.c `kern_table`, `vm_table`, fs/… (6.18)
 */
export const SYSCTL_TABLES: readonly CtlTable[] = Object.freeze([
  kern(
    "cap_last_cap",
    0o444,
    number(() => CAP_LAST_CAP),
  ),
  kern(
    "core_pattern",
    0o644,
    string(
      (task) => task.kernel.sysctl.corePattern,
      (task, text) => {
        task.kernel.sysctl.corePattern = text;
      },
      127,
    ),
  ),
  kern(
    "kptr_restrict",
    0o644,
    numbers(({ kernel }) => [kernel.sysctl.kptrRestrict], setKptrRestrict, TRISTATE),
  ),
  kern("perf_event_paranoid", 0o644, core("perfEventParanoid")),
  kern("core_uses_pid", 0o644, core("coreUsesPid")),
  kern("dmesg_restrict", 0o644, core("dmesgRestrict", FLAG)),
  kern(
    "domainname",
    0o644,
    string(
      (task) => task.nsproxy.uts.domainname,
      (task, text) => {
        task.nsproxy.uts.domainname = text;
      },
    ),
  ),
  kern(
    "hostname",
    0o644,
    string(
      (task) => task.nsproxy.uts.nodename,
      (task, text) => {
        task.nsproxy.uts.nodename = text;
      },
    ),
  ),
  kern(
    "ngroups_max",
    0o444,
    number(() => NGROUPS_MAX),
  ),
  kern(
    "ns_last_pid",
    0o666,
    numbers((task) => [task.pidNs().lastPid], setLastPid),
  ),
  kern(
    "osrelease",
    0o444,
    string((task) => task.nsproxy.uts.release),
  ),
  kern(
    "ostype",
    0o444,
    string((task) => task.nsproxy.uts.sysname),
  ),
  kern(
    "overflowgid",
    0o444,
    number(() => 65_534),
  ),
  kern(
    "overflowuid",
    0o444,
    number(() => 65_534),
  ),
  kern(
    "pid_max",
    0o644,
    number(
      (task) => task.pidNs().pidMax,
      (task, max) => {
        task.pidNs().pidMax = max;
      },
      { min: PID_MAX_MIN, max: PID_MAX_LIMIT },
    ),
  ),
  kern(
    "printk",
    0o644,
    numbers(
      (task) => [kernelLog(task.kernel).consoleLevel, 4, 1, 7],
      (task, [level]) => {
        if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
        kernelLog(task.kernel).consoleLevel = level!;
        return 0;
      },
    ),
  ),
  kern("randomize_va_space", 0o644, core("randomizeVaSpace")),
  kern(
    "random/boot_id",
    0o444,
    string((task) => bootId(task)),
  ),
  kern(
    "random/entropy_avail",
    0o444,
    number(() => 256),
  ),
  kern(
    "random/poolsize",
    0o444,
    number(() => 256),
  ),
  kern(
    "random/uuid",
    0o444,
    string((task) => randomUuid(task)),
  ),
  kern("sched_rr_timeslice_ms", 0o644, core("schedRrTimesliceMs", NATURAL)),
  kern("sched_rt_period_us", 0o644, core("schedRtPeriodUs", { min: 1 })),
  kern("sched_rt_runtime_us", 0o644, core("schedRtRuntimeUs", { min: -1 })),
  kern("threads-max", 0o644, core("threadsMax", { min: 1, max: THREADS_MAX })),
  kern(
    "unprivileged_bpf_disabled",
    0o644,
    numbers((task) => [task.kernel.sysctl.unprivilegedBpfDisabled], setUnprivilegedBpf, TRISTATE),
  ),
  kern(
    "version",
    0o444,
    string((task) => task.nsproxy.uts.version),
  ),
  file(
    "epoll/max_user_watches",
    0o644,
    fieldOf((task) => epollSubsystem(task.kernel), "maxUserWatches", { min: 0, max: 2 ** 53 }),
  ),
  file("file-max", 0o644, core("fileMax", { min: 0, max: 2 ** 63 })),
  file(
    "file-nr",
    0o444,
    numbers((task) => [openFiles(task), 0, task.kernel.sysctl.fileMax]),
  ),
  file("inotify/max_queued_events", 0o644, ofFs("inotifyMaxQueuedEvents", NATURAL)),
  file("inotify/max_user_instances", 0o644, ofFs("inotifyMaxUserInstances", NATURAL)),
  file("inotify/max_user_watches", 0o644, ofFs("inotifyMaxUserWatches", NATURAL)),
  file("lease-break-time", 0o644, ofFs("leaseBreakTimeSec")),
  file("leases-enable", 0o644, ofFs("leasesEnable")),
  file("mount-max", 0o644, ofFs("mountMax", { min: 1 })),
  file("nr_open", 0o644, ofFs("nrOpen", { min: 64, max: NR_OPEN_MAX })),
  file(
    "overflowgid",
    0o444,
    number(() => 65_534),
  ),
  file(
    "overflowuid",
    0o444,
    number(() => 65_534),
  ),
  file(
    "pipe-max-size",
    0o644,
    number(
      (task) => pipeSysctls(task.kernel).maxSize,
      (task, size) => {
        pipeSysctls(task.kernel).maxSize = roundPipeSize(size);
      },
      { min: 0, max: 2 ** 31 },
    ),
  ),
  file(
    "pipe-user-pages-hard",
    0o644,
    fieldOf((task) => pipeSysctls(task.kernel), "userPagesHard", NATURAL),
  ),
  file(
    "pipe-user-pages-soft",
    0o644,
    fieldOf((task) => pipeSysctls(task.kernel), "userPagesSoft", NATURAL),
  ),
  file("protected_fifos", 0o644, ofFs("protectedFifos", TRISTATE)),
  file("protected_hardlinks", 0o644, ofFs("protectedHardlinks", FLAG)),
  file("protected_regular", 0o644, ofFs("protectedRegular", TRISTATE)),
  file("protected_symlinks", 0o644, ofFs("protectedSymlinks", FLAG)),
  file("suid_dumpable", 0o644, core("suidDumpable", TRISTATE)),
  memory("dirty_background_bytes", 0o644, dirty("dirtyBackgroundBytes", "dirtyBackgroundRatio")),
  memory(
    "dirty_background_ratio",
    0o644,
    dirty("dirtyBackgroundRatio", "dirtyBackgroundBytes", PERCENT),
  ),
  memory("dirty_bytes", 0o644, dirty("dirtyBytes", "dirtyRatio")),
  memory(
    "dirty_expire_centisecs",
    0o644,
    fieldOf((task) => writebackOf(task.kernel), "dirtyExpireCentisecs", NATURAL),
  ),
  memory("dirty_ratio", 0o644, dirty("dirtyRatio", "dirtyBytes", PERCENT)),
  memory(
    "dirty_writeback_centisecs",
    0o644,
    fieldOf((task) => writebackOf(task.kernel), "dirtyWritebackCentisecs", NATURAL),
  ),
  memory(
    "drop_caches",
    0o200,
    number(
      (task) => memoryOf(task.kernel).dropCaches,
      (task, value) => {
        memoryOf(task.kernel).dropCaches = value;
        if ((value & 1) !== 0) dropDiskPages(task.kernel);
      },
      { min: 1, max: 4 },
    ),
  ),
  memory("max_map_count", 0o644, ofMemory("maxMapCount", NATURAL)),
  memory("mmap_min_addr", 0o644, ofMemory("mmapMinAddr", NATURAL)),
  memory("overcommit_memory", 0o644, ofMemory("overcommitMemory", TRISTATE)),
  memory("overcommit_ratio", 0o644, ofMemory("overcommitRatio", NATURAL)),
  memory("swappiness", 0o644, ofMemory("swappiness", PERCENT)),
  net("core/bpf_jit_enable", core("bpfJitEnable", TRISTATE)),
  { ...net("core/bpf_jit_kallsyms", forAdmins(core("bpfJitKallsyms", FLAG))), mode: 0o600 },
  net("core/somaxconn", fieldOf(netOf, "somaxconn", NATURAL)),
  net(
    "ipv4/ip_local_port_range",
    numbers(
      (task) => [netOf(task).localPortMin, netOf(task).localPortMax],
      (task, [min, max]) => {
        if (max! < min! || min! < netOf(task).unprivilegedPortStart) return -EINVAL;
        netOf(task).localPortMin = min!;
        netOf(task).localPortMax = max!;
        return 0;
      },
      PORT,
    ),
  ),
  net(
    "ipv4/ip_unprivileged_port_start",
    fieldOf(netOf, "unprivilegedPortStart", { min: 0, max: 65_535 }),
  ),
  net(
    "ipv4/ping_group_range",
    numbers(
      (task) => [netOf(task).pingGroupMin, netOf(task).pingGroupMax],
      (task, [min, max]) => {
        netOf(task).pingGroupMin = min!;
        netOf(task).pingGroupMax = max!;
        return 0;
      },
      NATURAL,
    ),
  ),
  net("unix/max_dgram_qlen", fieldOf(netOf, "unixMaxDgramQlen")),
]);

function kern(name: string, mode: number, handler: CtlTable["handler"]): CtlTable {
  return { path: `kernel/${name}`, mode, handler };
}

function file(name: string, mode: number, handler: CtlTable["handler"]): CtlTable {
  return { path: `fs/${name}`, mode, handler };
}

function memory(name: string, mode: number, handler: CtlTable["handler"]): CtlTable {
  return { path: `vm/${name}`, mode, handler };
}

function net(name: string, handler: CtlTable["handler"]): CtlTable {
  return { path: `net/${name}`, mode: 0o644, handler };
}

function netOf(task: Task): NetNamespace {
  return task.nsproxy.net;
}

/** The next power of two, a page at least. @linux fs/pipe.c `round_pipe_size` (6.18) */
function roundPipeSize(size: number): number {
  let rounded = 4096;
  while (rounded < size) rounded *= 2;
  return rounded;
}

function core(field: NumberField<Sysctl>, range?: SysctlRange): CtlTable["handler"] {
  return fieldOf((task) => task.kernel.sysctl, field, range);
}

function ofFs(field: NumberField<FsSysctl>, range?: SysctlRange): CtlTable["handler"] {
  return fieldOf((task) => fsSysctl(task.kernel), field, range);
}

function ofMemory(
  field: "maxMapCount" | "mmapMinAddr" | "overcommitMemory" | "overcommitRatio" | "swappiness",
  range?: SysctlRange,
): CtlTable["handler"] {
  return fieldOf((task) => memoryOf(task.kernel), field, range);
}

/** A share of memory, or a number of bytes: to set one takes the other away. @linux mm/page-writeback.c `dirty_ratio_handler` (6.18) */
function dirty(
  field: NumberField<Writeback>,
  other: NumberField<Writeback>,
  range: SysctlRange = NATURAL,
): CtlTable["handler"] {
  return number(
    (task) => writebackOf(task.kernel)[field],
    (task, value) => {
      const writeback = writebackOf(task.kernel);
      if (writeback[field] === value) return;
      (writeback as Record<typeof field, number>)[field] = value;
      (writeback as Record<typeof other, number>)[other] = 0;
    },
    range,
  );
}

/** A setting that is a field of some object. */
function fieldOf(
  owner: (task: Task) => object,
  field: string,
  range?: SysctlRange,
): CtlTable["handler"] {
  const fields = (task: Task) => owner(task) as Record<string, number>;
  return number(
    (task) => fields(task)[field]!,
    (task, value) => {
      fields(task)[field] = value;
    },
    range,
  );
}

/** Neither read nor set by others. @linux net/core/sysctl_net_core.c `proc_dointvec_minmax_bpf_restricted` (6.18) */
function forAdmins({ read, write }: CtlTable["handler"]): CtlTable["handler"] {
  const isAdmin = ({ cred }: Task) => capable(cred, CAP_SYS_ADMIN);
  return {
    read: (task, iocb, count) => (isAdmin(task) ? read(task, iocb, count) : -EPERM),
    write: (task, iocb, text) => (isAdmin(task) ? (write?.(task, iocb, text) ?? -EPERM) : -EPERM),
  };
}

/** @linux kernel/sysctl.c `proc_dointvec_minmax_sysadmin` (6.18) */
function setKptrRestrict(task: Task, [value]: readonly number[]): number {
  if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  task.kernel.sysctl.kptrRestrict = value!;
  return 0;
}

/** @linux kernel/bpf/syscall.c `bpf_unpriv_handler` (6.18) */
function setUnprivilegedBpf(task: Task, [value]: readonly number[]): number {
  const { sysctl } = task.kernel;
  const isLocked = sysctl.unprivilegedBpfDisabled === 1 && value !== 1;
  if (isLocked || !capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  sysctl.unprivilegedBpfDisabled = value!;
  return 0;
}

/** @linux kernel/pid_namespace.c `pid_ns_ctl_handler` (6.18) */
function setLastPid(task: Task, [pid]: readonly number[]): number {
  const ns = task.pidNs();
  if (!capable(task.cred, CAP_SYS_ADMIN) && !capable(task.cred, CAP_CHECKPOINT_RESTORE)) {
    return -EPERM;
  }
  if (pid! < 0 || pid! > ns.pidMax) return -EINVAL;
  ns.lastPid = pid!;
  return 0;
}

function openFiles(task: Task): number {
  const files = new Set<unknown>();
  for (const other of task.kernel.tasks) {
    if (other.exitState !== 0) continue;
    for (const [, open] of other.files.entries()) files.add(open);
  }
  return files.size;
}

function bootId(task: Task): string {
  return task.kernel.subsystem("random.boot_id", () => randomUuid(task));
}

/** A random UUID of version 4. @linux lib/uuid.c `generate_random_uuid` */
function randomUuid(task: Task): string {
  const words = Array.from({ length: 4 }, () => task.kernel.random.nextInt32() >>> 0);
  const hex = words.map((word) => word.toString(16).padStart(8, "0")).join("");
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
