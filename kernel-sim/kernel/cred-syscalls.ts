import { sysArchPrctl } from "../arch/x86/prctl.ts";
import { sysCapget, sysCapset } from "./capability.ts";
import { sysGetgroups, sysSetgroups } from "./groups.ts";
import { sysPrctl } from "./prctl.ts";
import { sysGetrlimit, sysPrlimit64, sysSetrlimit } from "./rlimit.ts";
import {
  sysGetegid,
  sysGetgid,
  sysGetresgid,
  sysSetfsgid,
  sysSetgid,
  sysSetregid,
  sysSetresgid,
} from "./setgid.ts";
import {
  sysGeteuid,
  sysGetresuid,
  sysGetuid,
  sysSetfsuid,
  sysSetresuid,
  sysSetreuid,
  sysSetuid,
} from "./setuid.ts";
import type { SyscallTable } from "./syscall.ts";

/** The calls that ask and say who a process is and what it may do. */
export const credSyscalls: SyscallTable = {
  getuid: sysGetuid,
  geteuid: sysGeteuid,
  getgid: sysGetgid,
  getegid: sysGetegid,
  setuid: sysSetuid,
  setgid: sysSetgid,
  setreuid: sysSetreuid,
  setregid: sysSetregid,
  setresuid: sysSetresuid,
  setresgid: sysSetresgid,
  getresuid: sysGetresuid,
  getresgid: sysGetresgid,
  setfsuid: sysSetfsuid,
  setfsgid: sysSetfsgid,
  getgroups: sysGetgroups,
  setgroups: sysSetgroups,
  capget: sysCapget,
  capset: sysCapset,
  prctl: sysPrctl,
  arch_prctl: sysArchPrctl,
  getrlimit: sysGetrlimit,
  setrlimit: sysSetrlimit,
  prlimit64: sysPrlimit64,
};
