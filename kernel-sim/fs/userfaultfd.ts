import { EAGAIN, EBUSY, EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYS_PTRACE } from "../include/uapi/capability.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { EPOLLERR, EPOLLIN } from "../include/uapi/poll.ts";
import { capable } from "../kernel/cred.ts";
import type { MaySleep, SysResult } from "../kernel/sleep.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { waitEventInterruptible } from "../kernel/wait.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import type { Mm } from "../mm/mm.ts";
import {
  copyFromUser,
  copyToUser,
  getUint64,
  putUser64,
  setInt64,
  structFromUser,
} from "../mm/uaccess.ts";
import { mfillAtomic } from "../mm/userfaultfd.ts";
import {
  UFFD_FEATURE_EXACT_ADDRESS,
  UFFD_FEATURE_SIGBUS,
  UFFD_FEATURE_THREAD_ID,
  type UffdWaiter,
  UserfaultfdCtx,
} from "../mm/userfaultfd-ctx.ts";
import { VM_DROPPABLE, VM_MAYWRITE, VM_UFFD_MISSING, VM_UFFD_WP, type Vma } from "../mm/vma.ts";
import { mappingOf } from "../mm/vma-file.ts";
import { vmaModify } from "../mm/vma-merge.ts";
import { anonInodeGetfd } from "./anon-inodes.ts";
import type { File, FileOperations, Kiocb } from "./fs.ts";
import { pollWait } from "./poll.ts";

const UFFD_USER_MODE_ONLY = 1;
const UFFD_API = 0xaa;
const UFFDIO_API = 0xc018aa3f;
const UFFDIO_REGISTER = 0xc020aa00;
const UFFDIO_UNREGISTER = 0x8010aa01;
const UFFDIO_WAKE = 0x8010aa02;
const UFFDIO_COPY = 0xc028aa03;
const UFFDIO_ZEROPAGE = 0xc020aa04;
const UFFD_API_IOCTLS_LOW = 0x3;
const UFFD_API_IOCTLS_HIGH = 0x80000000;
const RANGE_IOCTLS = 0x1c;
const REGISTER_MODE_MISSING = 1;
const REGISTER_MODES = 7;
const COPY_MODE_DONTWAKE = 1;
const COPY_MODE_WP = 2;
const UFFD_FEATURE_EVENT_FORK = 1 << 1;
const UFFD_FEATURE_MISSING_HUGETLBFS = 1 << 4;
const UFFD_FEATURE_MISSING_SHMEM = 1 << 5;
const FEATURES =
  UFFD_FEATURE_MISSING_HUGETLBFS |
  UFFD_FEATURE_MISSING_SHMEM |
  UFFD_FEATURE_SIGBUS |
  UFFD_FEATURE_THREAD_ID |
  UFFD_FEATURE_EXACT_ADDRESS;
const UFFD_EVENT_PAGEFAULT = 0x12;
const UFFD_PAGEFAULT_FLAG_WRITE = 1;
const MSG_BYTES = 32;

/**
 * A descriptor through which a process repairs faults of registered memory itself.
 *
 * @linux fs/userfaultfd.c `userfaultfd` (6.18)
 * @simplified missing pages only: write protection, minor faults, events (fork, remap, unmap) and moves are
 *   refused with EINVAL. The kernel's own copies to or from a missing page answer EFAULT at once.
 */
function sysUserfaultfd(task: Task, flags: number): number {
  const isUserOnly = (flags & UFFD_USER_MODE_ONLY) !== 0;
  if (!isUserOnly && !capable(task.cred, CAP_SYS_PTRACE)) return -EPERM;
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY)) !== 0) return -EINVAL;
  const ctx = new UserfaultfdCtx();
  ctx.isUserOnly = isUserOnly;
  const data: UffdFile = { ctx, mm: task.mm! };
  return anonInodeGetfd(
    task,
    "[userfaultfd]",
    userfaultfdFops,
    data,
    flags & (O_CLOEXEC | O_NONBLOCK),
  );
}

interface UffdFile {
  readonly ctx: UserfaultfdCtx;
  /** The memory of who made it. */
  readonly mm: Mm;
}

