/**
 * The settings of a running kernel that /proc/sys shows and root may change, with Linux's defaults on a
 * machine of this size. Whoever obeys one reads it here.
 *
 * @linux kernel/sysctl.c and the tables of the subsystems (6.18)
 */
export class Sysctl {
  /** kernel.* */
  suidDumpable = 0;
  dmesgRestrict = 0;
  ngroupsMax = 65536;
  capLastCap = 40;
  threadsMax = 31_734;
  schedRtPeriodUs = 1_000_000;
  schedRtRuntimeUs = 950_000;
  schedRrTimesliceMs = 100;
  corePattern = "core";
  coreUsesPid = 0;
  randomizeVaSpace = 2;
  msgmax = 8192;
  msgmnb = 16384;
  msgmni = 32_000;
  shmmax = 18_446_744_073_692_774_000;
  shmall = 18_446_744_073_692_774_000;
  shmmni = 4096;
  sem: readonly number[] = [32_000, 1_024_000_000, 500, 32_000];
  /** fs.* */
  fileMax = 2 ** 63;
  nrOpen = 1_048_576;
  pipeMaxSize = 1_048_576;
  pipeUserPagesSoft = 16_384;
  pipeUserPagesHard = 0;
  protectedHardlinks = 1;
  protectedSymlinks = 0;
  protectedFifos = 0;
  protectedRegular = 0;
  leaseBreakTime = 45;
  leasesEnable = 1;
  mountMax = 100_000;
  aioMaxNr = 65_536;
  epollMaxUserWatches = 220_000;
  inotifyMaxUserInstances = 128;
  inotifyMaxUserWatches = 14_000;
  inotifyMaxQueuedEvents = 16_384;
  mqueueQueuesMax = 256;
  mqueueMsgMax = 10;
  mqueueMsgsizeMax = 8192;
  mqueueMsgDefault = 10;
  mqueueMsgsizeDefault = 8192;
  /** vm.* */
  overcommitMemory = 0;
  overcommitRatio = 50;
  overcommitKbytes = 0;
  maxMapCount = 65_530;
  mmapMinAddr = 65_536;
  swappiness = 60;
  unprivilegedUserfaultfd = 0;
  /** net.ipv4.* */
  ipUnprivilegedPortStart = 1024;
}
