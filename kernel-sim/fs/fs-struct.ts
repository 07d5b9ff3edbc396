import type { Path } from "./fs.ts";

/** Root, working directory and umask; shared with CLONE_FS. @linux include/linux/fs_struct.h */
export class FsStruct {
  root: Path;
  pwd: Path;
  umask: number;
  users = 1;

  constructor(root: Path, pwd: Path, umask: number) {
    this.root = root;
    this.pwd = pwd;
    this.umask = umask;
  }

  copy(): FsStruct {
    return new FsStruct(this.root, this.pwd, this.umask);
  }
}
