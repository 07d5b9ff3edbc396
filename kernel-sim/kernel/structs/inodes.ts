/** Names and inodes as programs see them. */
import {
  at,
  fields,
  inside,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import type { Dentry } from "../../fs/dcache.ts";
import type { Inode } from "../../fs/fs.ts";
import { PipeInodeInfo } from "../../fs/pipe-ring.ts";

const SHORT_NAME_BYTES = 40;
const isShort = ({ name }: Dentry) => name.length < SHORT_NAME_BYTES;

/** The newest comes first. @linux fs/dcache.c `d_alloc` (6.18) */
function siblingsBehind(parent: Dentry, dentry: Dentry | undefined): Dentry | undefined {
  const children = [...parent.children.values()];
  return children[(dentry === undefined ? children.length : children.indexOf(dentry)) - 1];
}

/** @linux include/linux/dcache.h `struct dentry` (6.18) */
const dentry: StructTable<Dentry> = {
  d_parent: ({ parent }) => at("dentry", parent),
  d_name: (of) =>
    fields({
      len: of.name.length,
      name: isShort(of) ? at("dentry", of, "d_shortname") : of.name,
    }),
  d_inode: ({ inode: of }) => at("inode", of),
  d_shortname: (of) => fields({ string: isShort(of) ? of.name : "" }),
  d_sb: ({ sb }) => at("super_block", sb),
  d_lockref: ({ count }) => fields({ count }),
  d_sib: (of) => {
    if (of.isRoot || of.isUnhashed) return undefined;
    return fields({ next: at("dentry", siblingsBehind(of.parent, of), "d_sib") });
  },
  d_children: (of) => fields({ first: at("dentry", siblingsBehind(of, undefined), "d_sib") }),
};

/** @linux include/linux/fs.h `struct inode` (6.18) */
const inode: StructTable<Inode> = {
  i_mode: ({ mode }) => mode,
  i_uid: ({ uid }) => uid,
  i_gid: ({ gid }) => gid,
  i_flags: ({ flags }) => flags,
  i_sb: ({ sb }) => at("super_block", sb),
  i_mapping: (of) => at("inode", of, "i_data"),
  i_ino: ({ ino }) => ino,
  i_nlink: ({ nlink }) => nlink,
  i_rdev: ({ rdev }) => rdev,
  i_size: ({ size }) => size,
  i_atime_sec: ({ atime }) => atime.sec,
  i_mtime_sec: ({ mtime }) => mtime.sec,
  i_ctime_sec: ({ ctime }) => ctime.sec,
  i_atime_nsec: ({ atime }) => atime.nsec,
  i_mtime_nsec: ({ mtime }) => mtime.nsec,
  i_ctime_nsec: ({ ctime }) => ctime.nsec,
  i_blkbits: ({ sb }) => 31 - Math.clz32(sb.blocksize),
  i_write_hint: ({ writeHint }) => writeHint,
  i_count: ({ refs }) => refs,
  i_writecount: ({ writecount }) => writecount,
  i_readcount: ({ readcount }) => readcount,
  i_data: (of) => inside("address_space", of),
  i_pipe: ({ pipe, link }) => (pipe instanceof PipeInodeInfo ? at("pipe_inode_info", pipe) : link),
};

/** @linux include/linux/fs.h `struct address_space` (6.18) */
const addressSpace: StructTable<Inode> = {
  host: (of) => at("inode", of),
  nrpages: ({ mapping }) => mapping?.pages.size,
};

export const inodeStructs: StructTables = { dentry, inode, address_space: addressSpace };
