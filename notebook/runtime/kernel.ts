/** The simulator and the course's data as cells see them: the same objects as globals and by `import`. */

import {
  boot,
  bpfGlobals,
  constants,
  explore,
  i386,
  installParts,
  kernelPrototypes,
  type PartName,
  type SimulatorParts,
  SYSCALL_DEFINE,
  x86,
} from "#kernel-sim";
import { PART_NAMES } from "./part-names.ts";
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

/**
 * Installs the parts of the simulator that scripts in front of this one have left on the global object, lets `times`
 * count what machines do, and `shelf` keep them to be looked at; answers the course's data. To be called before
 * `openKernel`.
 *
 * @param onMissed told of a part that is needed and not there
 */
export function takeParts(
  times: MachineTimes,
  shelf: MachineShelf,
  onMissed: (name: PartName) => void,
): object {
  const { kernel, ...others }: Partial<SimulatorParts> = Object.fromEntries(
    PART_NAMES.map((name) => [name, taken(name)]),
  );
  // What scripts have left for each other.
  taken("shared");
  installParts(others, onMissed);
  others.bpf?.installParts(others, onMissed);
  if (kernel !== undefined) installParts({ kernel: shelf.watch(times.watch(kernel)) });
  return (taken("course-data") as object | undefined) ?? {};
}

function taken(name: string): unknown {
  const key = `kernelbook:${name}`;
  const value: unknown = Object.getOwnPropertyDescriptor(globalThis, key)?.value;
  Reflect.deleteProperty(globalThis, key);
  return value;
}
