import type { Attachment } from "../trace/attached.ts";
import type { Hook } from "../trace/hooks.ts";
import type { LoadedProgram } from "./program.ts";

/** Where an event of perf comes from. */
export type PerfHook = Extract<Hook, { kind: "tracepoint" | "kprobe" }>;

/** A program on an event of perf. */
export interface PerfProgram {
  readonly prog: LoadedProgram;
  readonly cookie: bigint;
  /** Where it hangs: in the kernel, or at the event itself, which runs it whenever it has counted far enough. */
  readonly attachment: Attachment;
}

/** What an event has counted, and for how many ns it was wanted and did count. @linux include/uapi/linux/bpf.h `struct bpf_perf_event_value` (6.18) */
export interface PerfValue {
  readonly counter: number;
  readonly enabled: number;
  readonly running: number;
}

/** An event of perf as BPF reaches it. @linux include/linux/perf_event.h `struct perf_event` (6.18) */
export interface PerfTarget {
  /** What it counts; undefined: something else than a place where programs hang. */
  readonly hook: PerfHook | undefined;
  program: PerfProgram | undefined;
  readonly type: number;
  readonly config: number;
  /** It takes what programs send. */
  readonly isBpfOutput: boolean;
  /** The CPU on which it counts now, or -1. */
  readonly oncpu: number;
  hold(): void;
  release(): void;
  /**
   * A negative errno: it is another task's or another CPU's.
   *
   * @param task the identity of who runs there
   */
  readLocal(task: object | undefined, cpu: number): PerfValue | number;
}

/** What counts at places in the kernel where programs hang. */
export interface PerfPlaces {
  /** By the number that tracefs gives it. */
  tracepoint(id: number): PerfHook | undefined;
  kprobe(func: string, isReturn: boolean): PerfHook | undefined;
  kprobeAt(address: number, isReturn: boolean): PerfHook | undefined;
  /** Calls `hit` with the CPU each time; answers how that ends. */
  watch(hook: PerfHook, hit: (cpu: number) => void): () => void;
  /** An event has counted up to its period: its program runs. */
  overflow(event: PerfTarget, period: number): void;
}
