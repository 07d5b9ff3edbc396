import { signalNames } from "../../sh/signals.ts";
import { flagNames } from "./flag-names.ts";

const FILE_TYPES: Readonly<Record<number, string>> = {
  2401: "S_IFIFO",
  4802: "S_IFCHR",
  9604: "S_IFDIR",
  14406: "S_IFBLK",
  16807: "S_IFREG",
  21609: "S_IFLNK",
  26411: "S_IFSOCK",
};
const S_IFMT = 0o170000;
const HANDLERS: Readonly<Record<number, string>> = { 0: "SIG_DFL", 1: "SIG_IGN" };
const CODES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  SIGCHLD: {
    1: "CLD_EXITED",
    2: "CLD_KILLED",
    3: "CLD_DUMPED",
    4: "CLD_TRAPPED",
    5: "CLD_STOPPED",
    6: "CLD_CONTINUED",
  },
  SIGSEGV: { 1: "SEGV_MAPERR", 2: "SEGV_ACCERR" },
  SIGFPE: { 1: "FPE_INTDIV" },
  SIGILL: { 2: "ILL_ILLOPN" },
  SIGTRAP: { 1: "TRAP_BRKPT", 2: "TRAP_TRACE" },
};
const SENT: Readonly<Record<number, string>> = { 0: "SI_USER", [-6]: "SI_TKILL", 128: "SI_KERNEL" };

export function signalName(signo: number): string {
  const name = signalNames()[signo - 1];
  return name === undefined ? String(signo) : `SIG${name}`;
}

export function octal(mode: number): string {
  return mode === 0 ? "000" : `0${mode.toString(8)}`;
}

export function hex(value: number): string {
  if (value === 0) return "0";
  return `0x${(value < 0 ? BigInt.asUintN(64, BigInt(value)) : BigInt(value)).toString(16)}`;
}

export function pointer(address: number): string {
  return address === 0 ? "NULL" : hex(address);
}

/** `struct stat` of x86-64. */
export function statText(view: DataView): string {
  const mode = view.getUint32(24, true);
  const type = FILE_TYPES[mode & S_IFMT] ?? "0";
  const isDevice = type === "S_IFCHR" || type === "S_IFBLK";
  const rdev = Number(view.getBigUint64(40, true));
  const size = Number(view.getBigInt64(48, true));
  const what = isDevice
    ? `st_rdev=makedev(${hex((rdev >> 8) & 0xfff)}, ${hex(rdev & 0xff)})`
    : `st_size=${size}`;
  return `{st_mode=${type}|${octal(mode & 0o7777)}, ${what}, ...}`;
}

/** `[INT CHLD]`, or `~[KILL]` when most of them are in it. */
export function sigsetText(view: DataView): string {
  const bits = view.getBigUint64(0, true);
  const names = signalNames().map((name, at) => ({
    name,
    isIn: ((bits >> BigInt(at)) & 1n) === 1n,
  }));
  const members = names.filter(({ isIn }) => isIn);
  if (members.length <= names.length / 2) return `[${members.map(({ name }) => name).join(" ")}]`;
  return `~[${names
    .filter(({ isIn }) => !isIn)
    .map(({ name }) => name)
    .join(" ")}]`;
}

/** The kernel's `struct sigaction`. */
export function sigactionText(view: DataView): string {
  const word = (at: number) => Number(view.getBigUint64(at, true));
  const handler = word(0);
  const flags = word(8);
  const restorer = (flags & 0x4000000) === 0 ? "" : `, sa_restorer=${hex(word(16))}`;
  const mask = sigsetText(new DataView(view.buffer, view.byteOffset + 24, 8));
  const name = HANDLERS[handler] ?? hex(handler);
  return `{sa_handler=${name}, sa_mask=${mask}, sa_flags=${flagNames("sa", flags) ?? ""}${restorer}}`;
}

export function timespecText(view: DataView): string {
  return `{tv_sec=${view.getBigInt64(0, true)}, tv_nsec=${view.getBigInt64(8, true)}}`;
}

/** A status of wait(2). */
export function statusText(status: number): string {
  if ((status & 0xff) === 0x7f) {
    return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName((status >> 8) & 0xff)}}]`;
  }
  if (status === 0xffff) return "[{WIFCONTINUED(s)}]";
  const signo = status & 0x7f;
  if (signo === 0) return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}]`;
  const core = (status & 0x80) === 0 ? "" : " && WCOREDUMP(s)";
  return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(signo)}${core}}]`;
}

/** The line of a signal that comes. */
export function siginfoText(view: DataView): string {
  const name = signalName(view.getInt32(0, true));
  const code = view.getInt32(8, true);
  const head = `si_signo=${name}, si_code=${CODES[name]?.[code] ?? SENT[code] ?? String(code)}`;
  const sender = `si_pid=${view.getInt32(16, true)}, si_uid=${view.getUint32(20, true)}`;
  if (name === "SIGCHLD" && code > 0) {
    const status = view.getInt32(24, true);
    const shown = code === 1 ? String(status) : signalName(status);
    const times = `si_utime=${view.getBigInt64(32, true)}, si_stime=${view.getBigInt64(40, true)}`;
    return `--- ${name} {${head}, ${sender}, si_status=${shown}, ${times}} ---`;
  }
  if (code > 0 && CODES[name] !== undefined) {
    return `--- ${name} {${head}, si_addr=${pointer(Number(view.getBigUint64(16, true)))}} ---`;
  }
  return code === 128 ? `--- ${name} {${head}} ---` : `--- ${name} {${head}, ${sender}} ---`;
}
