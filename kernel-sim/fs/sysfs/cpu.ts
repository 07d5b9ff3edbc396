import type { Kernel } from "../../kernel/kernel.ts";
import { dir, readOnly, type SysfsDir, type SysfsNode, sysfsTree } from "./node.ts";

const KERNEL_MAX = 8191;

/**
 * The processors: all in one package, each a core without a second thread.
 *
 * @linux drivers/base/cpu.c, drivers/base/topology.c (6.18)
 * @spec Documentation/ABI/testing/sysfs-devices-system-cpu, Documentation/admin-guide/cputopology.rst
 */
export function initSysfsCpu(kernel: Kernel): void {
  const all = kernel.cpus === 1 ? "0" : `0-${kernel.cpus - 1}`;
  sysfsTree(kernel).add(
    "devices/system/cpu",
    dir(() => {
      const entries: Record<string, SysfsNode> = {};
      for (let cpu = 0; cpu < kernel.cpus; cpu++) entries[`cpu${cpu}`] = cpuDir(kernel, cpu, all);
      for (const name of ["online", "possible", "present"]) entries[name] = readOnly(() => all);
      for (const name of ["isolated", "offline"]) entries[name] = readOnly(() => "");
      entries["kernel_max"] = readOnly(() => KERNEL_MAX);
      return entries;
    }),
  );
}

function cpuDir(kernel: Kernel, cpu: number, all: string): SysfsDir {
  const digits = Math.ceil(kernel.cpus / 4);
  const mask = (bits: bigint) => hexMask(bits, digits);
  const own = 1n << BigInt(cpu);
  const every = (1n << BigInt(kernel.cpus)) - 1n;
  const ofCore = { map: mask(own), list: String(cpu) };
  const ofPackage = { map: mask(every), list: all };
  return dir(() => ({
    topology: dir(() => ({
      ...siblings("core_cpus", ofCore),
      core_id: readOnly(() => cpu),
      ...siblings("core_siblings", ofPackage),
      ...siblings("package_cpus", ofPackage),
      physical_package_id: readOnly(() => 0),
      ...siblings("thread_siblings", ofCore),
    })),
  }));
}

function siblings(
  name: string,
  { map, list }: { readonly map: string; readonly list: string },
): Readonly<Record<string, SysfsNode>> {
  return { [name]: readOnly(() => map), [`${name}_list`]: readOnly(() => list) };
}

/** Groups of 32 bits, the highest first. @linux lib/vsprintf.c `bitmap_string` (6.18) */
function hexMask(bits: bigint, digits: number): string {
  const hex = bits.toString(16).padStart(digits, "0");
  return hex.replace(/\B(?=(?:[0-9a-f]{8})+$)/g, ",");
}
