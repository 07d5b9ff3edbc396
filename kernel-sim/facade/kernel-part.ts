import type { SystemCallDefinition, SystemCallHandler } from "../api/syscalls.ts";
import type { X86Toolkit } from "../api/x86.ts";
import type { BootOptions } from "../api.ts";
import type { ConcurrentProgram, ExploreOptions } from "../api-explore.ts";
import type { I386Toolkit } from "../api-kernel.ts";
import type { Clock } from "../hw/clock.ts";
import type { TraceRing } from "../trace/ring.ts";
import type { Explored, MachineOf } from "./explore.ts";
import type { InspectorMoment, InspectorQuery } from "./inspector.ts";
import type { LivingKernel } from "./living-kernel.ts";
import { installedPart } from "./parts.ts";
import type { TerminalPort } from "./terminal.ts";

/** What CPUs have spent in each mode, in ns. */
export interface ModeTimes {
  readonly user: number;
  readonly kernel: number;
  readonly interrupt: number;
  readonly idle: number;
}

/**
 * The kernel that runs programs, as far as machines need it. A page loads it only when a cell runs programs: it
 * is more than half of the simulator, and BPF can do without.
 */
export interface KernelPart {
  livingKernel(options: BootOptions, cpus: number, clock: Clock, trace: TraceRing): LivingKernel;
  /** What the host needs of a terminal; undefined for what is none. */
  terminalPort(value: object): TerminalPort | undefined;
  /** One moment of a machine's past, for an inspector. */
  inspect(machine: LivingKernel, query: InspectorQuery): InspectorMoment;
  /** What stands behind the global `explore`. */
  explore(program: ConcurrentProgram, options: ExploreOptions, machineOf: MachineOf): Explored;
  /** What stands behind the global `i386`. */
  readonly i386: I386Toolkit;
  /** What stands behind the global `x86`. */
  readonly x86: X86Toolkit;
  SYSCALL_DEFINE(name: string, handler: SystemCallHandler): SystemCallDefinition;
  /** Classes to be frozen before student code runs. */
  classes(): readonly object[];
}

/** What the host needs of a terminal of any machine here; undefined for what is none. */
export function terminalPort(value: object): TerminalPort | undefined {
  return installedPart("kernel")?.terminalPort(value);
}
