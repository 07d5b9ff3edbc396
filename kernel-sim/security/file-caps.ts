import type { Inode } from "../fs/fs.ts";
import { EINVAL, ENODATA } from "../include/errno.ts";
import { CAP_FULL_SET, type KernelCap } from "../kernel/cred.ts";

/** The capabilities that a program file brings along: its `security.capability`. */
export interface FileCaps {
  readonly permitted: KernelCap;
  readonly inheritable: KernelCap;
  readonly isEffective: boolean;
}

const XATTR_NAME_CAPS = "security.capability";
const VFS_CAP_REVISION_MASK = 0xff000000;
const VFS_CAP_FLAGS_EFFECTIVE = 1;
/** Bytes of the attribute by its revision. */
const SIZE_OF_REVISION: Readonly<Record<number, number>> = Object.freeze({
  16777216: 12,
  33554432: 20,
  50331648: 24,
});
const VFS_CAP_REVISION_1 = 0x01000000;
const VFS_CAP_REVISION_3 = 0x03000000;

/**
 * The file's capabilities; -ENODATA when it has none (or they are another namespace's), -EINVAL when they
 * are of no known form.
 *
 * @linux security/commoncap.c `get_vfs_caps_from_disk` (6.18)
 */
export function fileCapsOf(inode: Inode): FileCaps | number {
  const bytes = inode.xattrs.get(XATTR_NAME_CAPS);
  if (bytes === undefined) return -ENODATA;
  if (bytes.length < 4) return -EINVAL;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getUint32(0, true);
  const revision = (magic & VFS_CAP_REVISION_MASK) >>> 0;
  if (SIZE_OF_REVISION[revision] !== bytes.length) return -EINVAL;
  if (revision === VFS_CAP_REVISION_3 && view.getUint32(20, true) !== 0) return -ENODATA;
  const words = revision === VFS_CAP_REVISION_1 ? 1 : 2;
  let permitted = 0n;
  let inheritable = 0n;
  for (let word = 0; word < words; word++) {
    const shift = BigInt(word * 32);
    permitted |= BigInt(view.getUint32(4 + word * 8, true)) << shift;
    inheritable |= BigInt(view.getUint32(8 + word * 8, true)) << shift;
  }
  return {
    permitted: permitted & CAP_FULL_SET,
    inheritable: inheritable & CAP_FULL_SET,
    isEffective: (magic & VFS_CAP_FLAGS_EFFECTIVE) !== 0,
  };
}
