import type { Cred } from "../kernel/cred.ts";
import type { Inode } from "./fs.ts";

/** What the access ACL of `inode` answers to somebody who is not its owner; undefined: it has none. */
export function posixAclPermission(
  _cred: Cred,
  _inode: Inode,
  _wanted: number,
): number | undefined {
  return undefined;
}

/** A new mode changes the ACL too. */
export function posixAclChmod(_inode: Inode): void {}
