/** The simulator and the course's data as cells see them: the same objects as globals and by `import`. */

import {
  type BpfPart,
  boot,
  bpfGlobals,
  constants,
  explore,
  i386,
  installBpfPart,
  installKernelPart,
  type KernelPart,
  kernelPrototypes,
  SYSCALL_DEFINE,
  x86,
} from "#kernel-sim";
import { lockRealm } from "./realm/lockdown.ts";
import type { RealmOptions } from "./realm/realm.ts";
import type { MachineShelf } from "./worker/machine-shelf.ts";
import type { MachineTimes } from "./worker/machine-times.ts";

/**
 * Options for a realm in which the simulator is there. Freezes the simulator's classes: a cell
 * meets their instances, and what hangs on a prototype holds for all of them.
 *
 * @param data data sets of the course: not about the kernel, so not the simulator's
 */
export function openKernel(data: object): RealmOptions {
  lockRealm();
  harden(kernelPrototypes());
  const api = { boot, ...bpfGlobals(), explore, i386, SYSCALL_DEFINE, x86, ...constants };
  return { globals: { ...api, ...data }, modules: { "kernel-sim": api, "course-data": data } };
}

/** What scripts in front of this one may have left on the global object, by the name that they gave it. */
interface Parts {
  readonly kernelbookBpf: BpfPart;
  readonly kernelbookCourseData: object;
  readonly kernelbookKernel: KernelPart;
}

/**
 * Installs the parts of the simulator that are there, lets `times` count what machines do, and `shelf` keep them to be
 * looked at; answers the course's data. To be called before `openKernel`.
 */
export function takeParts(times: MachineTimes, shelf: MachineShelf): object {
  const bpf = takePart("kernelbookBpf");
  if (bpf !== undefined) installBpfPart(bpf);
  const kernel = takePart("kernelbookKernel");
  if (kernel !== undefined) installKernelPart(shelf.watch(times.watch(kernel)));
  return takePart("kernelbookCourseData") ?? {};
}

function takePart<N extends keyof Parts>(name: N): Parts[N] | undefined {
  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  Reflect.deleteProperty(globalThis, name);
  return property?.value as Parts[N] | undefined;
}
