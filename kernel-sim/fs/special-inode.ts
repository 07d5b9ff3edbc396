import { ENXIO } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { chrdevOpen } from "./char-dev.ts";
import { type FileOperations, S_IFBLK, S_IFCHR, S_IFIFO } from "./fs.ts";

/** What opens block devices and FIFOs; their folders register it at boot. */
export interface SpecialFiles {
  fifo: FileOperations;
  block: FileOperations;
}

const noOpen: FileOperations = { open: () => -ENXIO };
const charDevices: FileOperations = { open: chrdevOpen };

export function specialFiles(kernel: Kernel): SpecialFiles {
  return kernel.subsystem("fs.special", () => ({ fifo: noOpen, block: noOpen }));
}

export function specialFileOperations(kernel: Kernel, type: number): FileOperations {
  if (type === S_IFCHR) return charDevices;
  if (type === S_IFIFO) return specialFiles(kernel).fifo;
  return type === S_IFBLK ? specialFiles(kernel).block : noOpen;
}
