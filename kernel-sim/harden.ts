import { StatementParser } from "./bpf/asm/parser.ts";
import { BpfCpu } from "./bpf/interpreter.ts";
import { BpfKernel } from "./bpf/kernel.ts";
import { ArrayMap, PercpuArrayMap } from "./bpf/maps/arraymap.ts";
import { HashMap } from "./bpf/maps/hashtab.ts";
import { BpfMemory } from "./bpf/memory.ts";
import { LoadedProgram } from "./bpf/program.ts";
import { Clock } from "./hw/clock.ts";
import { Random } from "./hw/random.ts";
import { SimulatorBug } from "./hw/simulator-bug.ts";
import { TraceRing } from "./trace/ring.ts";
import { TaskNames } from "./trace/task-names.ts";
import { Tracing } from "./trace/tracing.ts";

const CLASSES = [
  ArrayMap,
  BpfCpu,
  BpfKernel,
  BpfMemory,
  Clock,
  HashMap,
  LoadedProgram,
  PercpuArrayMap,
  Random,
  SimulatorBug,
  StatementParser,
  TaskNames,
  TraceRing,
  Tracing,
];

/**
 * Every class of the simulator with its prototypes, base classes included, for whoever freezes
 * them before student code runs.
 */
export function kernelPrototypes(): readonly object[] {
  const found = new Set<object>();
  for (const start of CLASSES) {
    let made: object | null = start;
    while (typeof made === "function" && made !== Function.prototype && made !== Error) {
      found.add(made);
      found.add((made as { readonly prototype: object }).prototype);
      made = Object.getPrototypeOf(made);
    }
  }
  return Object.freeze([...found]);
}
