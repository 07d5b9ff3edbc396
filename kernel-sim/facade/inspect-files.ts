import type { OpenFileRow, ProcessDescriptor } from "../api-observe.ts";
import { dPath } from "../fs/d-path.ts";
import {
  type File,
  FMODE_READ,
  FMODE_WRITE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from "../fs/fs.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { byteArray } from "../lib/byte-string.ts";
import { fromUtf8 } from "../user/marshal.ts";
import { columns, listing } from "./listing.ts";

/** One descriptor of one process. */
export interface Holder {
  readonly task: Task;
  readonly fd: number;
}

/** Who has which open file, in the order of pids and descriptors. */
export function fileHolders(kernel: Kernel): Map<File, Holder[]> {
  const holders = new Map<File, Holder[]>();
  for (const task of processesOf(kernel)) {
    for (const [fd, file] of task.files.entries()) {
      const known = holders.get(file) ?? [];
      known.push({ task, fd });
      holders.set(file, known);
    }
  }
  return holders;
}

/** All descriptors, or those of one process. */
export function descriptorListing(kernel: Kernel, pid?: number): readonly ProcessDescriptor[] {
  const holders = fileHolders(kernel);
  const numbers = fileNumbers(holders);
  const rows: ProcessDescriptor[] = [];
  for (const task of processesOf(kernel)) {
    if (pid !== undefined && task.pid !== pid) continue;
    for (const [fd, file] of task.files.entries()) {
      rows.push({
        pid: task.pid,
        fd,
        openFile: numbers.get(file)!,
        path: pathText(kernel, file),
        ino: file.inode.ino,
        pos: file.pos,
        flags: file.flags,
        closeOnExec: task.files.isCloseOnExec(fd),
        sharedBy: holders.get(file)!.length,
      });
    }
  }
  return listing(rows, (all) =>
    columns(
      ["pid", "fd", "->", "file", "pos", "shared", "path"],
      all.map(({ pid, fd, openFile, pos, sharedBy, path, closeOnExec }) => [
        ...[pid, fd, "->", openFile, pos, sharedBy],
        closeOnExec ? `${path} (closed at execve)` : path,
      ]),
    ),
  );
}

/** All open files that some descriptor refers to. */
export function openFileListing(kernel: Kernel): readonly OpenFileRow[] {
  const holders = fileHolders(kernel);
  const numbers = fileNumbers(holders);
  const rows = [...holders].map(([file, held]) => ({
    openFile: numbers.get(file)!,
    path: pathText(kernel, file),
    type: TYPES[file.inode.type] ?? "anon",
    ino: file.inode.ino,
    pos: file.pos,
    flags: `0${file.flags.toString(8)}`,
    access:
      ((file.mode & FMODE_READ) === 0 ? "" : "r") + ((file.mode & FMODE_WRITE) === 0 ? "" : "w"),
    count: file.count,
    descriptors: Object.freeze(held.map(({ task, fd }) => `${task.pid}:${fd}`)),
  }));
  return listing(rows, (all) =>
    columns(
      ["file", "type", "access", "pos", "count", "pid:fd", "path"],
      all.map((row) => [
        ...[row.openFile, row.type, row.access, row.pos, row.count],
        ...[row.descriptors.join(" "), row.path],
      ]),
    ),
  );
}

/** What /proc/PID/fd shows of an open file. */
export function pathText(kernel: Kernel, file: File): string {
  const root = kernel.initPidNs.childReaper?.fs.root;
  const text = root === undefined ? file.path.dentry.name : dPath(file.path, root);
  return fromUtf8(byteArray(text));
}

const TYPES: Readonly<Record<number, string>> = {
  [S_IFREG]: "file",
  [S_IFDIR]: "dir",
  [S_IFCHR]: "char",
  [S_IFBLK]: "block",
  [S_IFIFO]: "pipe",
  [S_IFSOCK]: "socket",
  [S_IFLNK]: "link",
};

/** Threads share their descriptors: the first one stands for all. */
function processesOf(kernel: Kernel): Task[] {
  const tasks = [...kernel.tasks].filter(
    (task) => task.isThreadGroupLeader && task.exitState === 0,
  );
  return tasks.sort((a, b) => a.pid - b.pid);
}

function fileNumbers(holders: ReadonlyMap<File, unknown>): Map<File, number> {
  return new Map([...holders.keys()].map((file, i) => [file, i + 1]));
}
