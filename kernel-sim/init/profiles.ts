import type { InterruptController } from "../arch/x86/irq.ts";
import { type Costs, type DiskModelName, PC_1991_COSTS, SERVER_COSTS } from "../hw/costs.ts";

/** What a machine is when nothing else is said. */
export interface MachineProfile {
  readonly costs: Costs;
  readonly cpus: number;
  readonly cpusMax: number;
  readonly memoryMiB: number;
  readonly disk: DiskModelName | undefined;
  readonly interruptController: InterruptController;
  /** The kernel is cut down to what Linux 0.01 had. */
  readonly isFirstLinux: boolean;
}

export type ProfileName = "server" | "pc-1991" | "0.01";

export const PROFILES: Readonly<Record<ProfileName, MachineProfile>> = Object.freeze({
  /** A server processor of 2020. */
  server: Object.freeze({
    costs: SERVER_COSTS,
    cpus: 2,
    cpusMax: 64,
    memoryMiB: 64,
    disk: undefined,
    interruptController: "apic",
    isFirstLinux: false,
  }),
  /** The machine of 1991, with the kernel of today: what the years have done to the hardware alone. */
  "pc-1991": Object.freeze({
    costs: PC_1991_COSTS,
    cpus: 1,
    cpusMax: 1,
    memoryMiB: 8,
    disk: "hdd-1991",
    interruptController: "8259a",
    isFirstLinux: false,
  }),
  /** The same machine with Linux 0.01 of September 1991. */
  "0.01": Object.freeze({
    costs: PC_1991_COSTS,
    cpus: 1,
    cpusMax: 1,
    memoryMiB: 8,
    disk: "hdd-1991",
    interruptController: "8259a",
    isFirstLinux: true,
  }),
} satisfies Readonly<Record<ProfileName, MachineProfile>>);
