import type { Kernel } from "../../kernel/kernel.ts";
import { majorOf, minorOf } from "../char-dev.ts";
import type { ByteString, Inode } from "../fs.ts";
import { F_WRLCK, type FileLock, FileLockContext, OFFSET_MAX } from "../lock-struct.ts";

/**
 * /proc/locks: POSIX locks, those of open files, and flock's.
 *
 * @linux fs/locks.c `locks_show`, `lock_get_status` (6.18)
 * @spec proc_locks(5)
 * @simplified in the order of the processes that have the files open; leases are left out.
 */
export function locksText(kernel: Kernel): ByteString {
  const inodes = new Set<Inode>();
  for (const task of kernel.tasks) {
    if (task.exitState !== 0) continue;
    for (const [, file] of task.files.entries()) inodes.add(file.inode);
  }
  const lines: string[] = [];
  let id = 0;
  for (const { flctx } of inodes) {
    if (!(flctx instanceof FileLockContext)) continue;
    for (const [locks, isFlock] of [
      [flctx.flock, true],
      [flctx.posix, false],
    ] as const) {
      for (const lock of locks) {
        id++;
        lines.push(...linesOf(lock, isFlock, id, 0));
      }
    }
  }
  return lines.join("");
}

function linesOf(lock: FileLock, isFlock: boolean, id: number, depth: number): string[] {
  return [
    lineOf(lock, isFlock, id, depth),
    ...lock.blocked.flatMap((waiter) => linesOf(waiter, isFlock, id, depth + 1)),
  ];
}

function lineOf(lock: FileLock, isFlock: boolean, id: number, depth: number): string {
  const { inode } = lock.file;
  const { dev } = inode.sb;
  const arrow = depth > 0 ? `${" ".repeat(depth - 1)}-> ` : "";
  // Locks of open files belong to no process.
  const kind = isFlock ? "FLOCK  ADVISORY  " : `${lock.pid < 0 ? "OFDLCK" : "POSIX "} ADVISORY  `;
  const type = lock.type === F_WRLCK ? "WRITE" : "READ";
  const place = `${hex2(majorOf(dev))}:${hex2(minorOf(dev))}:${inode.ino}`;
  const end = isFlock || lock.end >= OFFSET_MAX ? "EOF" : String(lock.end);
  const range = isFlock ? "0 EOF" : `${lock.start} ${end}`;
  return `${id}: ${arrow}${kind}${type} ${lock.pid} ${place} ${range}\n`;
}

function hex2(n: number): string {
  return n.toString(16).padStart(2, "0");
}
