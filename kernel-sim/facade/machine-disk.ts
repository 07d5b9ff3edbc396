import type { BootOptions } from "../api.ts";
import type { DiskOptions, DiskView } from "../api-machine.ts";
import { addDisk, Disk, SECTOR_SIZE } from "../drivers/block/disk.ts";
import { majorOf, minorOf, mkdev } from "../fs/char-dev.ts";
import { checkExt2 } from "../fs/ext2/fsck.ts";
import { mkfsExt2 } from "../fs/ext2/mkfs.ts";
import { mountExt2 } from "../fs/ext2/super.ts";
import { SB_RDONLY, type SuperBlock } from "../fs/fs.ts";
import { mkfsMinix } from "../fs/minix/mkfs.ts";
import { mountMinix } from "../fs/minix/super.ts";
import { MNT_READONLY, MNT_RELATIME } from "../fs/mount.ts";
import { attachMount, newMount } from "../fs/namespace.ts";
import { initRootfs, type Rootfs } from "../fs/rootfs.ts";
import { DISK_MODELS } from "../hw/costs.ts";
import { invariant } from "../hw/simulator-bug.ts";
import type { MachineProfile } from "../init/profiles.ts";
import { bootParameters } from "../kernel/banner.ts";
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
  const { fileSystem = "ext2", mount = "/mnt" } = options;
  const disk = makeDisk(kernel, options, () => {});
  makeNode(rootfs, disk);
  if (fileSystem === "none" || mount === false) return disk;
  const at = byteString(utf8(mount));
  const sb = superBlock(kernel, disk, fileSystem);
  // A kernel that cuts names off does so everywhere.
  sb.cutsNames = rootfs.root.dentry.sb.cutsNames;
  rootfs.mkdirAll(at);
  const mnt = newMount(kernel, sb, sb.root, MNT_RELATIME, `/dev/${disk.name}`);
  attachMount(mnt, rootfs.root.mnt, rootfs.lookup(at));
  return disk;
}

/**
 * Gives a machine that starts the disk on which it lives; `fill` has put there what it needs. A root `isReadOnly` until
 * the first program mounts it again.
 *
 * @linux init/do_mounts.c `mount_root` (6.18)
 * @simplified to mount it costs no time, and a machine without a root that can be mounted is refused: no kernel panics.
 */
export function attachRootDisk(
  kernel: Kernel,
  rootfs: Rootfs,
  options: DiskOptions,
  isReadOnly: boolean,
  fill: (image: Rootfs) => void,
): Disk {
  const { fileSystem = "ext2" } = options;
  if (fileSystem === "none") throw new TypeError("boot(): an empty disk cannot be the root");
  const disk = makeDisk(kernel, options, fill);
  const sb = superBlock(kernel, disk, fileSystem, isReadOnly ? SB_RDONLY : 0);
  bootParameters(kernel).commandLine = `root=/dev/${disk.name} ${isReadOnly ? "ro" : "rw"} quiet`;
  rootfs.mountRoot(sb, "/dev/root", MNT_RELATIME | (isReadOnly ? MNT_READONLY : 0));
  return disk;
}

/** The disk that a machine is to have. */
export function wantedDisk(options: BootOptions, profile: MachineProfile): DiskOptions | undefined {
  const disk = options.disk ?? profile.disk ?? false;
  if (disk === false) return undefined;
  const usual: DiskOptions = profile.isFirstLinux ? { fileSystem: "minix", mount: "/" } : {};
  return { ...usual, ...(typeof disk === "string" ? { model: disk } : disk) };
}

/** Whether a disk is to hold the machine's root. */
export function isRootDisk({ mount }: DiskOptions): boolean {
  return mount === "/";
}

function makeDisk(kernel: Kernel, options: DiskOptions, fill: (image: Rootfs) => void): Disk {
  const model = DISK_MODELS[options.model ?? "ssd"];
  const { image } = options;
  if (image !== undefined && (options.files !== undefined || options.sizeMiB !== undefined)) {
    throw new TypeError("boot(): an image has its own size and files");
  }
  const size = options.sizeMiB === undefined ? model.sizeBytes : Math.floor(options.sizeMiB * MIB);
  const bytes = image === undefined ? new Uint8Array(size) : plainBytes(image).slice();
  const disk = new Disk(kernel, model.device, mkdev(model.major, model.minor), bytes, model);
  addDisk(disk);
  const { fileSystem = "ext2", files = {} } = options;
  if (fileSystem === "none" || image !== undefined) return disk;
  const now = Math.floor(kernel.wallClock() / 1e9);
  if (fileSystem === "minix") mkfsMinix(bytes, now);
  else mkfsExt2(bytes, { blockSize: BLOCK_SIZE, now });
  fillImage(bytes, fileSystem, (image) => {
    fill(image);
    if (isRootDisk(options)) makeNode(image, disk);
    for (const [path, contents] of Object.entries(files)) addFile(image, path, contents);
  });
  return disk;
}

function makeNode(rootfs: Rootfs, { name, dev }: Disk): void {
  const attributes = { mode: 0o660, isBlock: true };
  rootfs.device(`/dev/${name}`, majorOf(dev), minorOf(dev), attributes);
}

function addFile(image: Rootfs, path: string, contents: string | Uint8Array): void {
  const name = `/${byteString(utf8(path.replace(/^\/+/, "")))}`;
  image.mkdirAll(name.slice(0, Math.max(1, name.lastIndexOf("/"))));
  if (image.lookup(name).inode !== undefined) throw new Error(`boot(): ${path} is there already`);
  image.file(name, typeof contents === "string" ? utf8(contents) : plainBytes(contents));
}

function superBlock(kernel: Kernel, disk: Disk, type: "ext2" | "minix", flags = 0): SuperBlock {
  const sb =
    type === "minix" ? mountMinix(kernel, disk.dev, flags) : mountExt2(kernel, disk.dev, flags);
  invariant(typeof sb !== "number", `${disk.name} cannot be mounted: ${String(sb)}`);
  return sb;
}

/** Puts files into a file system by the means of another machine, which is thrown away: the disk's own has never seen them. */
function fillImage(
  bytes: Uint8Array,
  fileSystem: "ext2" | "minix",
  fill: (image: Rootfs) => void,
): void {
  const kernel = new Kernel({ seed: 1, cpus: 1 });
  const image = initRootfs(kernel);
  const disk = new Disk(kernel, "image", mkdev(254, 0), bytes);
  addDisk(disk);
  const sb = superBlock(kernel, disk, fileSystem);
  image.mountRoot(sb, "/dev/image", MNT_RELATIME);
  fill(image);
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
    image: () => disk.bytes.slice(),
    fsck: () => checkExt2(disk.bytes),
    sector(n: number) {
      if (!Number.isInteger(n) || n < 0 || n >= disk.sectors) {
        throw new RangeError(`${disk.name} has sectors 0 to ${disk.sectors - 1}, not ${String(n)}`);
      }
      return disk.bytes.slice(n * SECTOR_SIZE, (n + 1) * SECTOR_SIZE);
    },
  } satisfies DiskView);
}
