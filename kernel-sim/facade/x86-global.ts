import type { SystemCallDefinition, SystemCallHandler } from "../api/syscalls.ts";
import { installedKernelPart, type KernelPart } from "./kernel-part.ts";

/** The global `SYSCALL_DEFINE` of every cell; what it does comes with the kernel. */
export function SYSCALL_DEFINE(name: string, handler: SystemCallHandler): SystemCallDefinition {
  return kernelPart().SYSCALL_DEFINE(name, handler);
}

Object.freeze(SYSCALL_DEFINE);
Object.freeze(SYSCALL_DEFINE.prototype);

function kernelPart(): KernelPart {
  const part = installedKernelPart();
  if (part === undefined) throw new Error(NO_KERNEL);
  return part;
}

const NO_KERNEL =
  "the kernel is not loaded here: it comes when the text of a cell holds a generator function, function* (k) { … }";
