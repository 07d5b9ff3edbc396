import type { SyscallTable } from "../kernel/syscall.ts";
import { sysBrk } from "./brk.ts";
import { sysMadvise } from "./madvise.ts";
import { sysMincore } from "./mincore.ts";
import { sysMlock, sysMlock2, sysMlockall, sysMunlock, sysMunlockall } from "./mlock.ts";
import { sysMmap, toAddress, toUlong } from "./mmap.ts";
import { sysMprotect, sysPkeyAlloc, sysPkeyFree, sysPkeyMprotect } from "./mprotect-syscalls.ts";
import { sysMremap } from "./mremap.ts";
import { sysMseal } from "./mseal.ts";
import { sysMsync } from "./msync.ts";
import { doMunmap } from "./munmap.ts";
import { sysProcessMadvise } from "./process-madvise.ts";
import { sysProcessVmReadv, sysProcessVmWritev } from "./process-vm-access.ts";
import { sysRemapFilePages } from "./remap-file-pages.ts";

/** System calls about the memory of a process. */
export const mmSyscalls: SyscallTable = {
  mmap: sysMmap,
  munmap: (task, start, len) => doMunmap(task.mm!, toAddress(start), toUlong(len)),
  mprotect: sysMprotect,
  pkey_mprotect: sysPkeyMprotect,
  pkey_alloc: sysPkeyAlloc,
  pkey_free: sysPkeyFree,
  mremap: sysMremap,
  brk: sysBrk,
  madvise: sysMadvise,
  mincore: sysMincore,
  msync: sysMsync,
  mlock: sysMlock,
  mlock2: sysMlock2,
  munlock: sysMunlock,
  mlockall: sysMlockall,
  munlockall: sysMunlockall,
  mseal: sysMseal,
  remap_file_pages: sysRemapFilePages,
  process_madvise: sysProcessMadvise,
  process_vm_readv: sysProcessVmReadv,
  process_vm_writev: sysProcessVmWritev,
};
