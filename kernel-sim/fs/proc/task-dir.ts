import { ENOENT } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import type { DirActor, File, Inode } from "../fs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { getProcTask, procPidNs } from "./internal.ts";
import { nameToInt } from "./name-to-int.ts";
import { dir, emitNames, instantiatePidDir, type PidEntry } from "./pid-entry.ts";

/**
 * /proc/PID/task: a directory for each thread.
 *
 * @linux fs/proc/base.c `proc_task_lookup`, `proc_task_readdir` (6.18)
 */
export function procTaskDir(threadEntries: () => readonly PidEntry[]): PidEntry {
  return dir(
    "task",
    0o555,
    {
      lookup(parent, name) {
        const thread = threadNamed(parent, name);
        return thread === undefined ? -ENOENT : instantiatePidDir(parent, thread, threadEntries());
      },
      getattr(inode) {
        const leader = getProcTask(inode);
        // Each directory in it is one more way to it.
        return leader === undefined ? {} : { nlink: 2 + leader.signal.threads.length };
      },
    },
    { llseek: genericFileLlseek, iterate: taskReaddir },
  );
}

function threadNamed(parent: Inode, name: string): Task | undefined {
  const leader = getProcTask(parent);
  const tid = nameToInt(name);
  if (leader === undefined || tid === undefined) return undefined;
  const ns = procPidNs(parent.sb);
  return leader.signal.threads.find((thread) => thread.threadPid.nr(ns) === tid);
}

function taskReaddir(_task: Task, file: File, actor: DirActor): number {
  const leader = getProcTask(file.inode);
  if (leader === undefined) return -ENOENT;
  const ns = procPidNs(file.inode.sb);
  const names = leader.signal.threads.map((thread) => String(thread.threadPid.nr(ns)));
  return emitNames(file, actor, names);
}
