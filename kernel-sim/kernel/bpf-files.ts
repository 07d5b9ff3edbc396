/** Files as programs of BPF reach them. */
import type { LivingFiles } from "../bpf/living-files.ts";
import type { Binprm } from "../fs/binprm.ts";
import { dPath } from "../fs/d-path.ts";
import type { Dentry } from "../fs/dcache.ts";
import { File, type Inode, type Path } from "../fs/fs.ts";
import { inodePermission, MAY_READ, MAY_WRITE } from "../fs/permission.ts";
import { vfsGetxattr, vfsRemovexattr, vfsSetxattr } from "../fs/xattr.ts";
import { EINVAL } from "../include/errno.ts";
import { sockFromFile } from "../net/socket.ts";
import { PF_KTHREAD, type Task } from "./task.ts";

/** The names of the objects that `LivingFiles` has as such are those of their structures. */
export const livingFiles: LivingFiles = Object.freeze({
  pathText: (path: object, task: object) => dPath(path as Path, (task as Task).fs.root),
  exeFileOf(of: object) {
    const { flags, mm } = of as Task;
    return (flags & PF_KTHREAD) === 0 ? mm?.exeFile : undefined;
  },
  socketOf: (file: object) => sockFromFile(file as File),
  getXattr(of: object, name: string, task: object) {
    const inode = inodeOf(of as File | Dentry);
    if (inode === undefined) return -EINVAL;
    return inodePermission(task as Task, inode, MAY_READ) || vfsGetxattr(inode, name);
  },
  setXattr(of: object, name: string, value: Uint8Array, flags: number, task: object) {
    const dentry = of as Dentry;
    if (dentry.inode === undefined) return -EINVAL;
    const denied = inodePermission(task as Task, dentry.inode, MAY_WRITE);
    return denied || vfsSetxattr(dentry, name, value, flags);
  },
  removeXattr(of: object, name: string, task: object) {
    const dentry = of as Dentry;
    if (dentry.inode === undefined) return -EINVAL;
    const denied = inodePermission(task as Task, dentry.inode, MAY_WRITE);
    return denied || vfsRemovexattr(dentry, name);
  },
  setSecureExec(bprm: object, isSecure: boolean) {
    (bprm as Binprm).secureexec = isSecure;
  },
});

/** Of a name it is the inode that it stands for, of a file that of its name. @linux fs/bpf_fs_kfuncs.c `bpf_get_file_xattr` (6.18) */
function inodeOf(of: File | Dentry): Inode | undefined {
  return of instanceof File ? of.path.dentry.inode : of.inode;
}
