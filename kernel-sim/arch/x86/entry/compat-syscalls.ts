import { compatOpenat } from "../../../fs/open.ts";
import { EFAULT, EINVAL } from "../../../include/errno.ts";
import { AT_FDCWD } from "../../../include/uapi/fcntl.ts";
import { CSIGNAL } from "../../../include/uapi/sched.ts";
import { kernelClone } from "../../../kernel/fork.ts";
import { signalCompatSyscalls } from "../../../kernel/signal-compat-syscalls.ts";
import type { SyscallFn, SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { mmapPgoff } from "../../../mm/mmap.ts";
import { structFromUser } from "../../../mm/uaccess.ts";
import { sysArchPrctl } from "../prctl.ts";
import { isShstkOption, shstkPrctl } from "../shstk.ts";
import { fsCompatSyscalls } from "./compat-fs-syscalls.ts";
import { ioCompatSyscalls } from "./compat-io-syscalls.ts";
import { ipcCompatSyscalls } from "./compat-ipc-syscalls.ts";
import { compatPtrace } from "./compat-ptrace.ts";
import { selectCompatSyscalls } from "./compat-select-syscalls.ts";
import { sigeventCompatSyscalls } from "./compat-sigevent-syscalls.ts";
import { socketCompatSyscalls } from "./compat-socket-syscalls.ts";
import { statCompatSyscalls } from "./compat-stat-syscalls.ts";
import { sysCompatSyscalls } from "./compat-sys-syscalls.ts";
import { timeCompatSyscalls } from "./compat-time-syscalls.ts";
import { translated } from "./compat-translate.ts";

/**
 * System calls that mean the same to 32-bit programs: their arguments are numbers, pointers to bytes and
 * strings, or structures that both ABIs lay out alike.
 *
 * @linux arch/x86/entry/syscalls/syscall_32.tbl (6.18): rows without a compat entry, as far as they are here
 * @simplified a descriptor that CLONE_SETTLS cannot use is left out.
 */
const SAME: ReadonlySet<string> = new Set(
  (
    "exit fork read write close creat link unlink chdir mknod chmod getpid setpgid access sync kill rename " +
    "mkdir rmdir dup pipe brk umask chroot dup2 getppid getpgrp setsid sethostname symlink readlink munmap " +
    "fchmod getpriority setpriority fsync mprotect getpgid fchdir personality getsid fdatasync mlock munlock " +
    "mlockall munlockall sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_yield " +
    "sched_get_priority_max sched_get_priority_min mremap poll prctl getcwd vfork gettid tkill madvise mincore " +
    "exit_group epoll_create epoll_ctl epoll_wait set_tid_address tgkill mkdirat mknodat unlinkat renameat " +
    "linkat symlinkat readlinkat fchmodat faccessat unshare eventfd eventfd2 epoll_create1 dup3 pipe2 inotify_init " +
    "inotify_init1 inotify_add_watch inotify_rm_watch rt_sigprocmask rt_sigpending pause alarm setns getcpu " +
    "sched_setaffinity sched_getaffinity getrandom memfd_create bpf perf_event_open flock syncfs renameat2 close_range faccessat2 " +
    "getdents64 getpriority umount2 mount statx uname restart_syscall rt_sigsuspend rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd " +
    "pidfd_send_signal wait4 waitid getrusage " +
    "prlimit64 fchownat setdomainname splice tee copy_file_range timerfd_create timer_delete timer_getoverrun signalfd " +
    "signalfd4 membarrier mlock2 msync ioprio_set ioprio_get openat2 fchmodat2 capget capset syslog reboot pivot_root " +
    "setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr " +
    "fremovexattr sched_setattr sched_getattr kcmp pkey_mprotect pkey_alloc pkey_free " +
    "epoll_pwait epoll_pwait2 futex_waitv futex_wake futex_wait futex_requeue mseal setxattrat getxattrat listxattrat " +
    "removexattrat landlock_create_ruleset landlock_add_rule landlock_restrict_self swapon swapoff remap_file_pages " +
    "get_mempolicy set_mempolicy mq_unlink userfaultfd semget shmget shmat shmdt msgget clone3"
  ).split(" "),
);

const ARCH_GET_CPUID = 0x1011;

/** What differs. */
const OWN: SyscallTable = {
  ...signalCompatSyscalls,
  ...statCompatSyscalls,
  ...timeCompatSyscalls,
  ...ioCompatSyscalls,
  ...socketCompatSyscalls,
  ...sysCompatSyscalls,
  ...selectCompatSyscalls,
  ...sigeventCompatSyscalls,
  ...ipcCompatSyscalls,
  ...fsCompatSyscalls,
  waitpid: (task, pid, status, options) => call(task, "wait4", pid, status, options, 0, 0, 0),
  lseek: (task, fd, offset, whence) => call(task, "lseek", fd, offset | 0, whence, 0, 0, 0),
  open: (task, path, flags, mode) => compatOpenat(task, AT_FDCWD, path, flags, mode),
  openat: (task, fd, path, flags, mode) => compatOpenat(task, fd, path, flags, mode),
  ptrace: compatPtrace,
  mmap: oldMmap,
  arch_prctl: compatArchPrctl,
  mmap2: (task, addr, len, prot, flags, fd, pgoff) =>
    mmapPgoff(task, addr, len, prot, flags, fd | 0, pgoff),
  clone: (task, flags, stack, parentTid, tls, childTid) =>
    kernelClone(task, {
      flags: flags - (flags & CSIGNAL),
      exitSignal: flags & CSIGNAL,
      pidfd: parentTid,
      parentTid,
      childTid,
      stack,
      tls,
      setTid: [],
    }),
};

/** Whether `name` means the same in both tables. */
export function isSameInBoth(name: string): boolean {
  return SAME.has(name);
}

/** The call of the 32-bit table under `name`, if it has one of its own. */
export function compatSyscall(name: string): SyscallFn | undefined {
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  return own === undefined ? undefined : translated(own);
}

/** The old mmap: i386 has too few registers for six arguments, so they lie in memory. */
function oldMmap(task: Task, block: number): number {
  const view = structFromUser(task, block, 24);
  if (typeof view === "number") return -EFAULT;
  const word = (index: number) => view.getUint32(index * 4, true);
  const offset = word(5);
  if (offset % 4096 !== 0) return -EINVAL;
  return mmapPgoff(task, word(0), word(1), word(2), word(3), word(4) | 0, offset / 4096);
}

/**
 * @linux arch/x86/kernel/process.c `COMPAT_SYSCALL_DEFINE2(arch_prctl, …)` (6.18): only what is about CPUID and
 * extended states
 */
function compatArchPrctl(task: Task, option: number, arg2: number): number {
  if (isShstkOption(option)) return shstkPrctl(task, option, arg2);
  return option < ARCH_GET_CPUID ? -EINVAL : sysArchPrctl(task, option, arg2);
}

function call(
  task: Task,
  name: string,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  a4: number,
  a5: number,
) {
  return task.kernel.syscallByName(name)(task, a0, a1, a2, a3, a4, a5);
}
