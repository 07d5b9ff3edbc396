import { installedPart } from "./facade/parts.ts";
import { Clock } from "./hw/clock.ts";
import { SimulatorBug } from "./hw/simulator-bug.ts";
import { TraceChunk } from "./trace/chunk.ts";
import { TraceRing } from "./trace/ring.ts";

const CLASSES = [Clock, SimulatorBug, TraceChunk, TraceRing];

/**
 * Every class of the simulator with its prototypes, base classes included, for whoever freezes
 * them before student code runs.
 */
export function kernelPrototypes(): readonly object[] {
  const found = new Set<object>();
  for (const start of [
    ...CLASSES,
    ...(installedPart("bpf")?.classes() ?? []),
    ...(installedPart("checked-runs")?.classes() ?? []),
    ...(installedPart("explanations")?.classes() ?? []),
    ...(installedPart("jit")?.classes() ?? []),
    ...(installedPart("kernel")?.classes() ?? []),
    ...(installedPart("typed")?.classes() ?? []),
    ...(installedPart("xlate")?.classes() ?? []),
  ]) {
    let made: object | null = start;
    while (typeof made === "function" && made !== Function.prototype && made !== Error) {
      found.add(made);
      found.add((made as { readonly prototype: object }).prototype);
      made = Object.getPrototypeOf(made);
    }
  }
  return Object.freeze([...found]);
}
