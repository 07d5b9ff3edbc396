import { initMemDevices } from "../drivers/char/mem.ts";
import { SimulatorBug } from "../hw/simulator-bug.ts";
import { type Cred, initCred } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { filemapGrab } from "../mm/filemap.ts";
import { setPageDirty } from "../mm/page-writeback.ts";
import { ramfsType, shmemFillSuper, tmpfsType } from "../mm/shmem-fs.ts";
import { blkdevFops } from "./block-dev.ts";
import { mkdev } from "./char-dev.ts";
import { type Dentry, dInstantiate } from "./dcache.ts";
import { ext2Type } from "./ext2/super.ts";
import { registerFilesystem } from "./filesystems.ts";
import {
  type ByteString,
  type Inode,
  type Path,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFREG,
  type SuperBlock,
} from "./fs.ts";
import { initFsHooks } from "./fs-hooks.ts";
import { FsStruct } from "./fs-struct.ts";
import { minixType } from "./minix/super.ts";
import { MNT_RELATIME, MntNamespace } from "./mount.ts";
import { followDown, lookupOne } from "./namei.ts";
import { attachMount, detachMount, dropMount, newMount } from "./namespace.ts";
import { specialFiles } from "./special-inode.ts";

/** Owner and mode of a file that the boot code makes; 0:0 unless said. */
export interface RootfsAttributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * The root file system before any program runs: the boot code fills it with these.
 *
 * Paths are absolute; directories on the way must exist. Modes are taken as they are, whatever a umask says.
 */
export class Rootfs {
  readonly ns: MntNamespace;
  #root: Path;
  readonly #cred: Cred;

