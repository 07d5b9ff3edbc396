import { ENOENT } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import { type ByteString, Inode, S_IFLNK, type SuperBlock } from "../fs.ts";
import { currentTime } from "../timestamps.ts";
import { procPidNs, procSetattr } from "./internal.ts";

/** Fixed inode numbers, behind those of the tree's first files. */
const SELF_INO = 0xf0000000 - 1000;
const THREAD_SELF_INO = SELF_INO + 1;

/** /proc/self: the directory of whoever looks. @linux fs/proc/self.c (6.18) */
export function procSelf(sb: SuperBlock): Inode {
  return linkInode(sb, SELF_INO, (task) => selfTarget(sb, task));
}

/** /proc/thread-self. @linux fs/proc/thread_self.c (6.18) */
export function procThreadSelf(sb: SuperBlock): Inode {
  return linkInode(sb, THREAD_SELF_INO, (task) => {
    const tgid = selfTarget(sb, task);
    return typeof tgid === "number" ? tgid : `${tgid}/task/${task.pidNr(procPidNs(sb))}`;
  });
}

function selfTarget(sb: SuperBlock, task: Task): ByteString | number {
  const tgid = task.tgidNr(procPidNs(sb));
  return tgid === 0 ? -ENOENT : String(tgid);
}

function linkInode(
  sb: SuperBlock,
  ino: number,
  target: (task: Task) => ByteString | number,
): Inode {
  const inode = new Inode(
    sb,
    ino,
    S_IFLNK | 0o777,
    { getLink: (_inode, task) => target(task), setattr: procSetattr },
    {},
  );
  const now = currentTime(inode);
  inode.atime = now;
  inode.mtime = now;
  inode.ctime = now;
  return inode;
}
