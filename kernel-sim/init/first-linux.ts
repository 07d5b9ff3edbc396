import { FIRST_SYSCALLS } from "../arch/x86/entry/syscall-history.ts";
import { syscallNames64, syscallNumbers64 } from "../arch/x86/entry/syscall-table-64.ts";
import { ENOSYS, EPERM } from "../include/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD } from "../include/uapi/fcntl.ts";
import { CLONE_THREAD } from "../include/uapi/sched.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SyscallFn } from "../kernel/syscall.ts";
import type { UtsFacts } from "../kernel/utsname.ts";

/** What 0.01 had a number for and no code. @linux kernel/sys.c and others, `return -ENOSYS` (0.01) */
const EMPTY: ReadonlySet<string> = new Set(
  "ftime mknod break mount umount ptrace stty gtty rename prof acct phys lock mpx ulimit".split(
    " ",
  ),
);

/** All five fields of uname(2), blanks included. @linux kernel/sys.c `sys_uname` (0.01) */
export const FIRST_UTSNAME: UtsFacts = Object.freeze({
  sysname: "linux .0",
  nodename: "nodename",
  release: "release ",
  version: "version ",
  machine: "machine ",
});

/** How long a name in a directory may be; the rest is cut off. @linux include/linux/fs.h `NAME_LEN` (0.01) */
export const FIRST_NAME_LEN = 14;

/** What 0.01 said to a number behind its table: -1, which as an error reads "not permitted". @linux kernel/system_call.s `bad_sys_call` (0.01) */
const BAD_SYS_CALL = -EPERM;

/**
 * Calls of today by which the library of programs (`sys`) makes one of 0.01: what it made then, and when it is no more
 * than that.
 */
const DOORS: Readonly<Record<string, (a0: number, a1: number, a2: number, a3: number) => boolean>> =
  {
    // open, creat
    openat: (dirfd) => dirfd === AT_FDCWD,
    // stat, fstat
    newfstatat: (dirfd, _path, _buf, flags) => dirfd === AT_FDCWD || flags === AT_EMPTY_PATH,
    // waitpid
    wait4: () => true,
    // exit
    exit_group: () => true,
    // fork, and an execve behind it
    clone: (flags) => (flags & CLONE_THREAD) === 0,
    // pipe
    pipe2: (_at, flags) => flags === 0,
    // signal, and the return of its handler, which was a program's own affair
    rt_sigaction: () => true,
    rt_sigreturn: () => true,
    // read, of a directory
    getdents64: () => true,
  };

/**
 * Takes away what Linux 0.01 (September 1991) had not: of its 67 calls those are left that did something. Those without
 * code answer ENOSYS, and all numbers from 67 on -1. ustat answered -1, and so did setup to all but the first process.
 *
 * @linux include/linux/sys.h `sys_call_table`, kernel/system_call.s `system_call` (0.01)
 * @simplified the kernel behind the calls is that of 6.18: its checks and errnos, its scheduler, its signals with a
 * mask. TypeScript programs reach the old calls by today's numbers.
 */
export function becomeFirstLinux(kernel: Kernel): void {
  const had = FIRST_SYSCALLS.filter((name) => !EMPTY.has(name));
  for (let nr = 0; nr < kernel.syscalls32.length; nr++) {
    const name = FIRST_SYSCALLS[nr];
    if (name === undefined || EMPTY.has(name)) kernel.syscalls32[nr] = undefined;
  }
  // setup reads the table of partitions, once: the first process has done that.
  for (const name of ["setup", "ustat"]) kernel.syscalls32[FIRST_SYSCALLS.indexOf(name)] = () => -1;
  const kept = new Set<number>();
  for (const name of had) {
    const nr = syscallNumbers64[name];
    if (nr !== undefined) kept.add(nr);
  }
  for (let nr = 0; nr < kernel.syscalls.length; nr++) if (!kept.has(nr)) takeAway(kernel, nr);
  const ustat = syscallNumbers64["ustat"];
  if (ustat !== undefined) kernel.syscalls[ustat] = () => -1;
  kernel.hooks.absentCall = (nr, isCompat) => {
    const name = isCompat ? FIRST_SYSCALLS[nr] : syscallNames64[nr];
    return name !== undefined && EMPTY.has(name) ? -ENOSYS : BAD_SYS_CALL;
  };
}

/** A number has no call from now on, or leads through a door. */
function takeAway(kernel: Kernel, nr: number): void {
  const call = kernel.syscalls[nr];
  kernel.syscalls[nr] = undefined;
  if (call === undefined) return;
  for (const [name, isOld] of Object.entries(DOORS)) {
    if (syscallNumbers64[name] !== nr) continue;
    const door: SyscallFn = (task, a0, a1, a2, a3, a4, a5) =>
      isOld(a0 | 0, a1, a2, a3) ? call(task, a0, a1, a2, a3, a4, a5) : BAD_SYS_CALL;
    kernel.syscalls[nr] = door;
  }
}
