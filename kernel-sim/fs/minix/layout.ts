/**
 * How the first version of the Minix file system lies on a disk: a block for booting, the super block, bitmaps of
 * inodes and of zones, the inodes, then the zones. All numbers little-endian.
 *
 * @linux include/uapi/linux/minix_fs.h (6.18), include/linux/fs.h (0.01)
 */

export const BLOCK_SIZE = 1024;
export const SUPER_BLOCK = 1;
export const MINIX_SUPER_MAGIC = 0x137f;
export const MINIX_ROOT_INO = 1;
export const MINIX_LINK_MAX = 250;
export const NAME_LEN = 14;
export const DIRENT_SIZE = 16;
export const INODE_SIZE = 32;
export const INODES_PER_BLOCK = BLOCK_SIZE / INODE_SIZE;
export const BITS_PER_BLOCK = BLOCK_SIZE * 8;
/** Numbers of zones in a block of them. */
export const ZONES_PER_BLOCK = BLOCK_SIZE / 2;
/** Direct zones of an inode; then one of one level and one of two. */
export const DIRECT_ZONES = 7;
export const ZONES = 9;

// struct minix_super_block
export const S_NINODES = 0;
export const S_NZONES = 2;
export const S_IMAP_BLOCKS = 4;
export const S_ZMAP_BLOCKS = 6;
export const S_FIRSTDATAZONE = 8;
export const S_LOG_ZONE_SIZE = 10;
export const S_MAX_SIZE = 12;
export const S_MAGIC = 16;
export const S_STATE = 18;

export const MINIX_VALID_FS = 1;

// struct minix_inode
export const I_MODE = 0;
export const I_UID = 2;
export const I_SIZE = 4;
export const I_TIME = 8;
export const I_GID = 12;
export const I_NLINKS = 13;
export const I_ZONE = 14;

/** 7 zones, 512 and 512 times 512. */
export const MAX_SIZE = (DIRECT_ZONES + ZONES_PER_BLOCK + ZONES_PER_BLOCK ** 2) * BLOCK_SIZE;
