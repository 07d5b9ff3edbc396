import { type Mm, PAGE_SIZE } from "../mm/mm.ts";
import { setInt64 } from "../mm/uaccess.ts";
import { isCompat } from "./entry/invoke.ts";
import type { Task } from "./task.ts";

const RUSAGE_SIZE = 144;
const COMPAT_RUSAGE_SIZE = 72;

/** What a process, its ended children, or both have used. @linux include/uapi/linux/resource.h `struct rusage` (6.18) */
export interface Rusage {
  /** In ns. */
  utime: number;
  stime: number;
  /** In KiB. */
  maxrss: number;
  minFlt: number;
  majFlt: number;
  /** Blocks of 512 bytes from and to disks. */
  inblock: number;
  oublock: number;
  nvcsw: number;
  nivcsw: number;
}

function emptyRusage(): Rusage {
  return {
    ...{ utime: 0, stime: 0, maxrss: 0, minFlt: 0, majFlt: 0 },
    ...{ inblock: 0, oublock: 0, nvcsw: 0, nivcsw: 0 },
  };
}

/** RUSAGE_THREAD: one thread alone. @linux kernel/sys.c `getrusage` (6.18) */
export function threadRusage(task: Task): Rusage {
  const usage = emptyRusage();
  addThread(usage, task);
  usage.maxrss = ownMaxrss(task);
  return usage;
}

/** RUSAGE_CHILDREN: the children that were waited for. */
export function childrenRusage(task: Task): Rusage {
  const { signal } = task;
  return {
    utime: signal.cutime,
    stime: signal.cstime,
    maxrss: signal.cmaxrss,
    minFlt: signal.cminFlt,
    majFlt: signal.cmajFlt,
    inblock: signal.cinblock,
    oublock: signal.coublock,
    nvcsw: signal.cnvcsw,
    nivcsw: signal.cnivcsw,
  };
}

/** RUSAGE_SELF: all threads, the ended ones as well. */
export function processRusage(task: Task): Rusage {
  const { signal } = task;
  const usage = {
    utime: signal.utime,
    stime: signal.stime,
    maxrss: ownMaxrss(task),
    minFlt: signal.minFlt,
    majFlt: signal.majFlt,
    inblock: signal.inblock,
    oublock: signal.oublock,
    nvcsw: signal.nvcsw,
    nivcsw: signal.nivcsw,
  };
  for (const thread of signal.threads) addThread(usage, thread);
  return usage;
}

/** RUSAGE_BOTH, as wait4 reports it. */
export function bothRusage(task: Task): Rusage {
  const own = processRusage(task);
  const children = childrenRusage(task);
  return {
    utime: own.utime + children.utime,
    stime: own.stime + children.stime,
    maxrss: Math.max(own.maxrss, children.maxrss),
    minFlt: own.minFlt + children.minFlt,
    majFlt: own.majFlt + children.majFlt,
    inblock: own.inblock + children.inblock,
    oublock: own.oublock + children.oublock,
    nvcsw: own.nvcsw + children.nvcsw,
    nivcsw: own.nivcsw + children.nivcsw,
  };
}

/** The most memory that has ever been resident, in KiB. @linux include/linux/mm.h `setmax_mm_hiwater_rss` (6.18) */
export function maxrssOf(mm: Mm): number {
  return Math.max(mm.hiwaterRss, mm.rss) * (PAGE_SIZE / 1024);
}

function ownMaxrss({ signal, mm }: Task): number {
  return mm === undefined ? signal.maxrss : Math.max(signal.maxrss, maxrssOf(mm));
}

function addThread(usage: Rusage, task: Task): void {
  usage.utime += task.utime;
  usage.stime += task.stime;
  usage.minFlt += task.minFlt;
  usage.majFlt += task.majFlt;
  usage.inblock += task.ioac.inblock;
  usage.oublock += task.ioac.oublock;
  usage.nvcsw += task.nvcsw;
  usage.nivcsw += task.nivcsw;
}

/** `struct rusage` in the memory of `task`; what Linux does not count is 0. */
export function rusageFor(task: Task, usage: Rusage): Uint8Array {
  return isCompat(task) ? compatRusageBytes(usage) : rusageBytes(usage);
}

/** As 32-bit programs have it: all words of four bytes. @linux kernel/compat.c `put_compat_rusage` (6.18) */
function compatRusageBytes(usage: Rusage): Uint8Array {
  const bytes = new Uint8Array(COMPAT_RUSAGE_SIZE);
  const view = new DataView(bytes.buffer);
  [usage.utime, usage.stime].forEach((ns, i) => {
    view.setUint32(i * 8, Math.floor(ns / 1e9), true);
    view.setUint32(i * 8 + 4, Math.floor((ns % 1e9) / 1000), true);
  });
  view.setUint32(16, usage.maxrss, true);
  view.setUint32(32, usage.minFlt, true);
  view.setUint32(36, usage.majFlt, true);
  view.setUint32(44, usage.inblock, true);
  view.setUint32(48, usage.oublock, true);
  view.setUint32(64, usage.nvcsw, true);
  view.setUint32(68, usage.nivcsw, true);
  return bytes;
}

function rusageBytes(usage: Rusage): Uint8Array {
  const bytes = new Uint8Array(RUSAGE_SIZE);
  const view = new DataView(bytes.buffer);
  putTimeval(view, 0, usage.utime);
  putTimeval(view, 16, usage.stime);
  setInt64(view, 32, usage.maxrss);
  setInt64(view, 64, usage.minFlt);
  setInt64(view, 72, usage.majFlt);
  setInt64(view, 88, usage.inblock);
  setInt64(view, 96, usage.oublock);
  setInt64(view, 128, usage.nvcsw);
  setInt64(view, 136, usage.nivcsw);
  return bytes;
}

function putTimeval(view: DataView, at: number, ns: number): void {
  setInt64(view, at, Math.floor(ns / 1e9));
  setInt64(view, at + 8, Math.floor((ns % 1e9) / 1000));
}
