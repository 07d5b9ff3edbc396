import { sysKcmp } from "./kcmp.ts";
import { sysPersonality } from "./personality.ts";
import { sysReboot } from "./reboot.ts";
import { sysSetns } from "./setns.ts";
import type { SyscallTable } from "./syscall.ts";
import { sysSysinfo } from "./sysinfo.ts";
import { sysSyslog } from "./syslog.ts";
import { sysGetrusage, sysTimes } from "./times.ts";
import { sysNewuname, sysSetdomainname, sysSethostname } from "./uname.ts";
import { sysUnshare } from "./unshare.ts";

/** What the kernel tells about itself and its machine. */
export const sysSyscalls: SyscallTable = {
  uname: sysNewuname,
  sethostname: sysSethostname,
  setdomainname: sysSetdomainname,
  sysinfo: sysSysinfo,
  syslog: sysSyslog,
  personality: sysPersonality,
  reboot: sysReboot,
  unshare: sysUnshare,
  kcmp: sysKcmp,
  setns: sysSetns,
  times: sysTimes,
  getrusage: sysGetrusage,
};
