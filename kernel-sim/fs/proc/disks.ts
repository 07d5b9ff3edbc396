import { disks } from "../../drivers/block/disk.ts";
import type { DiskStats } from "../../drivers/block/stats.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { majorOf, minorOf } from "../char-dev.ts";
import type { ByteString } from "../fs.ts";

/**
 * /proc/diskstats.
 *
 * @linux block/genhd.c `diskstats_show` (6.18)
 * @spec Documentation/admin-guide/iostats.rst
 */
export function diskstats(kernel: Kernel): ByteString {
  return [...disks(kernel).values()]
    .map(({ dev, name, stats }) => {
      const place = `${String(majorOf(dev)).padStart(4)} ${String(minorOf(dev)).padStart(7)}`;
      return `${place} ${name} ${diskStatNumbers(stats).join(" ")}\n`;
    })
    .join("");
}

/** The seventeen numbers: reads, writes, what is under way, discards, flushes. @linux block/genhd.c `part_stat_show` (6.18) */
export function diskStatNumbers(stats: DiskStats): readonly number[] {
  const ms = (ns: number) => Math.floor(ns / 1e6);
  const { reads, writes } = stats;
  return [
    ...[reads.ios, reads.merges, reads.sectors, ms(reads.ns)],
    ...[writes.ios, writes.merges, writes.sectors, ms(writes.ns)],
    ...[stats.inFlight, ms(stats.busyNs), ms(stats.queueNs)],
    ...[0, 0, 0, 0, 0, 0],
  ];
}

/** /proc/partitions. @linux block/genhd.c `show_partition` (6.18) */
export function partitions(kernel: Kernel): ByteString {
  const rows = [...disks(kernel).values()].map(({ dev, name, sectors }) => {
    const place = `${String(majorOf(dev)).padStart(4)}  ${String(minorOf(dev)).padStart(7)}`;
    return `${place} ${String(sectors >> 1).padStart(10)} ${name}\n`;
  });
  return `major minor  #blocks  name\n\n${rows.join("")}`;
}
