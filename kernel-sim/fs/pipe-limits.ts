import { EBADF, EBUSY, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../include/uapi/capability.ts";
import { F_GETPIPE_SZ } from "../include/uapi/fcntl.ts";
import { capable, type UserStruct } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import type { File } from "./fs.ts";
import { PIPE_DEF_BUFFERS, PipeInodeInfo } from "./pipe-ring.ts";

const PAGE_SHIFT = 12;
/** What a user beyond the soft limit gets. */
const PIPE_MIN_DEF_BUFFERS = 2;

/** The files of /proc/sys/fs that are about pipes. */
class PipeSysctls {
  /** `pipe-max-size`, in bytes. */
  maxSize = 1_048_576;
  /** `pipe-user-pages-soft` and `-hard`; 0: no limit. */
  userPagesSoft = 16_384;
  userPagesHard = 0;
}

/** This machine's limits of pipes. */
export function pipeSysctls(kernel: Kernel): PipeSysctls {
  return kernel.subsystem("pipe-sysctls", () => new PipeSysctls());
}

/** A new pipe on the account of `task`'s user; undefined beyond the hard limit. @linux fs/pipe.c `alloc_pipe_info` (6.18) */
export function allocPipeInfo(task: Task): PipeInodeInfo | undefined {
  const sysctls = pipeSysctls(task.kernel);
  const { user } = task.cred;
  let slots = PIPE_DEF_BUFFERS;
  if (slots << PAGE_SHIFT > sysctls.maxSize && !capable(task.cred, CAP_SYS_RESOURCE)) {
    slots = sysctls.maxSize >> PAGE_SHIFT;
  }
  const isUnprivileged = isUnprivilegedUser(task);
  if (isTooManySoft(sysctls, user, slots) && isUnprivileged) slots = PIPE_MIN_DEF_BUFFERS;
  if (isTooManyHard(sysctls, user, slots) && isUnprivileged) return undefined;
  user.pipeBufs += slots;
  return new PipeInodeInfo(slots, user);
}

function isTooManySoft(sysctls: PipeSysctls, user: UserStruct, more: number): boolean {
  return sysctls.userPagesSoft > 0 && user.pipeBufs + more > sysctls.userPagesSoft;
}

function isTooManyHard(sysctls: PipeSysctls, user: UserStruct, more: number): boolean {
  return sysctls.userPagesHard > 0 && user.pipeBufs + more > sysctls.userPagesHard;
}

/** `pipe_is_unprivileged_user`. */
function isUnprivilegedUser({ cred }: Task): boolean {
  return !capable(cred, CAP_SYS_RESOURCE) && !capable(cred, CAP_SYS_ADMIN);
}

/** fcntl(F_SETPIPE_SZ, F_GETPIPE_SZ): the size in bytes. @linux fs/pipe.c `pipe_fcntl` (6.18) */
export function pipeFcntl(
  task: Task,
  pipe: PipeInodeInfo | undefined,
  cmd: number,
  arg: number,
): number {
  if (pipe === undefined) return -EBADF;
  return cmd === F_GETPIPE_SZ ? pipe.maxUsage << PAGE_SHIFT : pipeSetSize(task, pipe, arg >>> 0);
}

/** @linux fs/pipe.c `pipe_set_size` (6.18) */
function pipeSetSize(task: Task, pipe: PipeInodeInfo, arg: number): number {
  const size = roundPipeSize(arg);
  if (size === 0) return -EINVAL;
  const sysctls = pipeSysctls(task.kernel);
  const slots = size / 2 ** PAGE_SHIFT;
  const isGrowing = slots > pipe.maxUsage;
  // To shrink is always allowed, even to who is beyond the limits.
  if (isGrowing) {
    if (size > sysctls.maxSize && !capable(task.cred, CAP_SYS_RESOURCE)) return -EPERM;
    const more = slots - pipe.nrAccounted;
    const isTooMany =
      isTooManyHard(sysctls, pipe.user, more) || isTooManySoft(sysctls, pipe.user, more);
    if (isTooMany && isUnprivilegedUser(task)) return -EPERM;
  }
  if (slots < pipe.occupancy) return -EBUSY;
  pipe.user.pipeBufs += slots - pipe.nrAccounted;
  pipe.nrAccounted = slots;
  pipe.resize(slots);
  // There may be room now for who waited.
  pipe.wrWait.wakeUpInterruptible();
  return slots * 2 ** PAGE_SHIFT;
}

/** The next power of two of pages, in bytes; 0 beyond 2 GiB. */
function roundPipeSize(size: number): number {
  if (size > 2 ** 31) return 0;
  let rounded = 1 << PAGE_SHIFT;
  while (rounded < size) rounded *= 2;
  return rounded;
}

/** The pipe of `file`, when it is one. @linux fs/pipe.c `get_pipe_info` (6.18) */
export function getPipeInfo(file: File): PipeInodeInfo | undefined {
  return file.privateData instanceof PipeInodeInfo ? file.privateData : undefined;
}
