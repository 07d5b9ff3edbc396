import { cpuinfo } from "../../arch/x86/cpuinfo.ts";
import { disks } from "../../drivers/block/disk.ts";
import { EAGAIN, EFAULT, EPERM } from "../../include/errno.ts";
import { CAP_SYSLOG } from "../../include/uapi/capability.ts";
import { O_NONBLOCK } from "../../include/uapi/fcntl.ts";
import { EPOLLIN, EPOLLRDNORM } from "../../include/uapi/poll.ts";
import { bootParameters, linuxBanner } from "../../kernel/banner.ts";
import { capable } from "../../kernel/cred.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { kernelLog } from "../../kernel/printk.ts";
import { loadavgOf } from "../../kernel/sched/loadavg.ts";
import type { MaySleep } from "../../kernel/sleep.ts";
import { hasUnread, takeUnread } from "../../kernel/syslog.ts";
import type { Task } from "../../kernel/task.ts";
import { waitEventInterruptible } from "../../kernel/wait.ts";
import { byteArray } from "../../lib/byte-string.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import { memoryOf } from "../../mm/mm-init.ts";
import { writebackOf } from "../../mm/page-writeback.ts";
import type { ByteString, FileOperations } from "../fs.ts";
import { noLlseek } from "../llseek.ts";
import { diskstats, partitions } from "./disks.ts";
import type { ProcTree } from "./generic.ts";
import { procInterrupts, procSoftirqs } from "./interrupts.ts";
import { kallsymsOperations } from "./kallsyms.ts";
import { locksText } from "./locks.ts";
import { meminfo } from "./meminfo.ts";
import { procStat } from "./stat.ts";

/** The kernel's own line of boot parameters. */

/**
 * Puts the files into /proc that the core of the kernel has to tell.
 *
 * @linux fs/proc/ (6.18)
 */
