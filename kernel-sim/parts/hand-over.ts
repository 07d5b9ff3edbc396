import type { SimulatorParts } from "../facade/parts.ts";

/**
 * Leaves a part on the global object for the base, which stands behind it in the same text and takes it before any
 * other code runs.
 */
export function handOver<N extends keyof SimulatorParts>(name: N, part: SimulatorParts[N]): void {
  Object.defineProperty(globalThis, `kernelbook:${name}`, { value: part, configurable: true });
}
