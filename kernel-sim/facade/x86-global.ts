import type { SystemCallDefinition, SystemCallHandler } from "../api/syscalls.ts";
import type { X86Toolkit } from "../api/x86.ts";
import { facade } from "./facade.ts";
import { installedKernelPart, type KernelPart } from "./kernel-part.ts";

/** The global `x86` of every cell. */
export const x86: X86Toolkit = facade({
  run64: (source, options) => kernelPart().x86.run64(source, options),
  vdso: () => kernelPart().x86.vdso(),
  get doors() {
    return kernelPart().x86.doors;
  },
  get entryPath() {
    return kernelPart().x86.entryPath;
  },
  get exceptionTable() {
    return kernelPart().x86.exceptionTable;
  },
  userCopySteps: (options) => kernelPart().x86.userCopySteps(options),
} satisfies X86Toolkit);

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
  "the kernel is not loaded here: it comes when the text of a cell holds a generator function, function* (k) { … }, or the name x86";
