import type { SystemCallDefinition, SystemCallHandler } from "../api/syscalls.ts";
import type { X86Toolkit } from "../api/x86.ts";
import { facade } from "./facade.ts";
import { neededPart } from "./parts.ts";

/** The global `x86` of every cell. */
export const x86: X86Toolkit = facade({
  run64: (source, options) => neededPart("kernel").x86.run64(source, options),
  vdso: () => neededPart("kernel").x86.vdso(),
  get doors() {
    return neededPart("kernel").x86.doors;
  },
  get entryPath() {
    return neededPart("kernel").x86.entryPath;
  },
  get exceptionTable() {
    return neededPart("kernel").x86.exceptionTable;
  },
  userCopySteps: (options) => neededPart("kernel").x86.userCopySteps(options),
} satisfies X86Toolkit);

/** The global `SYSCALL_DEFINE` of every cell; what it does comes with the kernel. */
export function SYSCALL_DEFINE(name: string, handler: SystemCallHandler): SystemCallDefinition {
  return neededPart("kernel").SYSCALL_DEFINE(name, handler);
}

Object.freeze(SYSCALL_DEFINE);
Object.freeze(SYSCALL_DEFINE.prototype);
