import { fput } from "../fs/file-table.ts";
import { type File, FMODE_PATH, FMODE_READ, FMODE_WRITE, S_IFREG } from "../fs/fs.ts";
import {
  EACCES,
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  ENODEV,
  ENOMEM,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
} from "../include/errno.ts";
import {
  LEGACY_MAP_MASK,
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  MAP_TYPE,
} from "../include/uapi/mman.ts";
import type { Task } from "../kernel/task.ts";
import { mmPopulate } from "./gup.ts";
import { hugetlbFile } from "./hugetlb.ts";
import { checkSealsMmap } from "./memfd-seals.ts";
import type { Mm } from "./mm.ts";
import { mayLockAny, mlockFutureOk, RLIMIT_MEMLOCK, rlimitOf } from "./mm-limits.ts";
import { mmapRegion } from "./mmap-region.ts";
import { pageAlign } from "./munmap.ts";
import { getUnmappedArea } from "./unmapped-area.ts";
import {
  VM_DONTDUMP,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_SHARED,
  VM_SYNC,
  VM_WIPEONFORK,
} from "./vma.ts";

/** MNT_NOEXEC and SB_I_NOEXEC. */
const MNT_NOEXEC = 0x4;
const S_APPEND = 0x4;
/** Whoever gives more bytes than an address has. */
const ULONG = 2 ** 64;

/** A length: negative numbers are huge ones. */
export function toUlong(value: number): number {
  return value < 0 ? value + ULONG : value;
}

/** Above all that a process has, and on no border of pages. */
const HIGH_UNALIGNED = 2 ** 51 + 0.5;

/** An address: negative ones lie above all; where they end no double can tell, but whether on a page it can. */
export function toAddress(value: number): number {
  // The last page but its first byte: numbers that are errnos where Linux looks for such.
  if (value > -4096) return value;
  return value % 4096 === 0 ? value + ULONG : HIGH_UNALIGNED;
}

/**
 * mmap(2) of x86-64: the offset is in bytes.
 *
 * @linux mm/mmap.c `ksys_mmap_pgoff` (6.18)
 */
export function sysMmap(
  task: Task,
  addr: number,
  len: number,
  prot: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  if (((offset % 4096) + 4096) % 4096 !== 0) return -EINVAL;
  return mmapPgoff(task, toAddress(addr), toUlong(len), prot, flags, fd, toUlong(offset) / 4096);
}

/** mmap2(2) of i386: the offset is in pages. */
export function mmapPgoff(
  task: Task,
  addr: number,
  len: number,
  prot: number,
  flags: number,
  fd: number,
  pgoff: number,
): number {
  let file: File | undefined;
  if ((flags & MAP_ANONYMOUS) === 0) {
    file = task.files.get(fd | 0);
    if (file === undefined || (file.mode & FMODE_PATH) !== 0) return -EBADF;
    if ((flags & MAP_HUGETLB) !== 0) return -EINVAL;
  } else if ((flags & MAP_HUGETLB) !== 0) {
    return mmapHugetlb(task, addr, len, prot, flags, pgoff);
  }
  const mm = task.mm!;
  const mapped = doMmap(mm, file, addr, len, prot, flags, pgoff);
  if (mapped >= 0 && mm.populate > 0) mmPopulate(mm, mapped, mm.populate);
  return mapped;
}

/**
 * Pages of 2 MiB and 1 GiB could be, but none has been set aside: all is checked, and then there is no
 * memory.
 */
function mmapHugetlb(
  task: Task,
  addr: number,
  len: number,
  prot: number,
  flags: number,
  pgoff: number,
): number {
  const shift = (flags >>> 26) & 0x3f;
  if (shift !== 0 && shift !== 21 && shift !== 30) return -EINVAL;
  const bytes = shift === 30 ? 2 ** 30 : 2 ** 21;
  const aligned = Math.ceil(len / bytes) * bytes;
  const file = hugetlbFile(task, bytes);
  if (typeof file === "number") return file;
  const rounded = aligned >= ULONG ? 0 : aligned;
  const mapped = doMmap(task.mm!, file, addr, rounded, prot, flags, pgoff, bytes);
  fput(file);
  return mapped;
}

/**
 * Maps a file or anonymous memory: the address or a negative errno. `mm.populate` says how many bytes
 * are to be made resident at once.
 *
 * @linux mm/mmap.c `do_mmap` (6.18)
 */
export function doMmap(
  mm: Mm,
  file: File | undefined,
  hint: number,
  bytes: number,
  prot: number,
  wanted: number,
  offset: number,
  align = 4096,
): number {
  const map = () => mapAt(mm, file, hint, bytes, prot, wanted, offset, align);
  const { probes } = mm.kernel;
  if (probes === undefined) return map();
  const shown = file === undefined ? 0 : { struct: "file", of: file };
  return probes.call("do_mmap", () => [shown, hint, bytes, prot, wanted, 0, offset, 0, 0], map);
}