function ofFile(file: File): UffdFile {
  return file.privateData as UffdFile;
}

const userfaultfdFops: FileOperations = {
  poll(file, table) {
    const { ctx } = ofFile(file);
    pollWait(file, ctx.readers, table);
    // A read of a blocking descriptor might sleep after all.
    if (ctx.features === undefined || (file.flags & O_NONBLOCK) === 0) return EPOLLERR;
    return ctx.pending.length > 0 ? EPOLLIN : 0;
  },
  readIter: userfaultfdRead,
  ioctl: userfaultfdIoctl,
  release(file) {
    const { ctx, mm } = ofFile(file);
    ctx.isReleased = true;
    for (const vma of [...mm.vmas]) {
      if (vma.uffd === ctx && mm.vmas.includes(vma)) unregisterVma(vma, vma.start, vma.end);
    }
    ctx.wake(0, Infinity);
  },
  showFdinfo(file) {
    const { ctx } = ofFile(file);
    const total = ctx.pending.length + ctx.reported.length;
    const features = ((ctx.features ?? 0) & 0x7fffffff).toString(16);
    return `pending:\t${ctx.pending.length}\ntotal:\t${total}\nAPI:\t${UFFD_API.toString(16)}:${features}:3\n`;
  },
};

/** @linux fs/userfaultfd.c `userfaultfd_read_iter` (6.18) */
function userfaultfdRead(iocb: Kiocb, iter: IovIter): SysResult {
  const { ctx } = ofFile(iocb.file);
  if (ctx.features === undefined) return -EINVAL;
  if (iter.count < MSG_BYTES) return -EINVAL;
  if (ctx.pending.length > 0) return readMessages(ctx, iter);
  if ((iocb.file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
  return readLater(iocb.task, ctx, iter);
}

function* readLater(task: Task, ctx: UserfaultfdCtx, iter: IovIter): MaySleep<number> {
  const result = yield* waitEventInterruptible(task, ctx.readers, () => ctx.pending.length > 0);
  return result < 0 ? result : readMessages(ctx, iter);
}

function readMessages(ctx: UserfaultfdCtx, iter: IovIter): number {
  let done = 0;
  while (iter.count >= MSG_BYTES) {
    const waiter = ctx.pending.shift();
    if (waiter === undefined) break;
    ctx.reported.push(waiter);
    if (iter.copyTo(messageOf(ctx, waiter)) < MSG_BYTES) return done > 0 ? done : -EFAULT;
    done += MSG_BYTES;
  }
  return done;
}

/** `struct uffd_msg`. */
function messageOf(ctx: UserfaultfdCtx, { task, address, isWrite }: UffdWaiter): Uint8Array {
  const bytes = new Uint8Array(MSG_BYTES);
  const view = new DataView(bytes.buffer);
  const features = ctx.features ?? 0;
  const isExact = (features & UFFD_FEATURE_EXACT_ADDRESS) !== 0;
  bytes[0] = UFFD_EVENT_PAGEFAULT;
  setInt64(view, 8, isWrite ? UFFD_PAGEFAULT_FLAG_WRITE : 0);
  setInt64(view, 16, isExact ? address : Math.floor(address / 4096) * 4096);
  if ((features & UFFD_FEATURE_THREAD_ID) !== 0) view.setUint32(24, task.pidNr(), true);
  return bytes;
}

/** @linux fs/userfaultfd.c `userfaultfd_ioctl` (6.18) */
function userfaultfdIoctl(task: Task, file: File, cmd: number, arg: number): number {
  const uffd = ofFile(file);
  const request = cmd >>> 0;
  if (request === UFFDIO_API) return api(task, uffd.ctx, arg);
  if (uffd.ctx.features === undefined) return -EINVAL;
  switch (request) {
    case UFFDIO_REGISTER:
      return register(task, uffd, arg);
    case UFFDIO_UNREGISTER:
      return unregister(task, uffd, arg);
    case UFFDIO_WAKE:
      return wake(task, uffd, arg);
    case UFFDIO_COPY:
      return copy(task, uffd, arg);
    case UFFDIO_ZEROPAGE:
      return zeropage(task, uffd, arg);
    default:
      return -EINVAL;
  }
}

/** @linux fs/userfaultfd.c `userfaultfd_api` */
function api(task: Task, ctx: UserfaultfdCtx, arg: number): number {
  const view = structFromUser(task, arg, 24);
  if (typeof view === "number") return -EFAULT;
  const features = getUint64(view, 8);
  const refused = checkApi(task, getUint64(view, 0), features);
  if (refused !== 0 || ctx.features !== undefined) {
    const cleared = copyToUser(task, arg, new Uint8Array(24));
    return cleared !== 0 ? -EFAULT : refused !== 0 ? refused : -EINVAL;
  }
  const answer = new Uint8Array(24);
  const out = new DataView(answer.buffer);
  setInt64(out, 0, UFFD_API);
  setInt64(out, 8, FEATURES);
  out.setUint32(16, UFFD_API_IOCTLS_LOW, true);
  out.setUint32(20, UFFD_API_IOCTLS_HIGH, true);
  if (copyToUser(task, arg, answer) !== 0) return -EFAULT;
  ctx.features = features;
  return 0;
}

function checkApi(task: Task, version: number, features: number): number {
  if (version !== UFFD_API) return -EINVAL;
  if (features >= 2 ** 31) return -EINVAL;
  const wantsFork = (features & UFFD_FEATURE_EVENT_FORK) !== 0;
  if (wantsFork && !capable(task.cred, CAP_SYS_PTRACE)) return -EPERM;
  return (features & ~FEATURES) !== 0 ? -EINVAL : 0;
}

/** @linux fs/userfaultfd.c `validate_range` */
function isRangeValid(mm: Mm, start: number, len: number): boolean {
  if (start % 4096 !== 0 || len % 4096 !== 0 || len === 0) return false;
  if (start < mm.memory.mmapMinAddr || start >= mm.taskSize) return false;
  return len <= mm.taskSize - start;
}

/** @linux mm/userfaultfd.c `vma_can_userfault` */
function mayRegister(vma: Vma): boolean {
  if ((vma.flags & VM_DROPPABLE) !== 0) return false;
  return vma.isAnonymous || mappingOf(vma)?.isShmem === true;
}

/** @linux fs/userfaultfd.c `userfaultfd_register` */
function register(task: Task, { ctx, mm }: UffdFile, arg: number): number {
  const view = structFromUser(task, arg, 24);
  if (typeof view === "number") return -EFAULT;
  const start = getUint64(view, 0);
  const len = getUint64(view, 8);
  const mode = getUint64(view, 16);
  if (mode === 0 || mode > REGISTER_MODES) return -EINVAL;
  if (mode !== REGISTER_MODE_MISSING || !isRangeValid(mm, start, len)) return -EINVAL;
  const end = start + len;
  const vmas = mm.vmasIn(start, end);
  if (vmas.length === 0) return -EINVAL;
  for (const vma of vmas) {
    if (!mayRegister(vma)) return -EINVAL;
    if ((vma.flags & VM_MAYWRITE) === 0) return -EPERM;
    if (vma.uffd !== undefined && vma.uffd !== ctx) return -EBUSY;
  }
  for (let at = start; at < end; ) {
    const vma = mm.findVmaFrom(at);
    if (vma === undefined || vma.start >= end) break;
    at = Math.min(end, vma.end);
    const flags = (vma.flags & ~VM_UFFD_WP) | VM_UFFD_MISSING;
    if (vma.uffd === ctx && vma.flags === flags) continue;
    const changed = vmaModify(vma, Math.max(start, vma.start), at, { flags, uffd: ctx });
    if (typeof changed === "number") return changed;
    changed.flags = flags;
    changed.uffd = ctx;
  }
  return putUser64(task, arg + 24, RANGE_IOCTLS);
}

/** @linux fs/userfaultfd.c `userfaultfd_unregister` */
function unregister(task: Task, { ctx, mm }: UffdFile, arg: number): number {
  const view = structFromUser(task, arg, 16);
  if (typeof view === "number") return -EFAULT;
  const start = getUint64(view, 0);
  const len = getUint64(view, 8);
  if (!isRangeValid(mm, start, len)) return -EINVAL;
  const end = start + len;
  const vmas = mm.vmasIn(start, end);
  if (vmas.length === 0) return -EINVAL;
  for (const vma of vmas) {
    if (vma.uffd !== undefined && vma.uffd !== ctx) return -EINVAL;
    if (!mayRegister(vma)) return -EINVAL;
  }
  for (let at = start; at < end; ) {
    const vma = mm.findVmaFrom(at);
    if (vma === undefined || vma.start >= end) break;
    const from = Math.max(start, vma.start);
    at = Math.min(end, vma.end);
    if (vma.uffd === undefined) continue;
    ctx.wake(from, at);
    const result = unregisterVma(vma, from, at);
    if (result !== 0) return result;
  }
  return 0;
}

function unregisterVma(vma: Vma, start: number, end: number): number {
  const flags = vma.flags & ~(VM_UFFD_MISSING | VM_UFFD_WP);
  const changed = vmaModify(vma, start, end, { flags, uffd: undefined });
  if (typeof changed === "number") return changed;
  changed.flags = flags;
  changed.uffd = undefined;
  return 0;
}

function wake(task: Task, { ctx, mm }: UffdFile, arg: number): number {
  const view = structFromUser(task, arg, 16);
  if (typeof view === "number") return -EFAULT;
  const start = getUint64(view, 0);
  const len = getUint64(view, 8);
  if (!isRangeValid(mm, start, len)) return -EINVAL;
  ctx.wake(start, start + len);
  return 0;
}

/** @linux fs/userfaultfd.c `userfaultfd_copy` */
function copy(task: Task, uffd: UffdFile, arg: number): number {
  const view = structFromUser(task, arg, 32);
  if (typeof view === "number") return -EFAULT;
  const dst = getUint64(view, 0);
  const src = getUint64(view, 8);
  const len = getUint64(view, 16);
  const mode = getUint64(view, 24);
  if (src >= uffd.mm.taskSize || src + len > uffd.mm.taskSize) return -EINVAL;
  if (!isRangeValid(uffd.mm, dst, len)) return -EINVAL;
  if (mode > (COPY_MODE_DONTWAKE | COPY_MODE_WP)) return -EINVAL;
  const source = (offset: number) => {
    const bytes = copyFromUser(task, src + offset, 4096);
    return typeof bytes === "number" ? undefined : bytes;
  };
  const isWp = (mode & COPY_MODE_WP) !== 0;
  const filled = isWp ? -EINVAL : mfillAtomic(uffd.mm, dst, source, len);
  return finishFill(task, uffd, arg + 32, filled, dst, len, (mode & COPY_MODE_DONTWAKE) === 0);
}

/** @linux fs/userfaultfd.c `userfaultfd_zeropage` */
function zeropage(task: Task, uffd: UffdFile, arg: number): number {
  const view = structFromUser(task, arg, 24);
  if (typeof view === "number") return -EFAULT;
  const start = getUint64(view, 0);
  const len = getUint64(view, 8);
  const mode = getUint64(view, 16);
  if (!isRangeValid(uffd.mm, start, len)) return -EINVAL;
  if (mode > COPY_MODE_DONTWAKE) return -EINVAL;
  const filled = mfillAtomic(uffd.mm, start, undefined, len);
  return finishFill(task, uffd, arg + 24, filled, start, len, mode === 0);
}

/** The caller hears how much was filled, and those who wait for it go on. */
function finishFill(
  task: Task,
  { ctx }: UffdFile,
  result: number,
  filled: number,
  start: number,
  len: number,
  isWaking: boolean,
): number {
  if (putUser64(task, result, filled) !== 0) return -EFAULT;
  if (filled < 0) return filled;
  if (isWaking) ctx.wake(start, start + filled);
  return filled === len ? 0 : -EAGAIN;
}

export const userfaultfdSyscalls: SyscallTable = { userfaultfd: sysUserfaultfd };
