import type { SyscallTable } from "../kernel/syscall.ts";
import { memfdSyscalls } from "../mm/memfd.ts";
import { accessSyscalls } from "./access.ts";
import { chdirSyscalls } from "./chdir.ts";
import { chmodSyscalls } from "./chmod.ts";
import { copyFileRangeSyscalls } from "./copy-file-range.ts";
import { dupSyscalls } from "./dup.ts";
import { fcntlSyscalls } from "./fcntl.ts";
import { flockSyscalls } from "./flock.ts";
import { ioctlSyscalls } from "./ioctl.ts";
import { mountSyscalls } from "./mount-syscalls.ts";
import { nameiSyscalls } from "./namei-syscalls.ts";
import { inotifySyscalls } from "./notify/inotify-syscalls.ts";
import { openSyscalls } from "./open.ts";
import { readWriteSyscalls } from "./read-write.ts";
import { readdirSyscalls } from "./readdir.ts";
import { readlinkSyscalls } from "./readlink.ts";
import { spliceSyscalls } from "./splice.ts";
import { statSyscalls } from "./stat.ts";
import { statfsSyscalls } from "./statfs.ts";
import { syncSyscalls } from "./sync.ts";
import { truncateSyscalls } from "./truncate.ts";
import { umaskSyscalls } from "./umask.ts";
import { utimesSyscalls } from "./utimes.ts";
import { xattrSyscalls } from "./xattr-syscalls.ts";

/** The system calls of the VFS. */
export const fsSyscalls: SyscallTable = {
  ...openSyscalls,
  ...readWriteSyscalls,
  ...nameiSyscalls,
  ...statSyscalls,
  ...accessSyscalls,
  ...chdirSyscalls,
  ...chmodSyscalls,
  ...copyFileRangeSyscalls,
  ...dupSyscalls,
  ...fcntlSyscalls,
  ...flockSyscalls,
  ...inotifySyscalls,
  ...ioctlSyscalls,
  ...memfdSyscalls,
  ...mountSyscalls,
  ...readdirSyscalls,
  ...readlinkSyscalls,
  ...spliceSyscalls,
  ...statfsSyscalls,
  ...syncSyscalls,
  ...truncateSyscalls,
  ...umaskSyscalls,
  ...utimesSyscalls,
  ...xattrSyscalls,
};
