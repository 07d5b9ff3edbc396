/**
 * The settings of the kernel's core that /proc/sys shows and root may change, with Linux's defaults. What other
 * parts obey lies with them.
 *
 * @linux kernel/sysctl.c and the tables of the subsystems (6.18)
 */
export class Sysctl {
  suidDumpable = 0;
  dmesgRestrict = 0;
  schedRtPeriodUs = 1_000_000;
  schedRtRuntimeUs = 950_000;
  schedRrTimesliceMs = 100;
  corePattern = "core";
  coreUsesPid = 0;
  randomizeVaSpace = 2;
  /** 0: tasks without capabilities may use some of BPF; 1: that can no longer be changed. */
  unprivilegedBpfDisabled = 2;
  /** What tasks without capabilities may not count: above 1 the kernel, above 0 other CPUs, above -1 what others do. */
  perfEventParanoid = 2;
  /** 0: programs are interpreted; 2 is for those who look for mistakes in compilers. */
  bpfJitEnable = 1;
  /** Whether /proc/kallsyms has the names of programs. */
  bpfJitKallsyms = 1;
  /** Who sees addresses of the kernel: 0: as perfEventParanoid says; 1: who has CAP_SYSLOG; 2: nobody. */
  kptrRestrict = 0;
  fileMax = 2 ** 63;
  /** How many threads there may be; at boot, as many as an eighth of memory holds stacks for. */
  threadsMax = Infinity;
}
