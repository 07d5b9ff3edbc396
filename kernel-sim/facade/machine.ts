import type { BootOptions, Machine, Recording, Trace } from "../api.ts";
import type { StopCondition } from "../api-observe.ts";
import { Clock } from "../hw/clock.ts";
import { DISK_MODELS } from "../hw/costs.ts";
import { type MachineProfile, PROFILES } from "../init/profiles.ts";
import { TraceRing } from "../trace/ring.ts";
import { absentBpf } from "./bpf-global.ts";
import { facade } from "./facade.ts";
import type { LivingKernel } from "./living-kernel.ts";
import { consoleTerminal, machinePrograms } from "./machine-programs.ts";
import { machineSystemCalls } from "./machine-system-calls.ts";
import { installedPart, neededPart } from "./parts.ts";

const MEMORY_MIB_MIN = 2;
const MEMORY_MIB_MAX = 4096;

function profileOf({ profile = "server", disk }: BootOptions): MachineProfile {
  if (!Object.hasOwn(PROFILES, profile)) {
    throw new TypeError(`boot(): there is no profile ${String(profile)}: ${listOf(PROFILES)}`);
  }
  const model = typeof disk === "object" ? disk.model : disk;
  if (model !== undefined && model !== false && !Object.hasOwn(DISK_MODELS, model)) {
    throw new TypeError(`boot(): there is no disk ${String(model)}: ${listOf(DISK_MODELS)}`);
  }
  return PROFILES[profile];
}

function listOf(table: object): string {
  return Object.keys(table).join(", ");
}

/** Starts a machine. Two machines share nothing; the same seed gives the same run. */
export function boot(options: BootOptions = {}): Machine {
  return bootWith(options, undefined);
}

/** The same; what programs there are may have run already: `prepare` gets the kernel that runs them. */
export function bootWith(
  options: BootOptions,
  prepare: ((machine: LivingKernel) => void) | undefined,
): Machine {
  const profile = profileOf(options);
  const { seed = 1, cpus = profile.cpus, memoryMiB = profile.memoryMiB } = options;
  const { timer = true, timeline = false } = options;
  if (!Number.isSafeInteger(seed)) {
    throw new TypeError(`boot(): seed is a whole number, not ${String(seed)}`);
  }
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > profile.cpusMax) {
    throw new TypeError(
      `boot(): cpus is a whole number from 1 to ${profile.cpusMax}, not ${String(cpus)}`,
    );
  }
  if (!Number.isInteger(memoryMiB) || memoryMiB < MEMORY_MIB_MIN || memoryMiB > MEMORY_MIB_MAX) {
    throw new TypeError(
      `boot(): memoryMiB is a whole number from ${MEMORY_MIB_MIN} to ${MEMORY_MIB_MAX}, not ${String(memoryMiB)}`,
    );
  }
  for (const [name, value] of Object.entries({ timer, timeline })) {
    if (typeof value !== "boolean") {
      throw new TypeError(`boot(): ${name} is true or false, not ${String(value)}`);
    }
  }
  const clock = new Clock();
  const ring = new TraceRing();
  let living: LivingKernel | undefined;
  let isClosed = false;
  const part = installedPart("bpf");
  const bpf =
    part?.machineBpf({
      seed,
      cpus,
      clock,
      ring,
      assertOpen,
      living: () => living,
    }) ?? absentBpf;

  function assertOpen(): void {
    if (isClosed) throw new Error("this machine was closed: boot() another one");
  }

  function live(): LivingKernel {
    assertOpen();
    if (living === undefined) {
      living = neededPart("kernel").livingKernel(
        { ...options, seed, memoryMiB, timer, timeline },
        cpus,
        clock,
        ring,
      );
      bpf.joinKernel(living);
    }
    return living;
  }

  if (prepare !== undefined) prepare(live());
  const machine: Machine = {
    seed,
    cpus,
    get bpf() {
      return bpf.syscall;
    },
    now: () => clock.now(),
    ...machinePrograms(live),
    ...machineSystemCalls(live),
    get kernel() {
      return live().view;
    },
    get past() {
      return live().past;
    },
    runUntilStop: (condition: StopCondition) => live().runUntilStop(condition),
    get kernelLog() {
      return live().calls.kernelLog();
    },
    get consoleOutput() {
      return live().output();
    },
    get console() {
      return consoleTerminal(live);
    },
    get disk() {
      return live().disk;
    },
    trace: traceFacade(ring, assertOpen),
    replay(recording: Recording) {
      const from = ring.recorded;
      const fired = bpf.replay(recording);
      living?.noteRecorded(from);
      return fired;
    },
    close() {
      isClosed = true;
      living = undefined;
      bpf.close();
    },
  };
  // Data, where it is there: nothing has to be asked for it.
  if (part !== undefined) Object.defineProperty(machine, "bpf", { value: bpf.syscall });
  return facade(machine);
}

function traceFacade(ring: TraceRing, assertOpen: () => void): Trace {
  return facade({
    get length() {
      assertOpen();
      return ring.length;
    },
    events(filter: { readonly name?: string; readonly pid?: number } = {}) {
      assertOpen();
      return Object.freeze(ring.events(filter.name, filter.pid));
    },
    count(name: string) {
      assertOpen();
      return ring.count(name);
    },
    last(name: string) {
      assertOpen();
      return ring.last(name);
    },
  });
}
