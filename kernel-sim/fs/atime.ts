import { O_NOATIME } from "../include/uapi/fcntl.ts";
import { type File, type Inode, S_IFDIR, S_NOATIME, SB_RDONLY } from "./fs.ts";
import { MNT_NOATIME, MNT_NODIRATIME, MNT_READONLY, MNT_RELATIME, type Mount } from "./mount.ts";
import { currentTime, timespec64Compare } from "./timestamps.ts";

/**
 * Somebody has read `inode` through `mnt`: its atime, when the mount keeps one.
 *
 * @linux fs/inode.c `touch_atime`, `atime_needs_update` (6.18)
 */
export function touchAtime(mnt: Mount, inode: Inode): void {
  if ((inode.flags & S_NOATIME) !== 0 || (inode.sb.flags & SB_RDONLY) !== 0) return;
  if ((mnt.flags & (MNT_NOATIME | MNT_READONLY)) !== 0) return;
  if ((mnt.flags & MNT_NODIRATIME) !== 0 && inode.type === S_IFDIR) return;
  const now = currentTime(inode);
  if ((mnt.flags & MNT_RELATIME) !== 0) {
    const isFresh =
      timespec64Compare(inode.mtime, inode.atime) < 0 &&
      timespec64Compare(inode.ctime, inode.atime) < 0 &&
      now.sec - inode.atime.sec < 24 * 3600;
    if (isFresh) return;
  }
  if (timespec64Compare(now, inode.atime) !== 0) inode.atime = now;
}

/** The same for an open file. */
export function fileAccessed(file: File): void {
  if ((file.flags & O_NOATIME) === 0) touchAtime(file.path.mnt, file.inode);
}
