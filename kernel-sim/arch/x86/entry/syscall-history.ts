/**
 * When system calls came and went. The releases are those of syscalls(2): a call of a development
 * series counts for the stable one that followed, and what 1.0 had and 0.01 had not says "1.0".
 */

/**
 * The 67 calls of Linux 0.01, in the order of their numbers; several had no code yet.
 *
 * @linux include/linux/sys.h `sys_call_table` (0.01)
 */
export const FIRST_SYSCALLS: readonly string[] = Object.freeze(
  `
setup exit fork read write open close waitpid creat link unlink execve chdir time mknod chmod
chown break stat lseek getpid mount umount setuid getuid stime ptrace alarm fstat pause utime stty
gtty access nice ftime sync kill rename mkdir rmdir dup pipe times prof brk setgid getgid signal
geteuid getegid acct phys lock ioctl fcntl mpx setpgid ulimit uname umask chroot ustat dup2
getppid getpgrp setsid
`
    .trim()
    .split(/\s+/),
);

/** Rows that never had code in a released kernel, only a name. */
export const NEVER_IMPLEMENTED: readonly string[] = Object.freeze(
  `
break stty gtty ftime prof lock mpx ulimit profil idle afs_syscall getpmsg putpmsg tuxcall
security vserver epoll_ctl_old epoll_wait_old
`
    .trim()
    .split(/\s+/),
);

/** The release in which a call is gone. */
export const SYSCALL_REMOVED: Readonly<Record<string, string>> = Object.freeze({
  _sysctl: "5.5",
  bdflush: "5.15",
  create_module: "2.6",
  get_kernel_syms: "2.6",
  lookup_dcookie: "6.7",
  nfsservctl: "3.1",
  query_module: "2.6",
  setup: "2.2",
});

