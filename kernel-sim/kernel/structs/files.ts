/** Open files, names and inodes as programs see them. */
import {
  at,
  fields,
  inside,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import type { Dentry } from "../../fs/dcache.ts";
import type { File, Inode, Path } from "../../fs/fs.ts";

/** @linux include/linux/fs.h `struct file` (6.18) */
const file: StructTable<File> = {
  f_mode: ({ mode }) => mode,
  f_inode: ({ inode }) => at("inode", inode),
  f_flags: ({ flags }) => flags,
  f_cred: ({ cred }) => at("cred", cred),
  f_path: ({ path }) => inside("path", path),
  f_pos: ({ pos }) => pos,
};

/** @linux include/linux/path.h `struct path` (6.18) */
const path: StructTable<Path> = {
  dentry: ({ dentry }) => at("dentry", dentry),
};

const SHORT_NAME_BYTES = 40;
const isShort = ({ name }: Dentry) => name.length < SHORT_NAME_BYTES;

/** @linux include/linux/dcache.h `struct dentry` (6.18) */
const dentry: StructTable<Dentry> = {
  d_parent: ({ parent }) => at("dentry", parent),
  d_name: (of) =>
    fields({
      len: of.name.length,
      name: isShort(of) ? at("dentry", of, "d_shortname") : of.name,
    }),
  d_inode: ({ inode }) => at("inode", inode),
  d_shortname: (of) => fields({ string: isShort(of) ? of.name : "" }),
};

/** @linux include/linux/fs.h `struct inode` (6.18) */
const inode: StructTable<Inode> = {
  i_mode: ({ mode }) => mode,
  i_uid: ({ uid }) => uid,
  i_gid: ({ gid }) => gid,
  i_ino: ({ ino }) => ino,
  i_nlink: ({ nlink }) => nlink,
  i_rdev: ({ rdev }) => rdev,
  i_size: ({ size }) => size,
};

export const fileStructs: StructTables = { file, path, dentry, inode };
