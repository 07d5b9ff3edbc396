import type { Kernel } from "../../kernel/kernel.ts";
import { registerFilesystem } from "../filesystems.ts";
import { initSysfsBlock } from "./block.ts";
import { initSysfsBtf } from "./btf.ts";
import { initSysfsCpu } from "./cpu.ts";
import { initSysfsDevices } from "./devices.ts";
import { sysfsType } from "./mount.ts";

/** Makes /sys known: its objects, and itself to mount(2). @linux fs/sysfs/mount.c `sysfs_init` (6.18) */
export function initSysfs(kernel: Kernel): void {
  initSysfsBlock(kernel);
  initSysfsBtf(kernel);
  initSysfsCpu(kernel);
  initSysfsDevices(kernel);
  registerFilesystem(kernel, sysfsType);
}
