/** Mounted file systems as programs see them. */
import {
  at,
  inside,
  ring,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import { disks } from "../../drivers/block/disk.ts";
import { type FileSystemType, fileSystems } from "../../fs/filesystems.ts";
import type { SuperBlock } from "../../fs/fs.ts";
import type { Mount } from "../../fs/mount.ts";

type NamedType = Pick<FileSystemType, "name" | "flags">;

/** File systems that nobody can mount by name have a type as well. */
function typeOf({ kernel, type }: SuperBlock): NamedType {
  const registered = fileSystems(kernel).get(type);
  if (registered !== undefined) return registered;
  const others = kernel.subsystem("structs.types", () => new Map<string, NamedType>());
  const known = others.get(type) ?? { name: type, flags: 0 };
  others.set(type, known);
  return known;
}

/** @linux include/linux/fs/super_types.h `struct super_block` (6.18) */
const superBlock: StructTable<SuperBlock> = {
  s_dev: ({ dev }) => dev,
  s_blocksize_bits: ({ blocksize }) => 31 - Math.clz32(blocksize),
  s_blocksize: ({ blocksize }) => blocksize,
  s_maxbytes: ({ maxbytes }) => (maxbytes < 2 ** 63 ? maxbytes : (1n << 63n) - 1n),
  s_type: (of) => at("file_system_type", typeOf(of)),
  s_flags: ({ flags }) => flags,
  s_magic: ({ magic }) => magic,
  s_root: ({ root }) => at("dentry", root),
  s_id: ({ dev, kernel, type }) => disks(kernel).get(dev)?.name ?? type,
  s_max_links: ({ maxLinks }) => (maxLinks === Infinity ? 0 : maxLinks),
};

/** @linux include/linux/fs.h `struct file_system_type` (6.18) */
const fileSystemType: StructTable<NamedType> = {
  name: ({ name }) => name,
  fs_flags: ({ flags }) => flags,
};

const below = ({ children }: Mount) => children.map((child) => at("mount", child, "mnt_child"));

/** @linux fs/mount.h `struct mount` (6.18) */
const mount: StructTable<Mount> = {
  mnt_parent: ({ parent }) => at("mount", parent),
  mnt_mountpoint: ({ mountpoint }) => at("dentry", mountpoint),
  mnt: (of) => inside("vfsmount", of),
  mnt_mounts: (of) => ring([at("mount", of, "mnt_mounts"), ...below(of)], 0),
  mnt_child: (of) => {
    if (!of.hasParent) return ring([at("mount", of, "mnt_child")], 0);
    const head = at("mount", of.parent, "mnt_mounts");
    return ring([head, ...below(of.parent)], 1 + of.parent.children.indexOf(of));
  },
  mnt_devname: ({ devname }) => devname,
  mnt_ns: ({ ns }) => at("mnt_namespace", ns),
  mnt_id: ({ id }) => id,
  mnt_group_id: ({ groupId }) => groupId,
};

/** @linux include/linux/mount.h `struct vfsmount` (6.18) */
const vfsmount: StructTable<Mount> = {
  mnt_root: ({ root }) => at("dentry", root),
  mnt_sb: ({ sb }) => at("super_block", sb),
  mnt_flags: ({ flags }) => flags,
};

export const mountStructs: StructTables = {
  super_block: superBlock,
  file_system_type: fileSystemType,
  mount,
  vfsmount,
};
