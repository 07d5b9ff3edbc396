import type { Caller, Inode, Place, World } from "./contract.ts";

const ENOENT = 2;

function inodeAt(world: World, { mount, ino }: Place): Inode | undefined {
  return world.mounts[mount]?.fileSystem.inodes[ino];
}

export function resolve(
  world: World,
  caller: Caller,
  cwd: Place,
  path: string,
  followLast: boolean,
): Place | number {
  let at = cwd;
  for (const name of path.split("/")) {
    const ino = inodeAt(world, at)?.entries?.[name];
    if (ino === undefined) return -ENOENT;
    at = { mount: at.mount, ino };
  }
  return at;
}
