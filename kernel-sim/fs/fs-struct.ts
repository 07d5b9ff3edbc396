import { dput } from "./dcache.ts";
import type { Path } from "./fs.ts";
import type { MntNamespace } from "./mount.ts";

/** Holds a place, so that it can be neither unmounted nor forgotten. */
function pathGet(path: Path): void {
  path.mnt.count++;
  path.dentry.count++;
}

function pathPut(path: Path): void {
  path.mnt.count--;
  dput(path.dentry);
}

/** Root, working directory and umask; shared with CLONE_FS. @linux include/linux/fs_struct.h */
export class FsStruct {
  #root: Path;
  #pwd: Path;
  umask: number;
  users = 1;

  constructor(root: Path, pwd: Path, umask: number) {
    pathGet(root);
    pathGet(pwd);
    this.#root = root;
    this.#pwd = pwd;
    this.umask = umask;
  }

  get root(): Path {
    return this.#root;
  }

  set root(path: Path) {
    pathGet(path);
    pathPut(this.#root);
    this.#root = path;
  }

  get pwd(): Path {
    return this.#pwd;
  }

  set pwd(path: Path) {
    pathGet(path);
    pathPut(this.#pwd);
    this.#pwd = path;
  }

  copy(): FsStruct {
    return new FsStruct(this.root, this.pwd, this.umask);
  }

  /** Moves over to the copies that `ns`, a fresh copy of the namespace it was in, has of its mounts. */
  enterCopy(ns: MntNamespace): void {
    const root = ns.copies?.get(this.#root.mnt);
    if (root !== undefined) this.root = { mnt: root, dentry: this.#root.dentry };
    const pwd = ns.copies?.get(this.#pwd.mnt);
    if (pwd !== undefined) this.pwd = { mnt: pwd, dentry: this.#pwd.dentry };
    ns.copies = undefined;
  }

  /** The last task that has it is gone (`free_fs_struct`). */
  release(): void {
    pathPut(this.#root);
    pathPut(this.#pwd);
  }
}
