type Names = readonly (readonly [string, number])[];

const OPEN: Names = [
  ["O_CREAT", 0o100],
  ["O_EXCL", 0o200],
  ["O_NOCTTY", 0o400],
  ["O_TRUNC", 0o1000],
  ["O_APPEND", 0o2000],
  ["O_NONBLOCK", 0o4000],
  ["O_SYNC", 0o4010000],
  ["O_DSYNC", 0o10000],
  ["O_DIRECT", 0o40000],
  ["O_LARGEFILE", 0o100000],
  ["O_NOFOLLOW", 0o400000],
  ["O_NOATIME", 0o1000000],
  ["O_CLOEXEC", 0o2000000],
  ["O_PATH", 0o10000000],
  ["O_TMPFILE", 0o20200000],
  ["O_DIRECTORY", 0o200000],
];
const PROT: Names = [
  ["PROT_READ", 1],
  ["PROT_WRITE", 2],
  ["PROT_EXEC", 4],
];
const MAP: Names = [
  ["MAP_SHARED", 1],
  ["MAP_PRIVATE", 2],
  ["MAP_FIXED", 0x10],
  ["MAP_ANONYMOUS", 0x20],
  ["MAP_GROWSDOWN", 0x100],
  ["MAP_LOCKED", 0x2000],
  ["MAP_NORESERVE", 0x4000],
  ["MAP_POPULATE", 0x8000],
  ["MAP_STACK", 0x20000],
  ["MAP_FIXED_NOREPLACE", 0x100000],
];
const CLONE: Names = [
  ["CLONE_VM", 0x100],
  ["CLONE_FS", 0x200],
  ["CLONE_FILES", 0x400],
  ["CLONE_SIGHAND", 0x800],
  ["CLONE_PIDFD", 0x1000],
  ["CLONE_PTRACE", 0x2000],
  ["CLONE_VFORK", 0x4000],
  ["CLONE_PARENT", 0x8000],
  ["CLONE_THREAD", 0x10000],
  ["CLONE_NEWNS", 0x20000],
  ["CLONE_SYSVSEM", 0x40000],
  ["CLONE_SETTLS", 0x80000],
  ["CLONE_PARENT_SETTID", 0x100000],
  ["CLONE_CHILD_CLEARTID", 0x200000],
  ["CLONE_CHILD_SETTID", 0x1000000],
  ["CLONE_NEWUTS", 0x4000000],
  ["CLONE_NEWIPC", 0x8000000],
  ["CLONE_NEWUSER", 0x10000000],
  ["CLONE_NEWPID", 0x20000000],
  ["CLONE_NEWNET", 0x40000000],
];
const AT: Names = [
  ["AT_SYMLINK_NOFOLLOW", 0x100],
  ["AT_REMOVEDIR", 0x200],
  ["AT_SYMLINK_FOLLOW", 0x400],
  ["AT_EMPTY_PATH", 0x1000],
];
const ACCESS: Names = [
  ["R_OK", 4],
  ["W_OK", 2],
  ["X_OK", 1],
];
const WAIT: Names = [
  ["WNOHANG", 1],
  ["WUNTRACED", 2],
  ["WCONTINUED", 8],
  ["__WALL", 0x40000000],
];
const SA: Names = [
  ["SA_RESTORER", 0x4000000],
  ["SA_NOCLDSTOP", 1],
  ["SA_NOCLDWAIT", 2],
  ["SA_SIGINFO", 4],
  ["SA_ONSTACK", 0x8000000],
  ["SA_RESTART", 0x10000000],
  ["SA_NODEFER", 0x40000000],
  ["SA_RESETHAND", 0x80000000],
];

/** Values of which an argument is one. */
const ONE_OF: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  whence: { 0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END", 3: "SEEK_DATA", 4: "SEEK_HOLE" },
  sigmask: { 0: "SIG_BLOCK", 1: "SIG_UNBLOCK", 2: "SIG_SETMASK" },
  clock: {
    0: "CLOCK_REALTIME",
    1: "CLOCK_MONOTONIC",
    2: "CLOCK_PROCESS_CPUTIME_ID",
    7: "CLOCK_BOOTTIME",
  },
  family: { 1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK" },
  fcntl: {
    0: "F_DUPFD",
    1: "F_GETFD",
    2: "F_SETFD",
    3: "F_GETFL",
    4: "F_SETFL",
    5: "F_GETLK",
    6: "F_SETLK",
    7: "F_SETLKW",
    1030: "F_DUPFD_CLOEXEC",
    1031: "F_SETPIPE_SZ",
    1032: "F_GETPIPE_SZ",
  },
  ioctl: {
    21505: "TCGETS",
    21506: "TCSETS",
    21507: "TCSETSW",
    21519: "TIOCGPGRP",
    21520: "TIOCSPGRP",
    21523: "TIOCGWINSZ",
    21524: "TIOCSWINSZ",
    21531: "FIONREAD",
    21518: "TIOCSCTTY",
  },
};

const SETS: Readonly<Record<string, Names>> = {
  prot: PROT,
  map: MAP,
  clone: CLONE,
  at: AT,
  access: ACCESS,
  wait: WAIT,
  sa: SA,
  oflags: OPEN,
};
/** What a set without members is called. */
const EMPTY: Readonly<Record<string, string>> = { prot: "PROT_NONE", access: "F_OK" };

/** `A|B|0x4`; undefined when there is no such set of flags. */
export function flagNames(set: string, value: number): string | undefined {
  const names = set === "open" ? OPEN : SETS[set];
  if (names === undefined) return ONE_OF[set]?.[value];
  const found = set === "open" ? [["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][value & 3]!] : [];
  let left = set === "open" ? value & ~3 : value;
  for (const [name, bit] of names) {
    if ((left & bit) !== bit) continue;
    found.push(name);
    left &= ~bit;
  }
  if (left !== 0) found.push(`0x${(left >>> 0).toString(16)}`);
  return found.length === 0 ? (EMPTY[set] ?? "0") : found.join("|");
}

/** `SOCK_STREAM|SOCK_CLOEXEC`. */
export function socketType(value: number): string {
  const types: Readonly<Record<number, string>> = {
    1: "SOCK_STREAM",
    2: "SOCK_DGRAM",
    5: "SOCK_SEQPACKET",
  };
  const names = [types[value & 0xf] ?? String(value & 0xf)];
  if ((value & 0o2000000) !== 0) names.push("SOCK_CLOEXEC");
  if ((value & 0o4000) !== 0) names.push("SOCK_NONBLOCK");
  return names.join("|");
}
