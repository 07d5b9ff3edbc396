/** The simulator as cells see it: the same objects as globals and by `import`. */

import * as kernelSim from "#kernel-sim";
import type { RealmOptions } from "./realm/realm.ts";

/** Options for a realm in which the simulator is there. */
export function openKernel(): RealmOptions {
  const api = { ...kernelSim };
  return { globals: api, modules: { "kernel-sim": api } };
}
