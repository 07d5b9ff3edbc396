import type { Kernel } from "../kernel/kernel.ts";
import { locksRemoveFlock } from "./flock.ts";
import { releaseLease } from "./lease.ts";
import { locksRemovePosix, posixClose } from "./locks-posix.ts";
import { copyMntNs } from "./namespace.ts";
import { fsnotifyInodeRemoved } from "./notify/fsnotify.ts";

/** What happens to locks when descriptors and files are closed. */
export function initFsHooks(kernel: Kernel): void {
  const { hooks } = kernel;
  const { filpClose, fileReleased } = hooks;
  hooks.filpClose = (task, file) => {
    filpClose(task, file);
    posixClose(task, file);
  };
  hooks.inodeRemoved = fsnotifyInodeRemoved;
  hooks.copyMntNs = (task, ns) => copyMntNs(task.kernel, ns);
  hooks.fileReleased = (file) => {
    fileReleased(file);
    locksRemovePosix(file, file);
    locksRemoveFlock(file);
    releaseLease(file);
  };
}
