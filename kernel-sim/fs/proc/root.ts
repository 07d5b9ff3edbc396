import { ENOENT } from "../../include/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { type PidNamespace, pidTask } from "../../kernel/pid.ts";
import type { Task } from "../../kernel/task.ts";
import { Dentry } from "../dcache.ts";
import { type DirActor, type File, Inode, S_IFDIR, SuperBlock } from "../fs.ts";
import { dirEmitDots } from "../libfs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { currentTime } from "../timestamps.ts";
import { procPidInstantiate } from "./base.ts";
import { type ProcTree, procLookup } from "./generic.ts";
import { procPidNs, procSetattr } from "./internal.ts";
import { nameToInt } from "./name-to-int.ts";
import { emitName } from "./pid-entry.ts";
import { procSelf, procThreadSelf } from "./self.ts";

export const PROC_SUPER_MAGIC = 0x9fa0;
const PROC_ROOT_INO = 1;
/** Positions below this are the tree's files; then come `self`, `thread-self` and the processes by number. */
const FIRST_PROCESS_ENTRY = 256;
const TGID_OFFSET = FIRST_PROCESS_ENTRY + 2;
const PID_MAX_LIMIT = 4_194_304;

/**
 * A /proc of the processes of `ns`.
 *
 * @linux fs/proc/root.c `proc_fill_super` (6.18)
 */
export function procFillSuper(kernel: Kernel, ns: PidNamespace, tree: ProcTree): SuperBlock {
  const sb = new SuperBlock(kernel, "proc", PROC_SUPER_MAGIC, kernel.anonymousDev());
  sb.fsInfo = ns;
  sb.blocksize = 1024;
  sb.op = { showOptions: () => "" };
  const root = new Inode(
    sb,
    PROC_ROOT_INO,
    S_IFDIR | 0o555,
    {
      lookup: (dir, name) => rootLookup(dir, name, tree),
      setattr: procSetattr,
      getattr: () => ({ nlink: rootLinks(kernel, tree) }),
    },
    {
      llseek: genericFileLlseek,
      iterate: (task, file, actor) => rootReaddir(task, file, actor, tree),
    },
  );
  const now = currentTime(root);
  root.atime = now;
  root.mtime = now;
  root.ctime = now;
  sb.root = new Dentry(sb, undefined, "/", root);
  return sb;
}

function rootLinks(kernel: Kernel, tree: ProcTree): number {
  let links = 2;
  for (const entry of tree.root.children.values()) {
    if ((entry.mode & 0o170000) === S_IFDIR) links++;
  }
  for (const task of kernel.tasks) if (task.isThreadGroupLeader) links++;
  return links;
}

/** @linux fs/proc/root.c `proc_root_lookup`, base.c `proc_pid_lookup` (6.18) */
function rootLookup(dir: Inode, name: string, tree: ProcTree): Inode | number {
  if (name === "self") return procSelf(dir.sb);
  if (name === "thread-self") return procThreadSelf(dir.sb);
  const tgid = nameToInt(name);
  if (tgid === undefined) return procLookup(dir.sb, tree.root, name);
  // Any thread's number finds the directory of that thread, though only leaders are listed.
  const task = pidTask(procPidNs(dir.sb).pids.get(tgid), "pid");
  return task === undefined ? -ENOENT : procPidInstantiate(dir, task);
}

/** @linux fs/proc/root.c `proc_root_readdir`, base.c `proc_pid_readdir` (6.18) */
function rootReaddir(_task: Task, file: File, actor: DirActor, tree: ProcTree): number {
  if (!dirEmitDots(file, actor)) return 0;
  const entries = tree.root.sorted();
  while (file.pos < FIRST_PROCESS_ENTRY && file.pos - 2 < entries.length) {
    const { name } = entries[file.pos - 2]!;
    if (!emitName(file, actor, name, file.pos + 1)) return 0;
    file.pos++;
  }
  if (file.pos < FIRST_PROCESS_ENTRY) file.pos = FIRST_PROCESS_ENTRY;
  for (const name of ["self", "thread-self"].slice(file.pos - FIRST_PROCESS_ENTRY)) {
    if (!emitName(file, actor, name, file.pos + 1)) return 0;
    file.pos++;
  }
  return pidReaddir(file, actor);
}

function pidReaddir(file: File, actor: DirActor): number {
  const { pids } = procPidNs(file.inode.sb);
  const leaders = [...pids]
    .filter(([nr, pid]) => nr + TGID_OFFSET >= file.pos && pidTask(pid, "tgid") !== undefined)
    .map(([nr]) => nr)
    .sort((a, b) => a - b);
  for (const nr of leaders) {
    file.pos = nr + TGID_OFFSET;
    if (!emitName(file, actor, String(nr), file.pos + 1)) return 0;
  }
  file.pos = PID_MAX_LIMIT + TGID_OFFSET;
  return 0;
}
