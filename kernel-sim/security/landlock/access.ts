import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../fs/fs.ts";

/** What a ruleset can handle: `include/uapi/linux/landlock.h` (6.18). */
export const ACCESS_FS_EXECUTE = 1 << 0;
export const ACCESS_FS_WRITE_FILE = 1 << 1;
export const ACCESS_FS_READ_FILE = 1 << 2;
export const ACCESS_FS_READ_DIR = 1 << 3;
export const ACCESS_FS_REMOVE_DIR = 1 << 4;
export const ACCESS_FS_REMOVE_FILE = 1 << 5;
const ACCESS_FS_MAKE_CHAR = 1 << 6;
export const ACCESS_FS_MAKE_DIR = 1 << 7;
const ACCESS_FS_MAKE_REG = 1 << 8;
const ACCESS_FS_MAKE_SOCK = 1 << 9;
const ACCESS_FS_MAKE_FIFO = 1 << 10;
const ACCESS_FS_MAKE_BLOCK = 1 << 11;
export const ACCESS_FS_MAKE_SYM = 1 << 12;
export const ACCESS_FS_REFER = 1 << 13;
export const ACCESS_FS_TRUNCATE = 1 << 14;
export const ACCESS_FS_IOCTL_DEV = 1 << 15;
export const MASK_ACCESS_FS = (1 << 16) - 1;
export const FS_ACCESS_BITS = 16;
/** Those that make sense for a file that is no directory. */
export const ACCESS_FILE =
  ACCESS_FS_EXECUTE |
  ACCESS_FS_WRITE_FILE |
  ACCESS_FS_READ_FILE |
  ACCESS_FS_TRUNCATE |
  ACCESS_FS_IOCTL_DEV;

export const ACCESS_NET_BIND_TCP = 1 << 0;
export const ACCESS_NET_CONNECT_TCP = 1 << 1;
export const MASK_ACCESS_NET = 3;

export const SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0;
export const SCOPE_SIGNAL = 1 << 1;
export const MASK_SCOPE = 3;

const MAKE_OF_TYPE: ReadonlyMap<number, number> = new Map([
  [S_IFLNK, ACCESS_FS_MAKE_SYM],
  [S_IFDIR, ACCESS_FS_MAKE_DIR],
  [S_IFCHR, ACCESS_FS_MAKE_CHAR],
  [S_IFBLK, ACCESS_FS_MAKE_BLOCK],
  [S_IFIFO, ACCESS_FS_MAKE_FIFO],
  [S_IFSOCK, ACCESS_FS_MAKE_SOCK],
  [S_IFREG, ACCESS_FS_MAKE_REG],
]);

/** The right to make a file of that type. @linux security/landlock/fs.c `get_mode_access` (6.18) */
export function modeAccess(mode: number): number {
  return MAKE_OF_TYPE.get(mode & S_IFMT) ?? ACCESS_FS_MAKE_REG;
}