const ADDED = `
1.0 lchown oldstat oldfstat oldolduname sigaction sgetmask ssetmask setreuid setregid sigsuspend
1.0 sigpending sethostname setrlimit getrlimit getrusage gettimeofday settimeofday getgroups
1.0 setgroups select symlink oldlstat readlink uselib swapon reboot readdir mmap munmap truncate
1.0 ftruncate fchmod fchown getpriority setpriority statfs fstatfs ioperm socketcall syslog
1.0 setitimer getitimer lstat olduname iopl vhangup vm86old wait4 swapoff sysinfo ipc fsync
1.0 sigreturn clone setdomainname modify_ldt adjtimex mprotect sigprocmask create_module
1.0 init_module delete_module get_kernel_syms quotactl getpgid fchdir
1.2 bdflush sysfs personality setfsuid setfsgid _llseek
2.0 getdents _newselect flock msync readv writev getsid fdatasync _sysctl mlock munlock mlockall
2.0 munlockall sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_yield
2.0 sched_get_priority_max sched_get_priority_min sched_rr_get_interval nanosleep mremap socket
2.0 socketpair bind connect listen getsockopt setsockopt getsockname getpeername sendto sendmsg
2.0 recvfrom recvmsg shutdown semget semctl shmget shmctl shmat shmdt msgget msgsnd msgrcv msgctl
2.0 accept semop
2.2 umount2 setresuid getresuid vm86 query_module poll nfsservctl setresgid getresgid prctl
2.2 rt_sigreturn rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo
2.2 rt_sigsuspend pread64 pwrite64 getcwd capget capset sigaltstack sendfile vfork utimes
2.4 ugetrlimit mmap2 truncate64 ftruncate64 stat64 lstat64 fstat64 lchown32 getuid32 getgid32
2.4 geteuid32 getegid32 setreuid32 setregid32 getgroups32 setgroups32 fchown32 setresuid32
2.4 getresuid32 setresgid32 getresgid32 chown32 setuid32 setgid32 setfsuid32 setfsgid32 pivot_root
2.4 mincore madvise getdents64 fcntl64
2.4.11 gettid
2.4.13 readahead
2.6 restart_syscall setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr
2.6 flistxattr removexattr lremovexattr fremovexattr tkill sendfile64 futex sched_setaffinity
2.6 sched_getaffinity set_thread_area get_thread_area io_setup io_destroy io_getevents io_submit
2.6 io_cancel fadvise64 exit_group lookup_dcookie epoll_create epoll_ctl epoll_wait
2.6 remap_file_pages set_tid_address timer_create timer_settime timer_gettime timer_getoverrun
2.6 timer_delete clock_settime clock_gettime clock_getres clock_nanosleep statfs64 fstatfs64
2.6 tgkill fadvise64_64 arch_prctl semtimedop
2.6.6 mbind get_mempolicy set_mempolicy mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify
2.6.6 mq_getsetattr
2.6.10 waitid add_key request_key keyctl
2.6.13 kexec_load ioprio_set ioprio_get inotify_init inotify_add_watch inotify_rm_watch
2.6.16 migrate_pages openat mkdirat mknodat fchownat futimesat fstatat64 unlinkat renameat linkat
2.6.16 symlinkat readlinkat fchmodat faccessat pselect6 ppoll unshare newfstatat
2.6.17 set_robust_list get_robust_list splice sync_file_range tee vmsplice
2.6.18 move_pages
2.6.19 getcpu epoll_pwait
2.6.22 utimensat signalfd eventfd
2.6.23 fallocate
2.6.25 timerfd_create timerfd_settime timerfd_gettime
2.6.27 signalfd4 eventfd2 epoll_create1 dup3 pipe2 inotify_init1
2.6.28 accept4
2.6.30 preadv pwritev
2.6.31 rt_tgsigqueueinfo perf_event_open
2.6.33 recvmmsg
2.6.36 prlimit64
2.6.37 fanotify_init fanotify_mark
2.6.39 name_to_handle_at open_by_handle_at clock_adjtime syncfs
3.0 sendmmsg setns
3.2 process_vm_readv process_vm_writev
3.5 kcmp
3.8 finit_module
3.14 sched_setattr sched_getattr
3.15 renameat2
3.17 seccomp getrandom memfd_create kexec_file_load
3.18 bpf
3.19 execveat
4.3 userfaultfd membarrier
4.4 mlock2
4.5 copy_file_range
4.6 preadv2 pwritev2
4.8 pkey_mprotect pkey_alloc pkey_free
4.11 statx
4.18 io_pgetevents rseq
5.1 clock_gettime64 clock_settime64 clock_adjtime64 clock_getres_time64 clock_nanosleep_time64
5.1 timer_gettime64 timer_settime64 timerfd_gettime64 timerfd_settime64 utimensat_time64
5.1 pselect6_time64 ppoll_time64 io_pgetevents_time64 recvmmsg_time64 mq_timedsend_time64
5.1 mq_timedreceive_time64 semtimedop_time64 rt_sigtimedwait_time64 futex_time64
5.1 sched_rr_get_interval_time64 pidfd_send_signal io_uring_setup io_uring_enter io_uring_register
5.2 open_tree move_mount fsopen fsconfig fsmount fspick
5.3 pidfd_open clone3
5.6 openat2 pidfd_getfd
5.8 faccessat2
5.9 close_range
5.10 process_madvise
5.11 epoll_pwait2
5.12 mount_setattr
5.13 landlock_create_ruleset landlock_add_rule landlock_restrict_self
5.14 quotactl_fd memfd_secret
5.15 process_mrelease
5.16 futex_waitv
5.17 set_mempolicy_home_node
6.5 cachestat
6.6 fchmodat2 map_shadow_stack
6.7 futex_wake futex_wait futex_requeue
6.8 statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules
6.10 mseal
6.11 uretprobe
6.13 setxattrat getxattrat listxattrat removexattrat
6.15 open_tree_attr
6.17 file_getattr file_setattr
6.18 uprobe
`;

/**
 * Where a number of the i386 table from 67 on was taken in another release than the call came: most of them later,
 * since one call had stood for many (socketcall, ipc).
 *
 * @linux arch/x86/entry/syscalls/syscall_32.tbl (0.01 to 6.18)
 */
export const NUMBER_TAKEN_32: Readonly<Record<string, string>> = Object.freeze(
  Object.fromEntries(
    `
1.0 stat fstat uname
2.2 chown
2.6 utimes
4.12 arch_prctl
4.3 socket socketpair bind connect listen accept4 getsockopt setsockopt getsockname getpeername
4.3 sendto sendmsg recvfrom recvmsg shutdown
5.1 semget semctl shmget shmctl shmat shmdt msgget msgsnd msgrcv msgctl
`
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [release = "", ...names] = line.split(" ");
        return names.map((name) => [name, release]);
      }),
  ),
);

/** The release that brought a call, by the name it has in the tables of today. */
export const SYSCALL_ADDED: Readonly<Record<string, string>> = Object.freeze(readAdded());

function readAdded(): Record<string, string> {
  const added: Record<string, string> = {};
  for (const name of FIRST_SYSCALLS) {
    if (!NEVER_IMPLEMENTED.includes(name)) added[name] = "0.01";
  }
  for (const line of ADDED.trim().split("\n")) {
    const [release, ...names] = line.split(" ");
    for (const name of names) added[name] = release!;
  }
  return added;
}