export function initProcFiles(tree: ProcTree): void {
  tree.single("cmdline", ({ kernel }) => `${bootParameters(kernel).commandLine}\n`);
  tree.single("consoles", () => "");
  tree.single("cpuinfo", (task) => cpuinfo(task.kernel));
  tree.single("execdomains", () => "0-0\tLinux           \t[kernel]\n");
  tree.single("interrupts", (task) => procInterrupts(task.kernel));
  tree.create("kallsyms", 0o444, kallsymsOperations);
  tree.create("kmsg", 0o400, kmsgOperations);
  tree.single("loadavg", loadavg);
  tree.single("meminfo", (task) => meminfo(task.kernel));
  tree.single("locks", (task) => locksText(task.kernel));
  tree.symlink("mounts", "self/mounts");
  tree.symlink("net", "self/net");
  tree.single("modules", () => "");
  tree.single("diskstats", (task) => diskstats(task.kernel));
  tree.single("partitions", (task) => partitions(task.kernel));
  tree.single("softirqs", (task) => procSoftirqs(task.kernel));
  tree.single("stat", (task) => procStat(task.kernel));
  tree.single("swaps", () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
  tree.single("buddyinfo", (task) => buddyinfo(task.kernel));
  tree.single("uptime", (task) => uptime(task.kernel));
  tree.single("version", version);
  tree.single("vmstat", (task) => vmstat(task.kernel));
}

/** @linux fs/proc/version.c `version_proc_show` (6.18) */
function version(task: Task): ByteString {
  return `${linuxBanner(task.nsproxy.uts)}\n`;
}

/** Seconds since boot, and seconds that the CPUs have been idle. @linux fs/proc/uptime.c (6.18) */
function uptime(kernel: Kernel): ByteString {
  let idle = 0;
  for (const rq of kernel.sched.runQueues) {
    idle += rq.idleNs + (rq.nrRunning > 0 ? 0 : Math.max(0, kernel.now() - rq.now));
  }
  return `${hundredths(kernel.now())} ${hundredths(idle)}\n`;
}

function hundredths(ns: number): string {
  const centis = Math.floor(ns / 10_000_000);
  return `${Math.floor(centis / 100)}.${String(centis % 100).padStart(2, "0")}`;
}

/** @linux fs/proc/loadavg.c `loadavg_proc_show` (6.18) */
function loadavg(task: Task): ByteString {
  const { kernel } = task;
  const loads = loadavgOf(kernel).map((load) => {
    // Rounded to the nearest hundredth.
    const rounded = load + 10;
    const cents = Math.floor(((rounded & 2047) * 100) / 2048);
    return `${rounded >> 11}.${String(cents).padStart(2, "0")}`;
  });
  let running = 0;
  for (const rq of kernel.sched.runQueues) running += rq.nrRunning;
  return `${loads.join(" ")} ${running}/${kernel.tasks.size} ${task.pidNs().lastPid}\n`;
}

/** @linux mm/vmstat.c `frag_show_print` (6.18) */
function buddyinfo(kernel: Kernel): ByteString {
  const blocks = memoryOf(kernel).allocator.freeBlocks();
  return `Node 0, zone   Normal ${blocks.map((n) => `${String(n).padStart(6)} `).join("")}\n`;
}

/** @linux mm/vmstat.c `vmstat_show` (6.18) */
function vmstat(kernel: Kernel): ByteString {
  let anon = 0;
  let file = 0;
  let shmem = 0;
  let mapped = 0;
  let tables = 0;
  const { allocator } = memoryOf(kernel);
  for (const page of allocator.pages.values()) {
    if (page.kind === "anon") anon++;
    else if (page.kind === "table") tables += 1 << page.order;
    else if (page.kind === "file") {
      file++;
      if (page.isShmem) shmem++;
      if (page.mapcount > 0) mapped++;
    }
  }
  const writeback = writebackOf(kernel);
  let sectorsIn = 0;
  let sectorsOut = 0;
  for (const { stats } of disks(kernel).values()) {
    sectorsIn += stats.reads.sectors;
    sectorsOut += stats.writes.sectors;
  }
  let minor = 0;
  let major = 0;
  for (const task of kernel.tasks) {
    minor += task.minFlt;
    major += task.majFlt;
  }
  return [
    `nr_free_pages ${allocator.freePages}`,
    `nr_anon_pages ${anon}`,
    `nr_mapped ${mapped}`,
    `nr_file_pages ${file}`,
    `nr_dirty ${writeback.nrDirty}`,
    `nr_writeback ${writeback.nrWriteback}`,
    `nr_shmem ${shmem}`,
    `nr_dirtied ${writeback.nrDirtied}`,
    `nr_written ${writeback.nrWritten}`,
    `nr_page_table_pages ${tables}`,
    `nr_kernel_stack ${kernel.tasks.size * 16}`,
    `nr_dirty_threshold ${writeback.dirtyThreshold}`,
    `nr_dirty_background_threshold ${writeback.backgroundThreshold}`,
    `pgpgin ${sectorsIn >> 1}`,
    `pgpgout ${sectorsOut >> 1}`,
    "pswpin 0",
    "pswpout 0",
    `pgfault ${minor + major}`,
    `pgmajfault ${major}`,
    "",
  ].join("\n");
}

/**
 * /proc/kmsg: each line of the kernel's log is handed out once.
 *
 * @linux fs/proc/kmsg.c (6.18)
 */
const kmsgOperations: FileOperations = {
  open: (task) => (capable(task.cred, CAP_SYSLOG) ? 0 : -EPERM),
  llseek: noLlseek,
  readIter(iocb, iter) {
    const log = kernelLog(iocb.task.kernel);
    if (!hasUnread(log) && (iocb.file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
    return hasUnread(log) ? handOut(iocb.task, iter) : waitAndHandOut(iocb.task, iter);
  },
  poll(file, table) {
    const log = kernelLog(file.inode.sb.kernel);
    table?.queue(file, log.wait);
    return hasUnread(log) ? EPOLLIN | EPOLLRDNORM : 0;
  },
};

function* waitAndHandOut(task: Task, iter: IovIter): MaySleep<number> {
  const log = kernelLog(task.kernel);
  const error = yield* waitEventInterruptible(task, log.wait, () => hasUnread(log));
  return error < 0 ? error : handOut(task, iter);
}

function handOut(task: Task, iter: IovIter): number {
  const bytes = byteArray(takeUnread(kernelLog(task.kernel), iter.count));
  return iter.copyTo(bytes) < bytes.length ? -EFAULT : bytes.length;
}