function mapAt(
  mm: Mm,
  file: File | undefined,
  hint: number,
  bytes: number,
  prot: number,
  wanted: number,
  offset: number,
  align: number,
): number {
  mm.populate = 0;
  if (bytes === 0) return -EINVAL;
  const flags = (wanted & MAP_FIXED_NOREPLACE) !== 0 ? wanted | MAP_FIXED : wanted;
  const len = pageAlign(bytes);
  if (len >= ULONG) return -ENOMEM;
  const asked = (flags & MAP_FIXED) === 0 ? roundHint(mm, hint) : hint;
  if (offset + len / 4096 >= ULONG) return -EOVERFLOW;
  if (mm.vmas.length > mm.memory.maxMapCount) return -ENOMEM;
  let vmFlags = (prot & 7) | flagBits(flags) | mm.defFlags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  const addr = getUnmappedArea(mm, asked, len, flags, file, offset);
  if (addr < 0) return addr;
  if (addr % align !== 0 && (flags & MAP_FIXED) !== 0) return -EINVAL;
  if ((flags & MAP_FIXED_NOREPLACE) !== 0 && mm.vmasIn(addr, addr + len).length > 0) {
    return -EEXIST;
  }
  if ((flags & MAP_LOCKED) !== 0 && !canDoMlock(mm)) return -EPERM;
  if (!mlockFutureOk(mm, vmFlags, len)) return -EAGAIN;
  let pgoff = offset;
  if (file !== undefined) {
    const checked = checkFile(file, prot, flags, vmFlags, len, pgoff);
    if (checked.error !== 0) return checked.error;
    vmFlags = checked.flags;
  } else {
    const type = flags & MAP_TYPE;
    if (type === MAP_SHARED) {
      if ((vmFlags & VM_GROWSDOWN) !== 0) return -EINVAL;
      pgoff = 0;
      vmFlags |= VM_SHARED | VM_MAYSHARE;
    } else if (type === MAP_PRIVATE || type === MAP_DROPPABLE) {
      if (type === MAP_DROPPABLE) {
        if ((flags & (MAP_LOCKED | MAP_HUGETLB)) !== 0) return -EINVAL;
        if ((vmFlags & VM_GROWSDOWN) !== 0) return -EINVAL;
        vmFlags |= VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP;
      }
      pgoff = addr / 4096;
    } else return -EINVAL;
  }
  if ((flags & MAP_NORESERVE) !== 0 && mm.memory.overcommitMemory !== 2) vmFlags |= VM_NORESERVE;
  const mapped = mmapRegion(mm, file, addr, len, vmFlags, pgoff);
  const isPopulated = (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE;
  if (mapped >= 0 && ((vmFlags & VM_LOCKED) !== 0 || isPopulated)) mm.populate = len;
  return mapped;
}

/** @linux mm/mmap.c `round_hint_to_min` */
function roundHint(mm: Mm, hint: number): number {
  if (hint < 0) return ULONG - 4096;
  const page = Math.floor(hint / 4096) * 4096;
  return page !== 0 && page < mm.memory.mmapMinAddr ? mm.memory.mmapMinAddr : page;
}

/** @linux include/linux/mman.h `calc_vm_flag_bits` */
function flagBits(flags: number): number {
  return (
    ((flags & MAP_GROWSDOWN) !== 0 ? VM_GROWSDOWN : 0) |
    ((flags & MAP_LOCKED) !== 0 ? VM_LOCKED : 0) |
    ((flags & MAP_SYNC) !== 0 ? VM_SYNC : 0) |
    ((flags & MAP_STACK) !== 0 ? VM_NOHUGEPAGE : 0)
  );
}

/** @linux mm/mlock.c `can_do_mlock` */
export function canDoMlock(mm: Mm): boolean {
  return rlimitOf(mm.kernel, RLIMIT_MEMLOCK) !== 0 || mayLockAny(mm.kernel);
}

interface CheckedFlags {
  readonly error: number;
  readonly flags: number;
}

function refuse(error: number): CheckedFlags {
  return { error, flags: 0 };
}

/** What the open file allows. */
function checkFile(
  file: File,
  prot: number,
  wanted: number,
  vmFlags: number,
  len: number,
  pgoff: number,
): CheckedFlags {
  let flags = vmFlags;
  const { inode } = file;
  if (!isInFile(file, pgoff, len)) return refuse(-EOVERFLOW);
  const type = wanted & MAP_TYPE;
  if (type === MAP_SHARED || type === MAP_SHARED_VALIDATE) {
    const known = type === MAP_SHARED ? wanted & LEGACY_MAP_MASK : wanted;
    if ((known & ~LEGACY_MAP_MASK) !== 0) return refuse(-EOPNOTSUPP);
    const mayWrite = (file.mode & FMODE_WRITE) !== 0;
    if ((prot & 2) !== 0 && !mayWrite) return refuse(-EACCES);
    if ((inode.flags & S_APPEND) !== 0 && mayWrite) return refuse(-EACCES);
    flags |= VM_SHARED | VM_MAYSHARE;
    if (!mayWrite) flags &= ~(VM_MAYWRITE | VM_SHARED);
  } else if (type !== MAP_PRIVATE) return refuse(-EINVAL);
  if ((file.mode & FMODE_READ) === 0) return refuse(-EACCES);
  if (isNoexec(file)) {
    if ((flags & VM_EXEC) !== 0) return refuse(-EPERM);
    flags &= ~VM_MAYEXEC;
  }
  if (file.op.mmap === undefined) return refuse(-ENODEV);
  if ((flags & VM_GROWSDOWN) !== 0) return refuse(-EINVAL);
  return checkSealsMmap(inode.mapping, flags);
}

/** File systems of the kernel's own, from which nothing is executed (SB_I_NOEXEC). */
const NOEXEC_TYPES: ReadonlySet<string> = new Set(["pipefs", "sockfs", "anon_inodefs", "proc"]);

/** @linux fs/exec.c `path_noexec` */
function isNoexec(file: File): boolean {
  const { mnt } = file.path;
  return (mnt.flags & MNT_NOEXEC) !== 0 || NOEXEC_TYPES.has(mnt.sb.type);
}

/** @linux mm/mmap.c `file_mmap_ok` */
function isInFile(file: File, pgoff: number, len: number): boolean {
  // Regular files end at 2^63 - 1, others at 2^64 - 1: in pages, what lies below.
  const pagesMax = file.inode.type === S_IFREG ? 2 ** 51 : 2 ** 52;
  return pgoff <= pagesMax - len / 4096 - 1;
}
