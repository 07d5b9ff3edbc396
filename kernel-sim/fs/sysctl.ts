import type { Kernel } from "../kernel/kernel.ts";

/** The settings below /proc/sys/fs. */
export class FsSysctl {
  protectedHardlinks = 1;
  protectedSymlinks = 0;
  protectedFifos = 0;
  protectedRegular = 0;
  leaseBreakTimeSec = 45;
  leasesEnable = 1;
  mountMax = 100_000;
  nrOpen = 1_048_576;
  inotifyMaxQueuedEvents = 16_384;
  inotifyMaxUserInstances = 128;
  inotifyMaxUserWatches = 65_536;
}

export function fsSysctl(kernel: Kernel): FsSysctl {
  return kernel.subsystem("fs.sysctl", () => new FsSysctl());
}
