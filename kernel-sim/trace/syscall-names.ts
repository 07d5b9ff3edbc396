/** What the kernel's own function for a system call is called, where that is not what the call is. */
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";

/** @linux arch/x86/entry/syscalls/syscall_64.tbl (6.18) */
const OTHERWISE: Readonly<Record<string, string>> = {
  stat: "newstat",
  fstat: "newfstat",
  lstat: "newlstat",
  uname: "newuname",
  sendfile: "sendfile64",
  umount2: "umount",
};

/** Behind `__x64_sys_`, and in the names of its tracepoints; undefined: the number has no call. */
export function entryName(nr: number): string | undefined {
  const name = syscallNames64[nr];
  return name === undefined ? undefined : (OTHERWISE[name] ?? name);
}

/** The number of the call that has such an entry; -1: none has. */
export function numberOfEntry(entry: string): number {
  const renamed = Object.keys(OTHERWISE).find((name) => OTHERWISE[name] === entry);
  return OTHERWISE[entry] === undefined ? syscallNames64.indexOf(renamed ?? entry) : -1;
}
