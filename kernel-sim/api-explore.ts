/**
 * The race explorer's part of the public face of the simulator: a small concurrent program under every schedule.
 */

import type { Machine } from "./api.ts";
import type { MachineProgram, SystemCall, SystemCalls, UserRequest } from "./api-kernel.ts";
import type { KernelView, Listing } from "./api-observe.ts";

/** A word of memory that all threads share: 32 bits, signed. Each call is one step, which no other thread divides. */
export interface SharedWord {
  /** Where it lies: for futex(2). */
  readonly address: number;
  load(): SystemCall;
  store(value: number): SystemCall<void>;
  /** Adds in one step (`lock xadd`); answers what it was before. */
  add(n: number): SystemCall;
  exchange(value: number): SystemCall;
  /** Stores `value` if the word is `expected`; answers what it was before. */
  compareExchange(expected: number, value: number): SystemCall;
}

export type SharedWords = Readonly<Record<string, SharedWord>>;

/** What one thread does. `prepared` is what `setup` has returned. */
export type ThreadProgram = (
  sys: SystemCalls,
  shared: SharedWords,
  // biome-ignore lint/suspicious/noExplicitAny: what a cell's own setup has made
  prepared: any,
) => Generator<UserRequest, unknown, never>;

/** A program of several threads, and what has to be true when it has ended. */
export interface ConcurrentProgram {
  /** Words of shared memory, with what they begin with. */
  readonly shared?: Readonly<Record<string, number>>;
  /** Runs first, alone: opens pipes, makes files. What it returns is given to the threads. */
  readonly setup?: ThreadProgram;
  /** Threads of one process, by name. */
  readonly threads?: Readonly<Record<string, ThreadProgram>>;
  /**
   * Processes with memory of their own; they share the words, and the open files of `setup`. One may be machine code: a
   * step of it is one instruction that touches memory which others can reach, or a system call, so that other threads,
   * signals, and threads that it makes itself come between any two of them.
   */
  readonly processes?: Readonly<Record<string, ThreadProgram | MachineProgram>>;
  /** Asked at the end of each schedule: false, or a text that says what is wrong, makes it a failing one. */
  readonly invariant?: (end: ProgramEnd) => boolean | string | undefined;
  /** True: that threads wait for ever is no failure. */
  readonly mayDeadlock?: boolean;
}

/** How a program has ended under one schedule. */
export interface ProgramEnd {
  /** The words. */
  readonly shared: Readonly<Record<string, number>>;
  /** What each thread has returned. */
  readonly returned: Readonly<Record<string, unknown>>;
  /** Threads that wait for ever. */
  readonly stuck: readonly string[];
  readonly output: string;
  readonly kernel: KernelView;
}

export interface ExploreOptions {
  /** Schedules at most; default 10000, at most 100000. */
  readonly schedules?: number;
  /** Steps of one schedule at most; default 100. */
  readonly steps?: number;
  /** False: also schedules that differ only in the order of steps which touch nothing in common. */
  readonly reduction?: boolean;
  /** Failing schedules that are kept, of each way to fail one; default 20. */
  readonly failures?: number;
  /** Told every 500 schedules how far the search is; false ends it, and what was found until then is the result. */
  readonly progress?: (so: ExploreProgress) => unknown;
}

export interface ExploreProgress {
  readonly schedules: number;
  readonly failing: number;
}

export interface Exploration {
  /** Schedules that were run to their end. */
  readonly schedules: number;
  /** Given up on the way, since they would have led to what was seen before. */
  readonly pruned: number;
  /** No limit was met: no other schedule ends in another way. */
  readonly isComplete: boolean;
  /** Each way in which the program can end, with the first schedule that leads there and how many of those run did. */
  readonly ends: Listing<EndRow>;
  /** One schedule for each way to fail. */
  readonly failures: readonly FailingSchedule[];
  /** In a few lines. */
  readonly text: string;
}

export interface EndRow {
  readonly shared: string;
  readonly returned: string;
  readonly stuck: string;
  readonly schedules: number;
  /** "" when nothing is wrong. */
  readonly failure: string;
  /** Who made each step, in order: "A B B A". */
  readonly schedule: string;
}

export interface FailingSchedule {
  /** What is wrong. */
  readonly because: string;
  /** Who made each step, in order: "A B B A". */
  readonly schedule: string;
  /** Step by step, a column for each thread. */
  readonly steps: Listing<ScheduleStep>;
  /** A machine on which the program has run this way: `machine.past` steps through it. */
  machine(): Machine;
}

export interface ScheduleStep {
  readonly step: number;
  readonly thread: string;
  /** An access to memory, a system call, or nothing that others could see. */
  readonly kind: "access" | "call" | "own";
  /** What it did: "load counter: 0", "write(4) = 3". */
  readonly what: string;
  /** The words afterwards. */
  readonly shared: Readonly<Record<string, number>>;
}

/** The global `explore` of every cell: runs a program under every schedule that can make a difference. */
export type Explore = (program: ConcurrentProgram, options?: ExploreOptions) => Exploration;
