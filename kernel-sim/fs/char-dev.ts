import { ENXIO } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import type { File, FileOperations, Inode } from "./fs.ts";

/** `MKDEV`: a device number, 12 bits of major and 20 of minor. */
export function mkdev(major: number, minor: number): number {
  return major * 0x100000 + minor;
}

export function majorOf(dev: number): number {
  return Math.floor(dev / 0x100000);
}

export function minorOf(dev: number): number {
  return dev % 0x100000;
}

/** A device number as stat(2) shows it. @linux include/linux/kdev_t.h `new_encode_dev` (6.18) */
export function newEncodeDev(dev: number): number {
  const minor = minorOf(dev);
  return (minor & 0xff) + majorOf(dev) * 0x100 + (minor >>> 8) * 0x100000;
}

/** A device number as mknod(2) takes it. @linux include/linux/kdev_t.h `new_decode_dev` (6.18) */
export function newDecodeDev(dev: number): number {
  return mkdev((dev & 0xfff00) >>> 8, (dev & 0xff) | ((dev >>> 12) & 0xfff00));
}

/** The character devices of a machine by number. */
function charDevices(kernel: Kernel): Map<number, FileOperations> {
  return kernel.subsystem("chrdevs", () => new Map<number, FileOperations>());
}

/** From now on `major:minor` opens with `fops`. @linux fs/char_dev.c `cdev_add` (6.18) */
export function cdevAdd(kernel: Kernel, major: number, minor: number, fops: FileOperations): void {
  charDevices(kernel).set(mkdev(major, minor), fops);
}

/** From now on all numbers of `major` that have no other driver open with `fops`. */
export function cdevAddMajor(kernel: Kernel, major: number, fops: FileOperations): void {
  majors(kernel).set(major, fops);
}

function majors(kernel: Kernel): Map<number, FileOperations> {
  return kernel.subsystem("chrdev-majors", () => new Map<number, FileOperations>());
}

/** Hands an open of a device node on to the driver. @linux fs/char_dev.c `chrdev_open` (6.18) */
export function chrdevOpen(task: Task, inode: Inode, file: File): SysResult {
  const { kernel } = task;
  const fops = charDevices(kernel).get(inode.rdev) ?? majors(kernel).get(majorOf(inode.rdev));
  if (fops === undefined) return -ENXIO;
  file.op = fops;
  return fops.open?.(task, inode, file) ?? 0;
}
