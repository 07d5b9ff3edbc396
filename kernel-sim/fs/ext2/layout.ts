/*
 * Where things lie on an ext2 disk.
 * @linux fs/ext2/ext2.h (6.18)
 */

export const EXT2_SUPER_MAGIC = 0xef53;
export const EXT2_ROOT_INO = 2;
export const EXT2_FIRST_INO = 11;
export const EXT2_NDIR_BLOCKS = 12;
export const EXT2_IND_BLOCK = 12;
export const EXT2_DIND_BLOCK = 13;
export const EXT2_TIND_BLOCK = 14;
export const EXT2_N_BLOCKS = 15;
export const INODE_SIZE = 128;
export const SUPER_OFFSET = 1024;
export const GROUP_DESC_SIZE = 32;
export const EXT2_LINK_MAX = 32000;
/** A directory entry before its name. */
export const DIRENT_HEAD = 8;

/** Offsets in the super block. */
export const S_INODES_COUNT = 0;
export const S_BLOCKS_COUNT = 4;
export const S_FREE_BLOCKS = 12;
export const S_FREE_INODES = 16;
export const S_FIRST_DATA_BLOCK = 20;
export const S_LOG_BLOCK_SIZE = 24;
export const S_LOG_FRAG_SIZE = 28;
export const S_BLOCKS_PER_GROUP = 32;
export const S_FRAGS_PER_GROUP = 36;
export const S_INODES_PER_GROUP = 40;
export const S_MTIME = 44;
export const S_WTIME = 48;
export const S_MNT_COUNT = 52;
export const S_MAX_MNT_COUNT = 54;
export const S_MAGIC = 56;
export const S_STATE = 58;
export const S_ERRORS = 60;
export const S_LASTCHECK = 64;
export const S_REV_LEVEL = 76;
export const S_FIRST_INO = 84;
export const S_INODE_SIZE = 88;
export const S_BLOCK_GROUP_NR = 90;
export const S_FEATURE_INCOMPAT = 96;
export const S_FEATURE_RO_COMPAT = 100;
export const S_UUID = 104;

export const EXT2_VALID_FS = 1;
export const FEATURE_INCOMPAT_FILETYPE = 0x2;
export const FEATURE_RO_COMPAT_SPARSE_SUPER = 0x1;
export const FEATURE_RO_COMPAT_LARGE_FILE = 0x2;

/** Offsets in a group descriptor. */
export const BG_BLOCK_BITMAP = 0;
export const BG_INODE_BITMAP = 4;
export const BG_INODE_TABLE = 8;
export const BG_FREE_BLOCKS = 12;
export const BG_FREE_INODES = 14;
export const BG_USED_DIRS = 16;

/** Offsets in an inode. */
export const I_MODE = 0;
export const I_UID = 2;
export const I_SIZE = 4;
export const I_ATIME = 8;
export const I_CTIME = 12;
export const I_MTIME = 16;
export const I_DTIME = 20;
export const I_GID = 24;
export const I_LINKS = 26;
export const I_BLOCKS = 28;
export const I_BLOCK = 40;
export const I_GENERATION = 100;
export const I_SIZE_HIGH = 108;
export const I_UID_HIGH = 120;
export const I_GID_HIGH = 122;

/** Bytes of an entry with a name of that length. @linux fs/ext2/ext2.h `EXT2_DIR_REC_LEN` */
export function dirRecLen(nameLength: number): number {
  return (DIRENT_HEAD + nameLength + 3) & ~3;
}

/** The type of a file as directories keep it, from its mode. */
export function fileTypeOf(mode: number): number {
  const types: Readonly<Record<number, number>> = {
    16807: 1,
    9604: 2,
    4802: 3,
    14406: 4,
    2401: 5,
    26411: 6,
    21609: 7,
  };
  return types[mode & 0o170000] ?? 0;
}

/** DT_… of a type that a directory keeps. */
export const DT_OF_FILE_TYPE: readonly number[] = Object.freeze([0, 8, 4, 2, 6, 1, 12, 10]);

/** Whether group `group` has a copy of super block and descriptors. @linux fs/ext2/balloc.c `ext2_group_sparse` */
export function hasSuper(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}
