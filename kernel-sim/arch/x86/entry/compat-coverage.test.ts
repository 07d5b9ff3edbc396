import { expect, test } from "vitest";
import { startKernel } from "../../../init/main.ts";
import { syscallNames32 } from "./syscall-table-32.ts";

/** Rows of i386 alone, or under another name than at x86-64, with the name of their twin there. */
const TWINS: Readonly<Record<string, string>> = {
  waitpid: "wait4",
  stime: "settimeofday",
  nice: "setpriority",
  umount: "umount2",
  readdir: "getdents",
  ipc: "shmget",
  socketcall: "socket",
  _llseek: "lseek",
  _newselect: "select",
  statfs64: "statfs",
  fstatfs64: "fstatfs",
  fstatat64: "newfstatat",
  fcntl64: "fcntl",
  sendfile64: "sendfile",
  fadvise64_64: "fadvise64",
  mmap2: "mmap",
  ugetrlimit: "getrlimit",
  sigaction: "rt_sigaction",
  sigsuspend: "rt_sigsuspend",
  sigpending: "rt_sigpending",
  sigprocmask: "rt_sigprocmask",
  sigreturn: "rt_sigreturn",
  signal: "rt_sigaction",
  sgetmask: "rt_sigprocmask",
  ssetmask: "rt_sigprocmask",
  olduname: "uname",
  oldolduname: "uname",
  oldstat: "stat",
  oldfstat: "fstat",
  oldlstat: "lstat",
};

/** The call of x86-64 that does the same: i386 tells by a number how wide times, clocks and ids are. */
function twinOf(name: string): string {
  const width = /_time64$|(?<=^(?:clock|timer|timerfd)_\w+)64$|(?<=id|groups|chown)32$/;
  return TWINS[name] ?? name.replace(width, "");
}

test("every row of the table of i386 is built whose twin of x86-64 is", () => {
  const { kernel } = startKernel({ cpus: 1, seed: 1 });
  const isBuilt = (name: string) => kernel.syscallNames.has(name);
  const missing: string[] = [];
  syscallNames32.forEach((name, nr) => {
    if (name === undefined || kernel.syscalls32[nr] !== undefined) return;
    if (isBuilt(twinOf(name))) missing.push(name);
  });
  expect(missing).toEqual([]);
});
