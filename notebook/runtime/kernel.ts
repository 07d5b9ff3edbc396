/** The simulator and the course's data as cells see them: the same objects as globals and by `import`. */

import {
  boot,
  bpf,
  constants,
  explore,
  i386,
  installKernelPart,
  type KernelPart,
  kernelPrototypes,
  recordings,
  SYSCALL_DEFINE,
  x86,
} from "#kernel-sim";
import { earlyLinux, linuxStatistics, unixFamily } from "#notebook/document";
import { lockRealm } from "./realm/lockdown.ts";
import type { RealmOptions } from "./realm/realm.ts";
import type { MachineShelf } from "./worker/machine-shelf.ts";
import type { MachineTimes } from "./worker/machine-times.ts";

/**
 * Options for a realm in which the simulator is there. Freezes the simulator's classes: a cell
 * meets their instances, and what hangs on a prototype holds for all of them.
 */
export function openKernel(): RealmOptions {
  lockRealm();
  harden(kernelPrototypes());
  const api = { boot, bpf, explore, i386, recordings, SYSCALL_DEFINE, x86, ...constants };
  // Data sets of the course: not about the kernel, so not the simulator's.
  const data = { earlyLinux, linuxStatistics, unixFamily };
  return { globals: { ...api, ...data }, modules: { "kernel-sim": api, "course-data": data } };
}

/**
 * Takes the kernel that runs programs from the global object, where a script in front of this one may have
 * put it, lets `times` count what its machines do, and `shelf` keep them to be looked at. To be called before `openKernel`.
 */
export function takeKernelPart(times: MachineTimes, shelf: MachineShelf): void {
  const property = Object.getOwnPropertyDescriptor(globalThis, "kernelbookKernel");
  if (property === undefined) return;
  installKernelPart(shelf.watch(times.watch(property.value as KernelPart)));
  Reflect.deleteProperty(globalThis, "kernelbookKernel");
}
