import { type Disk, disks, SECTOR_SIZE } from "../../drivers/block/disk.ts";
import { EINVAL } from "../../include/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { majorOf, minorOf } from "../char-dev.ts";
import { diskStatNumbers } from "../proc/disks.ts";
import {
  dir,
  link,
  readOnly,
  readWrite,
  type SysfsDir,
  type SysfsNode,
  sysfsTree,
} from "./node.ts";

/** What one request moves at most, in KiB. */
const MAX_SECTORS_KB = 1280;

/**
 * The disks: /sys/block, /sys/class/block, /sys/dev/block.
 *
 * @linux block/genhd.c `disk_attrs`, block/blk-sysfs.c `queue_attrs` (6.18)
 * @spec Documentation/ABI/stable/sysfs-block
 * @simplified no bus: a disk lies in devices/virtual.
 */
export function initSysfsBlock(kernel: Kernel): void {
  const tree = sysfsTree(kernel);
  const all = () => [...disks(kernel).values()];
  const links = (up: string) => () =>
    Object.fromEntries(all().map(({ name }) => [name, link(`${up}devices/virtual/block/${name}`)]));
  tree.add("block", dir(links("../")));
  tree.add("class/block", dir(links("../../")));
  tree.add(
    "dev/block",
    dir(() =>
      Object.fromEntries(
        all().map(({ name, dev }) => [devText(dev), link(`../../devices/virtual/block/${name}`)]),
      ),
    ),
  );
  tree.add(
    "devices/virtual/block",
    dir(() => Object.fromEntries(all().map((disk, i) => [disk.name, diskDir(disk, i + 1)]))),
  );
}

/** @linux drivers/base/core.c `dev_show` (6.18) */
export function devText(dev: number): string {
  return `${majorOf(dev)}:${minorOf(dev)}`;
}

function diskDir(disk: Disk, diskseq: number): SysfsDir {
  const { name, dev, model } = disk;
  const isFloppy = model.spindle?.spinUpNs !== undefined;
  const uevent = [
    `MAJOR=${majorOf(dev)}`,
    `MINOR=${minorOf(dev)}`,
    `DEVNAME=${name}`,
    "DEVTYPE=disk",
    `DISKSEQ=${diskseq}`,
  ].join("\n");
  return dir(
    (): Readonly<Record<string, SysfsNode>> => ({
      alignment_offset: readOnly(() => 0),
      dev: readOnly(() => devText(dev)),
      discard_alignment: readOnly(() => 0),
      diskseq: readOnly(() => diskseq),
      hidden: readOnly(() => 0),
      inflight: readOnly(() => {
        const [reads, writes] = disk.inFlightByKind;
        return `${String(reads).padStart(8)} ${String(writes).padStart(8)}`;
      }),
      queue: queueDir(disk),
      range: readOnly(() => 1),
      removable: readOnly(() => (isFloppy ? 1 : 0)),
      ro: readOnly(() => 0),
      size: readOnly(() => disk.sectors),
      stat: readOnly(() =>
        diskStatNumbers(disk.stats)
          .map((n) => String(n).padStart(8))
          .join(" "),
      ),
      subsystem: link("../../../../class/block"),
      uevent: readOnly(() => uevent, 0o644),
    }),
  );
}

function queueDir(disk: Disk): SysfsDir {
  const isRotating = disk.model.spindle !== undefined;
  return dir(() => ({
    hw_sector_size: readOnly(() => SECTOR_SIZE),
    logical_block_size: readOnly(() => SECTOR_SIZE),
    max_hw_sectors_kb: readOnly(() => MAX_SECTORS_KB),
    max_sectors_kb: readOnly(() => MAX_SECTORS_KB),
    minimum_io_size: readOnly(() => SECTOR_SIZE),
    nr_requests: readOnly(() => 1),
    optimal_io_size: readOnly(() => 0),
    physical_block_size: readOnly(() => SECTOR_SIZE),
    read_ahead_kb: readWrite(
      () => disk.readAheadKb,
      (text) => {
        const value = Number(text.trim());
        if (!/^\d+\n?$/.test(text) || value > 0xffffffff) return -EINVAL;
        // Whole pages count.
        disk.readAheadKb = value & ~3;
        return 0;
      },
    ),
    rotational: readOnly(() => (isRotating ? 1 : 0)),
    write_cache: readOnly(() => "write through"),
  }));
}