  constructor(kernel: Kernel) {
    initMemDevices(kernel);
    initFsHooks(kernel);
    registerFilesystem(kernel, tmpfsType);
    registerFilesystem(kernel, ramfsType);
    registerFilesystem(kernel, ext2Type);
    registerFilesystem(kernel, minixType);
    specialFiles(kernel).block = blkdevFops;
    this.#cred = initCred(kernel);
    const sb = shmemFillSuper(kernel, this.#cred, "mode=755");
    if (typeof sb === "number") throw new SimulatorBug("the root file system cannot be made");
    // The kernel's own rootfs lies below, where nobody sees it; pivot_root needs it there.
    const hidden = shmemFillSuper(kernel, this.#cred, "mode=755");
    if (typeof hidden === "number") throw new SimulatorBug("rootfs cannot be made");
    const base = newMount(kernel, hidden, hidden.root, 0, "rootfs");
    const mnt = newMount(kernel, sb, sb.root, MNT_RELATIME, "none");
    this.ns = new MntNamespace(mnt);
    base.ns = this.ns;
    attachMount(mnt, base, hidden.root);
    this.#root = { mnt, dentry: sb.root };
  }

  get root(): Path {
    return this.#root;
  }

  /**
   * Puts a file system in the place of the empty one in memory, before anybody has looked.
   *
   * @linux init/do_mounts.c `mount_root`, `prepare_namespace` (6.18)
   */
  mountRoot(sb: SuperBlock, devname: string, flags: number): void {
    const old = this.#root.mnt;
    const base = old.parent;
    detachMount(old);
    dropMount(old);
    const mnt = newMount(sb.kernel, sb, sb.root, flags, devname);
    attachMount(mnt, base, base.root);
    this.ns.root = mnt;
    this.#root = { mnt, dentry: sb.root };
  }

  /** What the first task has as root and working directory. */
  fsStruct(umask = 0o022): FsStruct {
    return new FsStruct(this.root, this.root, umask);
  }

  /** From now on names are cut off behind so many characters. */
  limitNames(length: number): void {
    const { sb } = this.root.dentry;
    sb.nameMax = length;
    sb.cutsNames = true;
  }

  mkdir(path: ByteString, attributes: RootfsAttributes = {}): Inode {
    const { dir, dentry } = this.#place(path);
    const mode = S_IFDIR | (attributes.mode ?? 0o755);
    return this.#add(dentry, dir.op.mkdir!(dir, dentry, mode, this.#cred), mode, attributes);
  }

  /** A file with these bytes; `size` cuts it or lets it grow by a hole. */
  file(
    path: ByteString,
    bytes: Uint8Array,
    attributes: RootfsAttributes & { readonly size?: number } = {},
  ): Inode {
    const { dir, dentry } = this.#place(path);
    const mode = S_IFREG | (attributes.mode ?? 0o644);
    const created = dir.op.create!(dir, dentry, mode, this.#cred);
    const inode = this.#add(dentry, created, mode, attributes);
    inode.size = attributes.size ?? bytes.length;
    for (let at = 0; at < Math.min(inode.size, bytes.length); at += 4096) {
      const page = filemapGrab(inode, at / 4096);
      if (typeof page === "number") throw new SimulatorBug(`no memory for ${path}`);
      page.bytes.set(bytes.subarray(at, Math.min(at + 4096, inode.size)));
      setPageDirty(page);
    }
    return inode;
  }

  symlink(path: ByteString, target: ByteString, attributes: RootfsAttributes = {}): Inode {
    const { dir, dentry } = this.#place(path);
    const created = dir.op.symlink!(dir, dentry, target, this.#cred);
    return this.#add(dentry, created, undefined, attributes);
  }

  /** A second name for the file at `target`. */
  link(path: ByteString, target: ByteString): void {
    const { dir, dentry } = this.#place(path);
    const inode = this.lookup(target).inode;
    if (inode === undefined) throw new SimulatorBug(`no file ${target} to link to`);
    dir.op.link!(inode, dir, dentry);
    dInstantiate(dentry, inode);
  }

  fifo(path: ByteString, attributes: RootfsAttributes = {}): Inode {
    return this.#node(path, S_IFIFO | (attributes.mode ?? 0o644), 0, attributes);
  }

  /** A device node, a character device unless `isBlock`. */
  device(
    path: ByteString,
    major: number,
    minor: number,
    attributes: RootfsAttributes & { readonly isBlock?: boolean } = {},
  ): Inode {
    const type = attributes.isBlock === true ? S_IFBLK : S_IFCHR;
    return this.#node(path, type | (attributes.mode ?? 0o600), mkdev(major, minor), attributes);
  }

  /** A directory and those above it, as far as they are not there. */
  mkdirAll(path: ByteString): void {
    for (let at = path.indexOf("/", 1); ; at = path.indexOf("/", at + 1)) {
      const above = at < 0 ? path : path.slice(0, at);
      if (this.lookup(above).inode === undefined) this.mkdir(above);
      if (at < 0) return;
    }
  }

  /** The dentry at an absolute path without links; of a mount point, the root of what is mounted there. */
  lookup(path: ByteString): Dentry {
    let at = this.root;
    for (const name of path.split("/")) {
      if (name === "") continue;
      const dentry = lookupOne(at.dentry, name);
      if (typeof dentry === "number") throw new SimulatorBug(`cannot look up ${path}`);
      at = followDown({ mnt: at.mnt, dentry });
    }
    return at.dentry;
  }

  #node(path: ByteString, mode: number, rdev: number, attributes: RootfsAttributes): Inode {
    const { dir, dentry } = this.#place(path);
    return this.#add(dentry, dir.op.mknod!(dir, dentry, mode, rdev, this.#cred), mode, attributes);
  }

  #place(path: ByteString): { dir: Inode; dentry: Dentry } {
    const dentry = this.lookup(path);
    if (dentry.inode !== undefined) throw new SimulatorBug(`${path} exists already`);
    return { dir: dentry.parent.inode!, dentry };
  }

  #add(
    dentry: Dentry,
    inode: Inode | number,
    mode: number | undefined,
    { uid = 0, gid = 0 }: RootfsAttributes,
  ): Inode {
    if (typeof inode === "number") throw new SimulatorBug(`cannot make ${dentry.name}: ${inode}`);
    dInstantiate(dentry, inode);
    inode.uid = uid;
    inode.gid = gid;
    if (mode !== undefined) inode.mode = mode;
    return inode;
  }
}

/** The root file system of a machine that boots: an empty tmpfs of mode 0755, and the memory devices' drivers. */
export function initRootfs(kernel: Kernel): Rootfs {
  return new Rootfs(kernel);
}
