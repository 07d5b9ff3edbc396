import { SECTOR_SIZE } from "../drivers/block/disk.ts";
import { majorOf, minorOf } from "../fs/char-dev.ts";
import { type Path, SB_RDONLY } from "../fs/fs.ts";
import { bootParameters, linuxBanner } from "../kernel/banner.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { kernelLog } from "../kernel/printk.ts";
import type { UtsNamespace } from "../kernel/utsname.ts";
import { memoryOf } from "../mm/mm-init.ts";

const KERN_WARNING = 4;
const KERN_NOTICE = 5;
const KERN_INFO = 6;
const PAGE_KIB = 4;

/**
 * What the kernel has said of itself and of what it has found, before it runs its first program.
 *
 * @linux init/main.c `start_kernel`, kernel/smp.c `smp_init`, mm/mm_init.c `mem_init_print_info`, drivers/scsi/sd.c
 * `sd_print_capacity`, init/do_mounts.c `do_mount_root` (6.18)
 * @simplified a few of the hundreds of lines; starting up takes no time, and leaves no events behind.
 */
export function logBoot(
  kernel: Kernel,
  uts: UtsNamespace,
  root: Path,
  disk: { readonly name: string; readonly sectors: number } | undefined,
): void {
  const log = kernelLog(kernel);
  const timeNs = kernel.now();
  const say = (level: number, text: string) => log.append({ level, facility: 0, timeNs, text });
  const { allocator } = memoryOf(kernel);
  const free = allocator.freePages * PAGE_KIB;
  const { cpus } = kernel;
  say(KERN_NOTICE, linuxBanner(uts));
  const { commandLine } = bootParameters(kernel);
  say(KERN_INFO, `Command line: ${commandLine}`);
  say(KERN_NOTICE, `Kernel command line: ${commandLine}`);
  if (cpus > 1) say(KERN_INFO, "smp: Bringing up secondary CPUs ...");
  say(KERN_INFO, `smp: Brought up 1 node, ${cpus} CPU${cpus === 1 ? "" : "s"}`);
  say(KERN_INFO, `Memory: ${free}K/${allocator.totalPages * PAGE_KIB}K available`);
  if (disk !== undefined) {
    const bytes = disk.sectors * SECTOR_SIZE;
    const size = `${sizeText(bytes, 1000, "B")}/${sizeText(bytes, 1024, "iB")}`;
    const blocks = `${disk.sectors} ${SECTOR_SIZE}-byte logical blocks`;
    say(KERN_NOTICE, `[${disk.name}] ${blocks}: (${size})`);
  }
  const rootSb = root.dentry.sb;
  if (majorOf(rootSb.dev) !== 0) {
    const place = `${majorOf(rootSb.dev)}:${minorOf(rootSb.dev)}`;
    const isReadOnly = (rootSb.flags & SB_RDONLY) !== 0 ? " readonly" : "";
    say(
      KERN_WARNING,
      `VFS: Mounted root (${rootSb.type} filesystem)${isReadOnly} on device ${place}.`,
    );
  }
  say(KERN_INFO, "Run /sbin/init as init process");
}

/** Three digits and the unit. @linux lib/string_helpers.c `string_get_size` (6.18) */
function sizeText(bytes: number, base: number, suffix: string): string {
  let value = bytes;
  let unit = 0;
  while (value >= base) {
    value /= base;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const prefix = ["", base === 1000 ? "k" : "K", "M", "G", "T"][unit]!;
  return `${value.toFixed(digits)} ${unit === 0 ? "B" : prefix + suffix}`;
}
