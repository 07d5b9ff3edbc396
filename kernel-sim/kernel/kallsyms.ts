import { CAP_SYSLOG } from "../include/uapi/capability.ts";
import { type Cred, capable } from "./cred.ts";
import type { Kernel } from "./kernel.ts";

/** Whoever may see what the whole machine does may see where it does it. */
const PARANOID_MAX = 1;

/**
 * Whether addresses of the kernel are shown to who has these credentials.
 *
 * @linux kernel/ksyms_common.c `kallsyms_show_value` (6.18)
 */
export function kallsymsShowValue({ sysctl }: Kernel, cred: Cred): boolean {
  if (sysctl.kptrRestrict >= 2) return false;
  const isForPerf = sysctl.kptrRestrict === 0 && sysctl.perfEventParanoid <= PARANOID_MAX;
  return isForPerf || capable(cred, CAP_SYSLOG);
}
