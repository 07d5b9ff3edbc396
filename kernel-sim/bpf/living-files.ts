/**
 * What programs reach of the files of a kernel that runs tasks. Objects are the simulator's own, as the kernel's structures
 * stand for them.
 */
export interface LivingFiles {
  /** The name of a `struct path` for a task. */
  pathText(path: object, task: object): string;
  /** The `struct file` of what a task executes; undefined: it is a thread of the kernel. */
  exeFileOf(task: object): object | undefined;
  /** The `struct socket` behind a file; undefined: it is of something else. */
  socketOf(file: object): object | undefined;
  /** The attribute of the `struct inode` behind a file or a name, or a negative errno. */
  getXattr(of: object, name: string, task: object): Uint8Array | number;
  /** @param flags XATTR_CREATE, XATTR_REPLACE */
  setXattr(dentry: object, name: string, value: Uint8Array, flags: number, task: object): number;
  removeXattr(dentry: object, name: string, task: object): number;
  /** Whether the program that a `struct linux_binprm` starts is to be on its guard against its environment. */
  setSecureExec(bprm: object, isSecure: boolean): void;
}
