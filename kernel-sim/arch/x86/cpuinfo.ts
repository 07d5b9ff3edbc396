import type { ByteString } from "../../fs/fs.ts";
import type { Kernel } from "../../kernel/kernel.ts";

const MHZ = "3000.000";
const BOGOMIPS = "6000.00";

/**
 * /proc/cpuinfo of the simulated machine: what its processor has, and no more.
 *
 * @linux arch/x86/kernel/cpu/proc.c `show_cpuinfo` (6.18)
 */
export function cpuinfo(kernel: Kernel): ByteString {
  let text = "";
  for (let cpu = 0; cpu < kernel.cpus; cpu++) text += `${showCpu(cpu, kernel.cpus)}\n`;
  return text;
}

function showCpu(cpu: number, cpus: number): string {
  return [
    `processor\t: ${cpu}`,
    "vendor_id\t: Kernelbook",
    "cpu family\t: 6",
    "model\t\t: 0",
    "model name\t: Kernelbook simulated processor",
    "stepping\t: 0",
    `cpu MHz\t\t: ${MHZ}`,
    "physical id\t: 0",
    `siblings\t: ${cpus}`,
    `core id\t\t: ${cpu}`,
    `cpu cores\t: ${cpus}`,
    `apicid\t\t: ${cpu}`,
    `initial apicid\t: ${cpu}`,
    "fpu\t\t: yes",
    "fpu_exception\t: yes",
    "cpuid level\t: 13",
    "wp\t\t: yes",
    "flags\t\t: fpu tsc msr pae cx8 apic pge cmov pat clflush mmx fxsr sse sse2 syscall nx lm constant_tsc",
    "bugs\t\t:",
    `bogomips\t: ${BOGOMIPS}`,
    "clflush size\t: 64",
    "cache_alignment\t: 64",
    "address sizes\t: 32 bits physical, 48 bits virtual",
    "power management:",
    "",
  ].join("\n");
}
