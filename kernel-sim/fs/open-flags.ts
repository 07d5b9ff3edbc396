import { EAGAIN, EINVAL } from "../include/errno.ts";
import {
  FASYNC,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_SYNC,
  O_TMPFILE,
  O_TRUNC,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "../include/uapi/fcntl.ts";
import {
  LOOKUP_BENEATH,
  LOOKUP_DIRECTORY,
  LOOKUP_FOLLOW,
  LOOKUP_IN_ROOT,
  LOOKUP_NO_MAGICLINKS,
  LOOKUP_NO_SYMLINKS,
  LOOKUP_NO_XDEV,
} from "./namei.ts";
import { MAY_APPEND, MAY_READ, MAY_WRITE } from "./permission.ts";

/** `__O_TMPFILE`: the bit of O_TMPFILE that is its own. */
export const O_TMPFILE_BIT = 0o20000000;
const O_SYNC_BIT = 0o4000000;
const O_PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
const VALID_OPEN_FLAGS =
  O_ACCMODE |
  O_CREAT |
  O_EXCL |
  O_NOCTTY |
  O_TRUNC |
  O_APPEND |
  O_NONBLOCK |
  O_SYNC |
  O_DSYNC |
  FASYNC |
  O_DIRECT |
  O_LARGEFILE |
  O_DIRECTORY |
  O_NOFOLLOW |
  O_NOATIME |
  O_CLOEXEC |
  O_PATH |
  O_TMPFILE;
const VALID_RESOLVE_FLAGS = 0x3f;

/** What openat2(2) takes. @linux include/uapi/linux/openat2.h `struct open_how` (6.18) */
export interface OpenHow {
  readonly flags: number;
  readonly mode: number;
  readonly resolve: number;
}

/** What an open works with. @linux fs/internal.h `struct open_flags` (6.18) */
export interface OpenFlags {
  readonly openFlag: number;
  readonly mode: number;
  readonly accMode: number;
  readonly lookupFlags: number;
}

function willCreate(flags: number): boolean {
  return (flags & (O_CREAT | O_TMPFILE_BIT)) !== 0;
}

/** What open(2) and openat(2) mean: unknown flags are ignored. @linux fs/open.c `build_open_how` (6.18) */
export function buildOpenHow(openFlags: number, mode: number): OpenHow {
  let flags = openFlags & VALID_OPEN_FLAGS;
  if ((flags & O_PATH) !== 0) flags &= O_PATH_FLAGS;
  return { flags, mode: willCreate(flags) ? mode & 0o7777 : 0, resolve: 0 };
}

/** Checks what was asked for. @linux fs/open.c `build_open_flags` (6.18) */
export function buildOpenFlags(how: OpenHow): OpenFlags | number {
  if (how.flags < 0 || how.flags >= 2 ** 31) return -EINVAL;
  let flags = how.flags & ~O_CLOEXEC;
  let accMode = [MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE][
    flags & O_ACCMODE
  ]!;
  if ((flags & ~VALID_OPEN_FLAGS) !== 0) return -EINVAL;
  if (how.resolve < 0 || how.resolve > VALID_RESOLVE_FLAGS) return -EINVAL;
  if ((how.resolve & RESOLVE_BENEATH) !== 0 && (how.resolve & RESOLVE_IN_ROOT) !== 0) {
    return -EINVAL;
  }
  if (willCreate(flags) ? how.mode < 0 || how.mode > 0o7777 : how.mode !== 0) return -EINVAL;
  if ((flags & (O_DIRECTORY | O_CREAT)) === (O_DIRECTORY | O_CREAT)) return -EINVAL;
  if ((flags & O_TMPFILE_BIT) !== 0) {
    if ((flags & O_TMPFILE) !== O_TMPFILE || (accMode & MAY_WRITE) === 0) return -EINVAL;
  }
  if ((flags & O_PATH) !== 0) {
    if ((flags & ~O_PATH_FLAGS) !== 0) return -EINVAL;
    accMode = 0;
  }
  if ((flags & O_SYNC_BIT) !== 0) flags |= O_DSYNC;
  if ((flags & O_TRUNC) !== 0) accMode |= MAY_WRITE;
  if ((flags & O_APPEND) !== 0) accMode |= MAY_APPEND;
  const lookupFlags = lookupFlagsOf(flags, how.resolve);
  if ((how.resolve & RESOLVE_CACHED) !== 0 && (flags & (O_TRUNC | O_CREAT | O_TMPFILE_BIT)) !== 0) {
    return -EAGAIN;
  }
  return { openFlag: flags, mode: how.mode, accMode, lookupFlags };
}

function lookupFlagsOf(flags: number, resolve: number): number {
  let lookup = (flags & O_DIRECTORY) !== 0 ? LOOKUP_DIRECTORY : 0;
  const isExclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
  if ((flags & O_NOFOLLOW) === 0 && !isExclusive) lookup |= LOOKUP_FOLLOW;
  if ((resolve & RESOLVE_NO_XDEV) !== 0) lookup |= LOOKUP_NO_XDEV;
  if ((resolve & RESOLVE_NO_MAGICLINKS) !== 0) lookup |= LOOKUP_NO_MAGICLINKS;
  if ((resolve & RESOLVE_NO_SYMLINKS) !== 0) lookup |= LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS;
  if ((resolve & RESOLVE_BENEATH) !== 0) lookup |= LOOKUP_BENEATH;
  if ((resolve & RESOLVE_IN_ROOT) !== 0) lookup |= LOOKUP_IN_ROOT;
  return lookup;
}
