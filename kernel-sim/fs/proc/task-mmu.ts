import { EACCES } from "../../include/errno.ts";
import { ptraceMayAccess } from "../../kernel/ptrace-access.ts";
import type { Task } from "../../kernel/task.ts";
import type { Mm } from "../../mm/mm.ts";
import { VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE, type Vma } from "../../mm/vma.ts";
import { majorOf, minorOf } from "../char-dev.ts";
import { dPath } from "../d-path.ts";
import type { ByteString, Path } from "../fs.ts";
import { mangle } from "../seq-file.ts";

const PAGE_SIZE = 4096;
/** Where the name of a mapping begins: one blank behind this column. */
const NAME_COLUMN = 72;

/** The lines of /proc/PID/status about memory. @linux fs/proc/task_mmu.c `task_mem`, array.c (6.18) */
export function taskMem(mm: Mm): string {
  const text = textPages(mm);
  const line = (name: string, pages: number) => `${name}:\t${kB(pages)} kB\n`;
  return (
    line("VmPeak", Math.max(mm.hiwaterVm, mm.totalVm)) +
    line("VmSize", mm.totalVm) +
    line("VmLck", mm.lockedVm) +
    line("VmPin", mm.pinnedVm) +
    line("VmHWM", Math.max(mm.hiwaterRss, mm.rss)) +
    line("VmRSS", mm.rss) +
    line("RssAnon", mm.anonPages) +
    line("RssFile", mm.filePages) +
    line("RssShmem", mm.shmemPages) +
    line("VmData", mm.dataVm) +
    line("VmStk", mm.stackVm) +
    line("VmExe", text) +
    line("VmLib", mm.execVm - text) +
    line("VmPTE", mm.tables.tables) +
    line("VmSwap", mm.swapEntries) +
    line("HugetlbPages", 0) +
    "CoreDumping:\t0\n" +
    `THP_enabled:\t${mm.mmFlags.thpDisable === 1 ? 0 : 1}\n` +
    "untag_mask:\t0xffffffffffffffff\n"
  );
}

function kB(pages: number): string {
  return String(pages * 4).padStart(8, " ");
}

/** Pages of the program's own code. */
function textPages(mm: Mm): number {
  const end = Math.ceil(mm.endCode / PAGE_SIZE);
  const start = Math.floor(mm.startCode / PAGE_SIZE);
  return Math.min(end - start, mm.execVm);
}

/** /proc/PID/statm. @linux fs/proc/array.c `proc_pid_statm` (6.18) */
export function procPidStatm(mm: Mm | undefined): ByteString {
  if (mm === undefined) return "0 0 0 0 0 0 0\n";
  const shared = mm.filePages + mm.shmemPages;
  const end = Math.ceil(mm.endCode / PAGE_SIZE);
  const text = end - Math.floor(mm.startCode / PAGE_SIZE);
  const data = mm.dataVm + mm.stackVm;
  return `${mm.totalVm} ${shared + mm.anonPages} ${shared} ${text} 0 ${data} 0\n`;
}

/**
 * The memory of `target` for somebody who may look into it, -EACCES, or undefined when it has none.
 *
 * @linux kernel/fork.c `mm_access` (6.18)
 */
export function mmAccess(task: Task, target: Task): Mm | undefined | number {
  const { mm } = target;
  if (mm === undefined || mm === task.mm) return mm;
  return ptraceMayAccess(task, target, "fscreds") === 0 ? mm : -EACCES;
}

/** /proc/PID/maps. @linux fs/proc/task_mmu.c `show_map_vma` (6.18) @spec proc_pid_maps(5) */
export function procPidMaps(reader: Task, mm: Mm): ByteString {
  return mm.vmas.map((vma) => mapLine(vma, reader.fs.root)).join("");
}

/** One line of maps, and the first of each mapping in smaps. */
export function mapLine(vma: Vma, root: Path): ByteString {
  const { file, flags } = vma;
  const perms =
    ((flags & VM_READ) === 0 ? "-" : "r") +
    ((flags & VM_WRITE) === 0 ? "-" : "w") +
    ((flags & VM_EXEC) === 0 ? "-" : "x") +
    ((flags & VM_MAYSHARE) === 0 ? "p" : "s");
  const dev = file?.inode.sb.dev ?? 0;
  const head = [
    `${hex(vma.start, 8)}-${hex(vma.end, 8)}`,
    perms,
    hex(file === undefined ? 0 : vma.pgoff * PAGE_SIZE, 8),
    `${hex(majorOf(dev), 2)}:${hex(minorOf(dev), 2)}`,
    file?.inode.ino ?? 0,
  ].join(" ");
  const name = mapName(vma, root);
  return name === undefined ? `${head} \n` : `${head.padEnd(NAME_COLUMN, " ")} ${name}\n`;
}

/** @linux fs/proc/task_mmu.c `get_vma_name` (6.18) */
function mapName(vma: Vma, root: Path): ByteString | undefined {
  const { mm, file, anonName } = vma;
  if (file !== undefined) {
    if (anonName !== undefined) return `[anon_shmem:${anonName}]`;
    return mangle(dPath(file.path, root), "\n");
  }
  const own = vma.ops?.name?.(vma);
  if (own !== undefined) return own;
  if (vma.start < mm.brk && vma.end > mm.startBrk) return "[heap]";
  if (vma.start <= mm.startStack && vma.end >= mm.startStack) return "[stack]";
  return anonName === undefined ? undefined : `[anon:${anonName}]`;
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}
