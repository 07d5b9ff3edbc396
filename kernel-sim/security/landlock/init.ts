import type { Kernel } from "../../kernel/kernel.ts";
import {
  ACCESS_FS_MAKE_DIR,
  ACCESS_FS_MAKE_SYM,
  ACCESS_FS_REMOVE_DIR,
  ACCESS_FS_REMOVE_FILE,
  ACCESS_FS_TRUNCATE,
  modeAccess,
} from "./access.ts";
import {
  checkAccessPath,
  checkReferPath,
  fileIoctl,
  fileOpen,
  fileTruncate,
  mountDenied,
} from "./fs.ts";
import { socketBind, socketConnect } from "./net.ts";
import { taskKill, unixMaySend, unixStreamConnect } from "./scope.ts";

const RENAME_EXCHANGE = 2;

/** Landlock is asked wherever security modules are. @linux security/landlock/setup.c `landlock_init` (6.18) */
export function initLandlock(kernel: Kernel): void {
  kernel.hooks.security = {
    ...kernel.hooks.security,
    fileOpen,
    fileTruncate,
    fileIoctl,
    pathTruncate: (task, path) => checkAccessPath(task, path, ACCESS_FS_TRUNCATE),
    pathMknod: (task, dir, _dentry, mode) => checkAccessPath(task, dir, modeAccess(mode)),
    pathMkdir: (task, dir) => checkAccessPath(task, dir, ACCESS_FS_MAKE_DIR),
    pathSymlink: (task, dir) => checkAccessPath(task, dir, ACCESS_FS_MAKE_SYM),
    pathUnlink: (task, dir) => checkAccessPath(task, dir, ACCESS_FS_REMOVE_FILE),
    pathRmdir: (task, dir) => checkAccessPath(task, dir, ACCESS_FS_REMOVE_DIR),
    pathLink: (task, old, dir, dentry) => checkReferPath(task, old, dir, dentry, false, false),
    pathRename: (task, _oldDir, old, newDir, dentry, flags) =>
      checkReferPath(task, old, newDir, dentry, true, (flags & RENAME_EXCHANGE) !== 0),
    sbMount: mountDenied,
    sbUmount: mountDenied,
    sbPivotroot: mountDenied,
    moveMount: mountDenied,
    socketBind,
    socketConnect,
    unixStreamConnect,
    unixMaySend,
  };
  const { taskKill: asked } = kernel.hooks;
  kernel.hooks.taskKill = (task, target, signo) =>
    asked(task, target, signo) || taskKill(task, target);
}
