import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import type { ByteString, SuperBlock } from "./fs.ts";

/** It lies on a block device. */
export const FS_REQUIRES_DEV = 1;

/**
 * A kind of file system that can be mounted.
 *
 * @linux include/linux/fs.h `struct file_system_type` (6.18)
 */
export interface FileSystemType {
  readonly name: string;
  readonly flags: number;
  /** A super block for mount(2) of `task`: a new one, or the one that is mounted already; an errno. */
  getTree(
    task: Task,
    source: ByteString,
    options: ByteString,
    sbFlags: number,
  ): SuperBlock | number;
}

/** All kinds that this kernel knows, by name, in the order of their registration. @linux fs/filesystems.c (6.18) */
export function fileSystems(kernel: Kernel): Map<string, FileSystemType> {
  return kernel.subsystem("fs.types", () => new Map());
}

export function registerFilesystem(kernel: Kernel, type: FileSystemType): void {
  fileSystems(kernel).set(type.name, type);
}
