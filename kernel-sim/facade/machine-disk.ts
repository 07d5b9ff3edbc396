import type { DiskOptions, DiskView } from "../api-machine.ts";
import { addDisk, Disk, SECTOR_SIZE } from "../drivers/block/disk.ts";
import { mkdev } from "../fs/char-dev.ts";
import { mkfsExt2 } from "../fs/ext2/mkfs.ts";
import { mountExt2 } from "../fs/ext2/super.ts";
import { mkfsMinix } from "../fs/minix/mkfs.ts";
import { mountMinix } from "../fs/minix/super.ts";
import { MNT_RELATIME } from "../fs/mount.ts";
import { attachMount, newMount } from "../fs/namespace.ts";
import { initRootfs, type Rootfs } from "../fs/rootfs.ts";
import { DISK_MODELS } from "../hw/costs.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { Kernel } from "../kernel/kernel.ts";
import { byteString } from "../lib/byte-string.ts";
import { plainBytes, utf8 } from "../user/marshal.ts";
import { facade } from "./facade.ts";

const MIB = 1024 * 1024;
const BLOCK_SIZE = 1024;

/**
 * Gives a machine that starts its disk: the device and its node, the file system on it with its files, and a mount.
 * Nothing of it is in memory yet.
 */
export function attachDisk(kernel: Kernel, rootfs: Rootfs, options: DiskOptions): Disk {
  const model = DISK_MODELS[options.model ?? "ssd"];
  const size = options.sizeMiB === undefined ? model.sizeBytes : Math.floor(options.sizeMiB * MIB);
  const bytes = new Uint8Array(size);
  const { files = {}, fileSystem = "ext2" } = options;
  if (fileSystem !== "none") {
    const now = Math.floor(kernel.wallClock() / 1e9);
    if (fileSystem === "minix") mkfsMinix(bytes, now);
    else mkfsExt2(bytes, { blockSize: BLOCK_SIZE, now });
    fillImage(bytes, fileSystem, files);
  }
  const disk = new Disk(kernel, model.device, mkdev(model.major, model.minor), bytes, model);
  addDisk(disk);
  const node = `/dev/${model.device}`;
  rootfs.device(node, model.major, model.minor, { mode: 0o660, isBlock: true });
  const { mount = "/mnt" } = options;
  if (fileSystem !== "none" && mount !== false)
    mountDisk(kernel, rootfs, disk, fileSystem, node, mount);
  return disk;
}

function mountDisk(
  kernel: Kernel,
  rootfs: Rootfs,
  disk: Disk,
  fileSystem: "ext2" | "minix",
  node: string,
  mountpoint: string,
): void {
  const sb = fileSystem === "minix" ? mountMinix(kernel, disk.dev) : mountExt2(kernel, disk.dev);
  invariant(typeof sb !== "number", `${node} cannot be mounted: ${String(sb)}`);
  const at = byteString(utf8(mountpoint));
  // A kernel that cuts names off does so everywhere.
  sb.cutsNames = rootfs.root.dentry.sb.cutsNames;
  rootfs.mkdirAll(at);
  attachMount(
    newMount(kernel, sb, sb.root, MNT_RELATIME, node),
    rootfs.root.mnt,
    rootfs.lookup(at),
  );
}

/** Puts files into a file system by the means of another machine, which is thrown away: the disk's own has never seen them. */
function fillImage(
  bytes: Uint8Array,
  fileSystem: "ext2" | "minix",
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  const entries = Object.entries(files);
  if (entries.length === 0) return;
  const kernel = new Kernel({ seed: 1, cpus: 1 });
  const rootfs = initRootfs(kernel);
  const disk = new Disk(kernel, "image", mkdev(254, 0), bytes);
  addDisk(disk);
  mountDisk(kernel, rootfs, disk, fileSystem, "/image", "/disk");
  for (const [path, contents] of entries) {
    const name = `/disk/${byteString(utf8(path.replace(/^\/+/, "")))}`;
    rootfs.mkdirAll(name.slice(0, name.lastIndexOf("/")));
    rootfs.file(name, typeof contents === "string" ? utf8(contents) : plainBytes(contents));
  }
  const { sb } = rootfs.lookup("/disk");
  sb.op.putSuper?.(sb);
  kernel.run();
}

/** A disk as cells see it. */
export function diskView(disk: Disk): DiskView {
  const { stats } = disk;
  return facade({
    name: disk.name,
    path: `/dev/${disk.name}`,
    sectors: disk.sectors,
    get reads() {
      return stats.reads.ios;
    },
    get writes() {
      return stats.writes.ios;
    },
    get sectorsRead() {
      return stats.reads.sectors;
    },
    get sectorsWritten() {
      return stats.writes.sectors;
    },
    get merges() {
      return stats.reads.merges + stats.writes.merges;
    },
    get busyNs() {
      return stats.busyNs;
    },
    get inFlight() {
      return stats.inFlight;
    },
    sector(n: number) {
      if (!Number.isInteger(n) || n < 0 || n >= disk.sectors) {
        throw new RangeError(`${disk.name} has sectors 0 to ${disk.sectors - 1}, not ${String(n)}`);
      }
      return disk.bytes.slice(n * SECTOR_SIZE, (n + 1) * SECTOR_SIZE);
    },
  } satisfies DiskView);
}
