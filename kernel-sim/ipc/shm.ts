import { fput } from "../fs/file-table.ts";
import { File, type FileOperations, FMODE_OPENED, FMODE_READ, FMODE_WRITE } from "../fs/fs.ts";
import { EACCES, EIDRM, EINVAL, ENOMEM, ENOSPC } from "../include/errno.ts";
import { MAP_FIXED, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from "../include/uapi/mman.ts";
import type { Task } from "../kernel/task.ts";
import { filemapVmOps } from "../mm/filemap.ts";
import { mmPopulate } from "../mm/gup.ts";
import type { Mm } from "../mm/mm.ts";
import { doMmap, toAddress, toUlong } from "../mm/mmap.ts";
import { doMunmap, pageAlign } from "../mm/munmap.ts";
import { shmemFileSetup } from "../mm/shmem.ts";
import { VM_NORESERVE, type Vma, type VmOperations } from "../mm/vma.ts";
import type { Shm } from "./shm-info.ts";
import { ipcGet, ipcPerms, ipcSeconds, newIpcPerm } from "./util.ts";

const SHM_HUGETLB = 0o4000;
const SHM_NORESERVE = 0o10000;
const SHM_RDONLY = 0o10000;
const SHM_RND = 0o20000;
const SHM_REMAP = 0o40000;
const SHM_EXEC = 0o100000;
/** Bits of `perm.mode`: gone when nobody has it attached any more; locked into memory. */
export const SHM_DEST = 0o1000;
export const SHM_LOCKED = 0o2000;
const S_IRUGO = 0o444;
const S_IWUGO = 0o222;
const S_IXUGO = 0o111;

/** @linux ipc/shm.c `ksys_shmget`, `newseg` (6.18) */
export function sysShmget(task: Task, key: number, bytes: number, flags: number): number {
  const { ipc } = task.nsproxy;
  const size = toUlong(bytes);
  const make = () => newSegment(task, key | 0, size, flags);
  return ipcGet(task, ipc.shmIds, key | 0, flags, make, (shm) => {
    return shm.size < size ? -EINVAL : 0;
  });
}

function newSegment(task: Task, key: number, size: number, flags: number): number {
  const { kernel } = task;
  const { ipc: ns } = task.nsproxy;
  const pages = Math.ceil(size / 4096);
  if (size < 1 || size > ns.shmCtlmax) return -EINVAL;
  if (ns.shmTot + pages > ns.shmCtlall) return -ENOSPC;
  // No huge page has been set aside.
  if ((flags & SHM_HUGETLB) !== 0) return -ENOMEM;
  const name = `SYSV${(key >>> 0).toString(16).padStart(8, "0")}`;
  const noreserve = (flags & SHM_NORESERVE) !== 0 ? VM_NORESERVE : 0;
  const file = shmemFileSetup(kernel, task.cred, name, size, noreserve);
  if (typeof file === "number") return file;
  const shm: Shm = {
    ...{ perm: newIpcPerm(key, flags), ns, file, size },
    ...{ nattch: 0, atime: 0, dtime: 0, ctime: ipcSeconds(task) },
    ...{ cprid: task.groupLeader.threadPid, lprid: undefined, mlockUser: undefined },
  };
  const id = ns.shmIds.add(task, shm, ns.shmCtlmni);
  if (id < 0) {
    fput(file);
    return id;
  }
  ns.shmTot += pages;
  return id;
}

/** The segment goes for good. @linux ipc/shm.c `shm_destroy` (6.18) */
export function shmDestroy(shm: Shm): void {
  shm.ns.shmTot -= Math.ceil(shm.size / 4096);
  shm.ns.shmIds.remove(shm);
  if (shm.mlockUser !== undefined) shm.mlockUser.lockedShm -= Math.ceil(shm.size / 4096);
  fput(shm.file);
}

function destroyIfOver(shm: Shm): void {
  if (shm.nattch === 0 && (shm.perm.mode & SHM_DEST) !== 0) shmDestroy(shm);
}

/** A mapping's own file, through which it knows its segment: `struct shm_file_data`. */
interface ShmFileData {
  readonly shm: Shm;
}

function shmOf(vma: Vma): Shm {
  return (vma.file!.privateData as ShmFileData).shm;
}

/** @linux ipc/shm.c `__shm_open` */
function attach(shm: Shm, vma: Vma): void {
  const { current } = vma.mm.kernel;
  shm.atime = Math.floor(vma.mm.kernel.wallClock() / 1e9);
  if (current !== undefined) shm.lprid = current.groupLeader.threadPid;
  shm.nattch++;
}

/** @linux ipc/shm.c `shm_vm_ops` (6.18) */
const shmVmOps: VmOperations = Object.freeze({
  ...filemapVmOps,
  open: (vma: Vma) => attach(shmOf(vma), vma),
  close(vma: Vma) {
    const shm = shmOf(vma);
    const { kernel } = vma.mm;
    shm.dtime = Math.floor(kernel.wallClock() / 1e9);
    if (kernel.current !== undefined) shm.lprid = kernel.current.groupLeader.threadPid;
    shm.nattch--;
    destroyIfOver(shm);
  },
});

/** @linux ipc/shm.c `shm_file_operations` (6.18) */
const shmFileOps: FileOperations = Object.freeze({
  mmap(file: File, vma: Vma, _mm: Mm): number {
    const { shm } = file.privateData as ShmFileData;
    if (shm.perm.isDeleted) return -EIDRM;
    attach(shm, vma);
    vma.ops = shmVmOps;
    return 0;
  },
  release(file: File): void {
    const { shm } = file.privateData as ShmFileData;
    fput(shm.file);
  },
});

/** Maps a segment: the address. @linux ipc/shm.c `shmat` */
export function sysShmat(task: Task, id: number, addr: number, flags: number): number {
  return doShmat(task, id | 0, toAddress(addr), flags);
}

/** @linux ipc/shm.c `do_shmat` (6.18) */
function doShmat(task: Task, id: number, wanted: number, flags: number): number {
  const mm = task.mm!;
  if (id < 0) return -EINVAL;
  let addr = wanted;
  let mapFlags = MAP_SHARED;
  if (addr !== 0) {
    if (addr % 4096 !== 0) {
      if ((flags & SHM_RND) === 0) return -EINVAL;
      addr = Math.floor(addr / 4096) * 4096;
      if (addr === 0 && (flags & SHM_REMAP) !== 0) return -EINVAL;
    }
    mapFlags |= MAP_FIXED;
  } else if ((flags & SHM_REMAP) !== 0) return -EINVAL;
  const isReadOnly = (flags & SHM_RDONLY) !== 0;
  const isExec = (flags & SHM_EXEC) !== 0;
  const prot = PROT_READ | (isReadOnly ? 0 : PROT_WRITE) | (isExec ? PROT_EXEC : 0);
  const access = S_IRUGO | (isReadOnly ? 0 : S_IWUGO) | (isExec ? S_IXUGO : 0);
  const shm = task.nsproxy.ipc.shmIds.obtain(id);
  if (typeof shm === "number") return shm;
  if (!ipcPerms(task, shm.perm, access)) return -EACCES;
  // Held while it is being mapped, so that nobody removes it.
  shm.nattch++;
  const mapped = mapSegment(mm, shm, addr, flags, prot, mapFlags, isReadOnly);
  shm.nattch--;
  destroyIfOver(shm);
  return mapped;
}

function mapSegment(
  mm: Mm,
  shm: Shm,
  addr: number,
  flags: number,
  prot: number,
  mapFlags: number,
  isReadOnly: boolean,
): number {
  const { size } = shm;
  if (addr !== 0 && (flags & SHM_REMAP) === 0) {
    if (addr + size >= 2 ** 64 || mm.vmasIn(addr, addr + size).length > 0) return -EINVAL;
  }
  const base = shm.file;
  const mode = FMODE_READ | (isReadOnly ? 0 : FMODE_WRITE) | FMODE_OPENED;
  base.count++;
  const file = new File(base.path, base.inode, shmFileOps, isReadOnly ? 0 : 2, mode, base.cred);
  const data: ShmFileData = { shm };
  file.privateData = data;
  const mapped = doMmap(mm, file, addr, size, prot, mapFlags, 0);
  fput(file);
  if (mapped >= 0 && mm.populate > 0) mmPopulate(mm, mapped, mm.populate);
  return mapped;
}

/**
 * Unmaps a segment that was mapped at `addr`, as far as it still is.
 *
 * @linux ipc/shm.c `ksys_shmdt` (6.18)
 */
export function sysShmdt(task: Task, at: number): number {
  const mm = task.mm!;
  const addr = toAddress(at);
  if (addr % 4096 !== 0) return -EINVAL;
  const isPart = (vma: Vma) => vma.ops === shmVmOps && (vma.start - addr) / 4096 === vma.pgoff;
  const first = mm.vmas.find((vma) => vma.end > addr && isPart(vma));
  if (first === undefined) return -EINVAL;
  const { file } = first;
  const end = addr + pageAlign(shmOf(first).size);
  const parts = mm.vmas.filter((vma) => {
    return vma.start >= first.start && vma.end <= end && vma.file === file && isPart(vma);
  });
  // The first one goes whatever its length is now.
  for (const vma of parts.length > 0 ? parts : [first]) {
    doMunmap(mm, vma.start, vma.end - vma.start);
  }
  return 0;
}
