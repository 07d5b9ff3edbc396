import type { File } from "../fs/fs.ts";
import type { Task } from "./task.ts";

/**
 * What parts of the kernel want to be told of, so that the core imports none of them. Each part sets its
 * own at boot, calling the one before it.
 */
export interface KernelHooks {
  /** `task` has closed a descriptor of `file`: its POSIX locks on it go. */
  filpClose: (task: Task, file: File) => void;
  /** The last holder of `file` has gone: epoll, flock, inotify. */
  fileReleased: (file: File) => void;
  /** `task` has ended; its memory and files are still there. */
  taskExits: ((task: Task) => void)[];
}

export function noHooks(): KernelHooks {
  return { filpClose: () => {}, fileReleased: () => {}, taskExits: [] };
}
