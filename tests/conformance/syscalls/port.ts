import type { SetupFile, StartOptions } from "./scenario.ts";

/** A load or store that did not reach memory. */
export interface Fault {
  readonly fault: "SIGSEGV" | "SIGBUS";
  readonly code: string;
  /** How many bytes behind the first one. */
  readonly at: number;
}

/** What a process is told to do next. */
export type Command =
  | { readonly kind: "syscall"; readonly nr: number; readonly args: readonly number[] }
  | { readonly kind: "load"; readonly address: number; readonly bytes: number }
  | {
      readonly kind: "store";
      readonly address: number;
      readonly bytes: Uint8Array;
      /** Whether a fault is the process's own: a signal. */
      readonly raw: boolean;
    }
  | { readonly kind: "add"; readonly address: number; readonly value: number };

/** How far a process has come with its command. */
export type Outcome =
  | { readonly kind: "returned"; readonly ret: number }
  | { readonly kind: "loaded"; readonly bytes: Uint8Array }
  | { readonly kind: "stored" }
  | { readonly kind: "faulted"; readonly fault: Fault }
  | { readonly kind: "blocked" }
  | { readonly kind: "gone" }
  | {
      readonly kind: "exec";
      readonly argv: readonly Uint8Array[];
      readonly env: readonly Uint8Array[];
    };

/** A signal as a handler saw it: number and `siginfo_t`. */
export interface TakenSignal {
  readonly signo: number;
  readonly siginfo: Uint8Array;
}

export type ProcessState = "alive" | "stopped" | "zombie" | "gone";

/** A process that does what the scenario says, and nothing else. */
export interface Agent {
  /** As the pid namespace of the scenario sees it. */
  readonly pid: number;
  /** Room in this process's memory, zeroed, that stays its own until the next command. */
  alloc(bytes: number): number;
  /** As `alloc`, but until the program ends. */
  allocForGood(bytes: number): number;
  read(address: number, bytes: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
  begin(command: Command): void;
  outcome(): Outcome;
  state(): ProcessState;
  /** The signals that handlers have taken since the last time somebody asked. */
  takeSignals(): readonly TakenSignal[];
  /** The processes that this one has made and that nobody has asked for yet, oldest first. */
  takeChildren(): readonly Agent[];
}

/** How a process ended, as its parent's wait status says. */
export type End =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signo: number };

/** One machine in the state in which every scenario begins. */
export interface World {
  /** Where the handler that notes its signal lies in every process, and what it returns to. */
  readonly recordHandler: number;
  readonly restorer: number;
  /** What could not be prepared as it should be. */
  readonly problems: readonly string[];
  /** Forks a process from init. */
  start(name: string, options: StartOptions): Agent;
  /** Runs until nobody is runnable any more. Time that somebody only waits for does not pass. */
  run(): void;
  /** Lets time pass up to the next timer and runs again; answers false if no timer is armed. */
  passTime(): boolean;
  /** What init reaped. */
  endOf(pid: number): End | undefined;
}

export type BootWorld = (files: readonly SetupFile[]) => World;
