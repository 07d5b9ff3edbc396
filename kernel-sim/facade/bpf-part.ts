import type { BpfSyscall, BpfToolkit, Recording } from "../api.ts";
import type { Clock } from "../hw/clock.ts";
import type { TraceRing } from "../trace/ring.ts";
import type { LivingKernel } from "./living-kernel.ts";
import type { installParts } from "./parts.ts";

/** What the BPF of a machine gets from it. */
export interface BpfHome {
  readonly seed: number;
  readonly cpus: number;
  readonly clock: Clock;
  readonly ring: TraceRing;
  /** Throws when the machine was closed. */
  assertOpen(): void;
  /** The kernel that runs programs, once it is there. */
  living(): LivingKernel | undefined;
}

/** The BPF of one machine. */
export interface MachineBpf {
  readonly syscall: BpfSyscall;
  /** Lets recorded events happen again; answers how many. */
  replay(recording: Recording): number;
  /** Programs of the machine reach it by bpf(2) and on sockets, and its events fire what is attached. */
  joinKernel(machine: LivingKernel): void;
  close(): void;
}

/** BPF, as far as machines and cells need it. A page loads it only when a cell uses it: it is half of the base. */
export interface BpfPart {
  machineBpf(home: BpfHome): MachineBpf;
  /** Of the parts it needs itself: a script of its own knows none that others have installed. */
  readonly installParts: typeof installParts;
  /** What stands behind the global `bpf`. */
  readonly toolkit: BpfToolkit;
  /** Classes to be frozen before student code runs. */
  classes(): readonly object[];
}
