import { EACCES } from "../../include/errno.ts";
import { ptraceMayAccess } from "../../kernel/ptrace-access.ts";
import type { Task } from "../../kernel/task.ts";
import type { Inode, Path } from "../fs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { initCgroupNs, type NsType, nsPath } from "../nsfs.ts";
import { getProcTask } from "./internal.ts";
import { dir, lnk, type PidEntry, pidentLookup, pidentReaddir } from "./pid-entry.ts";

/** @linux fs/proc/namespaces.c `ns_entries` (6.18) */
const NS_ENTRIES: readonly PidEntry[] = Object.freeze([
  nsLink("net", "net", (task) => task.nsproxy.net),
  nsLink("uts", "uts", (task) => task.nsproxy.uts),
  nsLink("ipc", "ipc", (task) => task.nsproxy.ipc),
  nsLink("pid", "pid", (task) => task.pidNs()),
  nsLink("pid_for_children", "pid", (task) => task.nsproxy.pidForChildren),
  nsLink("user", "user", (task) => task.cred.userNs),
  nsLink("mnt", "mnt", (task) => task.nsproxy.mnt),
  nsLink("cgroup", "cgroup", (task) => initCgroupNs(task.kernel)),
]);

/** /proc/PID/ns: the namespaces that a process is in. */
export const procNsDir: PidEntry = dir(
  "ns",
  0o511,
  { lookup: (inode, name) => pidentLookup(NS_ENTRIES, inode, name) },
  {
    llseek: genericFileLlseek,
    iterate: (_task, file, actor) => pidentReaddir(NS_ENTRIES, file, actor),
  },
);

function nsLink(name: string, type: NsType, nsOf: (task: Task) => object): PidEntry {
  return lnk(name, (inode, reader) => nsTarget(inode, reader, type, nsOf));
}

/** @linux fs/proc/namespaces.c `proc_ns_get_link` (6.18) */
function nsTarget(
  inode: Inode,
  reader: Task,
  type: NsType,
  nsOf: (task: Task) => object,
): Path | number {
  const task = getProcTask(inode);
  if (task === undefined || ptraceMayAccess(reader, task, "fscreds") < 0) return -EACCES;
  return nsPath(task.kernel, type, nsOf(task));
}
