import type { MachineSystemCalls } from "../api/syscalls.ts";
import type { LivingKernel } from "./living-kernel.ts";

/** The part of a machine that is about its system calls; `living` makes its kernel when it is first asked for. */
export function machineSystemCalls(
  living: () => LivingKernel,
): Omit<MachineSystemCalls, "kernelLog"> {
  return {
    addSystemCall: (...args) => living().calls.addSystemCall(...args),
    hostSystemCall: (...args) => living().calls.hostSystemCall(...args),
    systemCalls: () => living().calls.rows(),
    kernelAllocations: () => living().calls.allocations(),
  };
}
