import type { Caller, Inode, Place, World } from "./contract.ts";

const ENOENT = 2;
const EACCES = 13;
const ENOTDIR = 20;
const ENAMETOOLONG = 36;
const ELOOP = 40;
const MAXSYMLINKS = 40;
const PATH_MAX = 4096;
const NAME_MAX = 255;

export function resolve(
  world: World,
  caller: Caller,
  cwd: Place,
  path: string,
  followLast: boolean,
): Place | number {
  if (path === "") return -ENOENT;
  if (path.length >= PATH_MAX) return -ENAMETOOLONG;
  const root: Place = { mount: 0, ino: rootOf(world, 0) };
  let at = path.startsWith("/") ? root : cwd;
  let isDirectoryWanted = path.endsWith("/");
  let links = 0;
  const names = namesOf(path);
  while (names.length > 0) {
    const name = names.shift() ?? "";
    const here = inodeAt(world, at);
    if (here.type !== "directory") return -ENOTDIR;
    if (!maySearch(here, caller)) return -EACCES;
    if (name === ".") continue;
    if (name === "..") {
      at = above(world, at, root);
      continue;
    }
    if (name.length > NAME_MAX) return -ENAMETOOLONG;
    const ino = here.entries?.[name];
    if (ino === undefined) return -ENOENT;
    const found = topmost(world, { mount: at.mount, ino });
    const { type, target = "" } = inodeAt(world, found);
    const isLast = names.length === 0;
    if (type !== "symlink" || (isLast && !followLast && !isDirectoryWanted)) {
      at = found;
      continue;
    }
    if (++links > MAXSYMLINKS) return -ELOOP;
    if (isLast && target.endsWith("/")) isDirectoryWanted = true;
    if (target.startsWith("/")) at = root;
    names.unshift(...namesOf(target));
  }
  if (isDirectoryWanted && inodeAt(world, at).type !== "directory") return -ENOTDIR;
  return at;
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

function rootOf(world: World, mount: number): number {
  return world.mounts[mount]?.fileSystem.root ?? 0;
}

function inodeAt(world: World, { mount, ino }: Place): Inode {
  const inode = world.mounts[mount]?.fileSystem.inodes[ino];
  if (inode === undefined) throw new Error("no such place");
  return inode;
}

/** What is seen at a place: the root of what was mounted there last. */
function topmost(world: World, place: Place): Place {
  const at = place;
  for (;;) {
    const mount = world.mounts.findIndex(({ on }) => on?.mount === at.mount && on.ino === at.ino);
    if (mount < 0) return at;
    return { mount, ino: rootOf(world, mount) };
  }
}

function above(world: World, place: Place, root: Place): Place {
  let at = place;
  for (;;) {
    if (at.mount === root.mount && at.ino === root.ino) return at;
    const on = world.mounts[at.mount]?.on;
    if (on === undefined || at.ino !== rootOf(world, at.mount)) break;
    at = on;
  }
  return topmost(world, { mount: at.mount, ino: inodeAt(world, at).parent ?? at.ino });
}

function maySearch({ mode, uid, gid }: Inode, caller: Caller): boolean {
  if (caller.uid === 0) return true;
  const shift = caller.uid === uid ? 6 : caller.gid === gid ? 3 : 0;
  return ((mode >> shift) & 1) !== 0;
}
