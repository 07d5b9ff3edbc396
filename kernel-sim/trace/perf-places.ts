import type { PerfPlaces, PerfTarget } from "../bpf/perf-target.ts";
import type { AttachedPrograms } from "./attached.ts";
import { tracepointWithId } from "./formats.ts";
import { functionAt, isKernelFunction } from "./kernel-functions.ts";

/** The places of a living kernel that events of perf count. */
export function perfPlaces(
  attached: AttachedPrograms,
  overflow: (event: PerfTarget, period: number) => void,
): PerfPlaces {
  return {
    tracepoint(id) {
      const format = tracepointWithId(id);
      return format === undefined ? undefined : { kind: "tracepoint", event: format.name, format };
    },
    kprobe: (func, isReturn) =>
      isKernelFunction(func) ? { kind: "kprobe", func, isReturn } : undefined,
    kprobeAt(address, isReturn) {
      const func = functionAt(address);
      return func === undefined ? undefined : { kind: "kprobe", func, isReturn };
    },
    watch: (hook, hit) => attached.watch(hook, hit),
    overflow,
  };
}
