import { errnoName } from "../../../kernel-sim/include/errno.ts";

/** Flag words and numbers that the corpus records by their names. */

type Names = readonly (readonly [bit: number, name: string])[];

/** Names joined in ascending bit order, unknown bits last as hex; 0 if there is none. */
export function recordFlags(word: number, names: Names): string | number {
  let rest = word >>> 0;
  const found: string[] = [];
  for (const [bit, name] of names) {
    if ((rest & bit) === 0) continue;
    found.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (rest !== 0) found.push(`0x${rest.toString(16)}`);
  return found.length === 0 ? 0 : found.join("|");
}

const POLL_BITS: Names = [
  [0x1, "IN"],
  [0x2, "PRI"],
  [0x4, "OUT"],
  [0x8, "ERR"],
  [0x10, "HUP"],
  [0x20, "NVAL"],
  [0x40, "RDNORM"],
  [0x80, "RDBAND"],
  [0x100, "WRNORM"],
  [0x200, "WRBAND"],
  [0x400, "MSG"],
];

export const POLL_FLAGS: Names = [
  ...POLL_BITS.map(([bit, name]) => [bit, `POLL${name}`] as const),
  [0x1000, "POLLREMOVE"],
  [0x2000, "POLLRDHUP"],
];

export const EPOLL_FLAGS: Names = [
  ...POLL_BITS.map(([bit, name]) => [bit, `EPOLL${name}`] as const),
  [0x2000, "EPOLLRDHUP"],
  [0x1000_0000, "EPOLLEXCLUSIVE"],
  [0x2000_0000, "EPOLLWAKEUP"],
  [0x4000_0000, "EPOLLONESHOT"],
  [0x8000_0000, "EPOLLET"],
];

export const INOTIFY_FLAGS: Names = [
  [0x1, "IN_ACCESS"],
  [0x2, "IN_MODIFY"],
  [0x4, "IN_ATTRIB"],
  [0x8, "IN_CLOSE_WRITE"],
  [0x10, "IN_CLOSE_NOWRITE"],
  [0x20, "IN_OPEN"],
  [0x40, "IN_MOVED_FROM"],
  [0x80, "IN_MOVED_TO"],
  [0x100, "IN_CREATE"],
  [0x200, "IN_DELETE"],
  [0x400, "IN_DELETE_SELF"],
  [0x800, "IN_MOVE_SELF"],
  [0x2000, "IN_UNMOUNT"],
  [0x4000, "IN_Q_OVERFLOW"],
  [0x8000, "IN_IGNORED"],
  [0x4000_0000, "IN_ISDIR"],
];

export const MSG_FLAGS: Names = [
  [0x1, "MSG_OOB"],
  [0x2, "MSG_PEEK"],
  [0x4, "MSG_DONTROUTE"],
  [0x8, "MSG_CTRUNC"],
  [0x20, "MSG_TRUNC"],
  [0x40, "MSG_DONTWAIT"],
  [0x80, "MSG_EOR"],
  [0x100, "MSG_WAITALL"],
  [0x2000, "MSG_ERRQUEUE"],
  [0x4000, "MSG_NOSIGNAL"],
  [0x4000_0000, "MSG_CMSG_CLOEXEC"],
];

export const SA_SIGINFO = 0x4;
export const SA_RESTORER = 0x0400_0000;

export const SA_FLAGS: Names = [
  [0x1, "SA_NOCLDSTOP"],
  [0x2, "SA_NOCLDWAIT"],
  [0x0800_0000, "SA_ONSTACK"],
  [0x1000_0000, "SA_RESTART"],
  [0x4000_0000, "SA_NODEFER"],
  [0x8000_0000, "SA_RESETHAND"],
];

const SIGNALS = [
  ...["SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE"],
  ...["SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT"],
  ...["SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU"],
  ...["SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS"],
];

/** A signal by its name, SIG34 and up by their number; 0 for none. */
export function recordSignal(signo: number): string | number {
  if (signo === 0) return 0;
  return SIGNALS[signo - 1] ?? `SIG${signo}`;
}

const FILE_TYPES: Readonly<Record<number, string>> = {
  1: "fifo",
  2: "chr",
  4: "dir",
  6: "blk",
  8: "reg",
  10: "lnk",
  12: "sock",
};

/** The name of a `DT_` value, which is also that of the upper bits of a mode. */
export function recordFileType(type: number): string {
  return FILE_TYPES[type] ?? "unknown";
}

/** Errors from here on are the kernel's own: they have no name that a program knows. */
const ERRNO_NAMES_END = 512;

/** An error by its name, or its number as text. */
export function recordErrno(errno: number): string {
  const name = errno < ERRNO_NAMES_END ? errnoName(errno) : "";
  return name.startsWith("E") ? name : String(errno);
}
