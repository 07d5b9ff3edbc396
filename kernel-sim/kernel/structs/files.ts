/** Open files and the tables of them as programs see them. */
import {
  at,
  inside,
  type MemberValue,
  type StructTable,
  type StructTables,
  words,
} from "../../bpf/structs/members.ts";
import type { FilesStruct } from "../../fs/file.ts";
import type { File, Path } from "../../fs/fs.ts";
import type { FsStruct } from "../../fs/fs-struct.ts";
import { PipeInodeInfo } from "../../fs/pipe-ring.ts";
import { Socket } from "../../net/socket.ts";

/** What is behind a file, of what has a structure of its own. */
function privateData({ privateData: of }: File): MemberValue {
  if (of instanceof Socket) return at("socket", of);
  return of instanceof PipeInodeInfo ? at("pipe_inode_info", of) : undefined;
}

/** @linux include/linux/fs.h `struct file` (6.18) */
const file: StructTable<File> = {
  f_mode: ({ mode }) => mode,
  f_mapping: ({ inode }) => at("inode", inode, "i_data"),
  private_data: privateData,
  f_inode: ({ inode }) => at("inode", inode),
  f_flags: ({ flags }) => flags,
  f_cred: ({ cred }) => at("cred", cred),
  f_path: ({ path: of }) => inside("path", of),
  f_pos: ({ pos }) => pos,
  // One less than there are holders.
  f_ref: ({ count }) => count - 1,
};

/** @linux include/linux/path.h `struct path` (6.18) */
const path: StructTable<Path> = {
  mnt: ({ mnt }) => at("mount", mnt, "mnt"),
  dentry: ({ dentry }) => at("dentry", dentry),
};

/** @linux include/linux/fs_struct.h `struct fs_struct` (6.18) */
const fsStruct: StructTable<FsStruct> = {
  users: ({ users }) => users,
  umask: ({ umask }) => umask,
  root: ({ root }) => inside("path", root),
  pwd: ({ pwd }) => inside("path", pwd),
};

/** Descriptors for which there is room in the structure itself. */
const NR_OPEN_DEFAULT = 64;
const isOwnTable = ({ maxFds }: FilesStruct) => maxFds <= NR_OPEN_DEFAULT;

/** A bit for each descriptor, in words of 64. */
function bitmap(files: FilesStruct, first: number, isSet: (fd: number) => boolean): bigint {
  let bits = 0n;
  for (let i = 0; i < 64 && first + i < files.maxFds; i++) {
    if (isSet(first + i)) bits |= 1n << BigInt(i);
  }
  return bits;
}

const openFds = (of: FilesStruct, first: number) =>
  bitmap(of, first, (fd) => of.get(fd) !== undefined || of.isReserved(fd));
const closeOnExec = (of: FilesStruct, first: number) =>
  bitmap(of, first, (fd) => of.isCloseOnExec(fd));

/**
 * @linux include/linux/fdtable.h `struct files_struct` (6.18)
 * @simplified a table that has grown has its files elsewhere, but the table itself stays
 */
const filesStruct: StructTable<FilesStruct> = {
  count: ({ users }) => users,
  fdt: (of) => at("files_struct", of, "fdtab"),
  fdtab: (of) => inside("fdtable", of),
  close_on_exec_init: (of) => [isOwnTable(of) ? closeOnExec(of, 0) : 0],
  open_fds_init: (of) => [isOwnTable(of) ? openFds(of, 0) : 0],
  fd_array: (of) =>
    isOwnTable(of)
      ? Array.from({ length: NR_OPEN_DEFAULT }, (_, fd) => at("file", of.get(fd)))
      : undefined,
};

/** @linux include/linux/fdtable.h `struct fdtable` (6.18) */
const fdtable: StructTable<FilesStruct> = {
  max_fds: ({ maxFds }) => maxFds,
  fd: (of) =>
    isOwnTable(of)
      ? at("files_struct", of, "fd_array")
      : words(of.maxFds, (fd) => at("file", of.get(fd))),
  close_on_exec: (of) =>
    isOwnTable(of)
      ? at("files_struct", of, "close_on_exec_init")
      : words(of.maxFds / 64, (i) => closeOnExec(of, i * 64)),
  open_fds: (of) =>
    isOwnTable(of)
      ? at("files_struct", of, "open_fds_init")
      : words(of.maxFds / 64, (i) => openFds(of, i * 64)),
};

/** @linux include/linux/pipe_fs_i.h `struct pipe_inode_info` (6.18) */
const pipeInodeInfo: StructTable<PipeInodeInfo> = {
  head: ({ head }) => head,
  tail: ({ tail }) => tail,
  max_usage: ({ maxUsage }) => maxUsage,
  ring_size: ({ ringSize }) => ringSize,
  nr_accounted: ({ nrAccounted }) => nrAccounted,
  readers: ({ readers }) => readers,
  writers: ({ writers }) => writers,
  files: ({ files }) => files,
  r_counter: ({ rCounter }) => rCounter,
  w_counter: ({ wCounter }) => wCounter,
  poll_usage: ({ pollUsage }) => pollUsage,
  user: ({ user }) => at("user_struct", user),
};

export const fileStructs: StructTables = {
  file,
  path,
  fs_struct: fsStruct,
  files_struct: filesStruct,
  fdtable,
  pipe_inode_info: pipeInodeInfo,
};
