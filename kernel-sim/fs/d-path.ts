import type { ByteString, Path } from "./fs.ts";

/** A path as text, and whether it leads up to the root that was asked for. */
interface PathText {
  readonly text: ByteString;
  readonly isReachable: boolean;
}

/**
 * The names from `root` down to `path`, through all mounts; from the end of the tree when `root` is not above.
 *
 * @linux fs/d_path.c `prepend_path` (6.18)
 */
export function pathFromRoot(path: Path, root: Path): PathText {
  let { mnt, dentry } = path;
  const names: ByteString[] = [];
  let isReachable = true;
  while (mnt !== root.mnt || dentry !== root.dentry) {
    if (dentry === mnt.root) {
      if (!mnt.hasParent) {
        isReachable = false;
        break;
      }
      dentry = mnt.mountpoint;
      mnt = mnt.parent;
      continue;
    }
    if (dentry.isRoot) {
      // Moved out of the part of the tree that the mount shows.
      isReachable = false;
      break;
    }
    names.push(dentry.name);
    dentry = dentry.parent;
  }
  return { text: `/${names.reverse().join("/")}`, isReachable };
}

/**
 * What /proc shows of a place: its path from `root`, "pipe:[5]" for what has none, " (deleted)" behind what
 * is gone.
 *
 * @linux fs/d_path.c `d_path` (6.18)
 */
export function dPath(path: Path, root: Path): ByteString {
  const { dentry } = path;
  if (dentry.dname !== undefined) return dentry.dname();
  const { text } = pathFromRoot(path, root);
  return dentry.isUnhashed ? `${text} (deleted)` : text;
}
