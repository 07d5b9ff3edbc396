/**
 * What a test file of an exercise sees. It runs in the judge; `player` is the process (in the
 * browser: the Worker) that holds the student's module, reached by plain data only.
 *
 * ```ts
 * import { exercise } from "exercise";
 * import { boot, bpf } from "kernel-sim";
 *
 * export default exercise("three-small-programs", ({ test }) => {
 *   test("counts-by-protocol", async ({ check, player, random }) => {
 *     const program = await player.program("countByProtocol");
 *     const machine = boot({ seed: random.int(1, 1 << 30) });
 *     ...
 *     check(counted === sent, "A truncated packet was counted: compare the length first.");
 *   });
 * });
 * ```
 *
 * For authors:
 * - Each test runs once with each seed: those of exercise.yaml, and in `hidden.test.ts` one that is
 *   the student's own. The first that fails ends the test, and its hint is what the student reads.
 * - With each seed the student's module is evaluated anew, so that no test sees what an earlier one
 *   left behind. Between two calls of one test its variables stay.
 * - What `player` answers is a claim, and may be of any type and form: compare it with `===` and
 *   look at its form first. Work out expected values in the test file, never in the player.
 * - A hint is shown as it is: in `hidden.test.ts` never put an argument or an expected value into
 *   it, nor the `message` of an outcome, which may repeat them.
 * - Ask in batches: a question and its answer take about a tenth of a millisecond, a call inside of
 *   a batch a few microseconds.
 * - A test that throws something else than a failed `check` counts as failed; the student is told
 *   that the answer has not the form of the contract.
 */

import type { Program, SystemCalls, UserRequest } from "#kernel-sim";

/**
 * Data that crosses between player and judge: at most 20 levels, a million parts and 8 MiB of text.
 * Objects are copied with their own enumerable properties; classes, Maps and other typed arrays
 * than Uint8Array do not cross.
 */
export type Plain =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

export type CallOutcome =
  | { readonly kind: "returned"; readonly value: Plain }
  | {
      readonly kind: "threw";
      readonly name: string;
      readonly message: string;
      readonly line?: number;
    };

/** Where a user program has come to: at a call of `sys`, or at its end. */
export type ProgramStep =
  | { readonly kind: "asks"; readonly call: string; readonly args: readonly Plain[] }
  | { readonly kind: "returned"; readonly value: Plain };

/** A user program in the player whose calls the test itself answers. */
export interface ProgramRun {
  /** Up to its first call. */
  readonly first: ProgramStep;
  /** Answers its last call, and lets it go on to its next one. */
  resume(answer: Plain): Promise<ProgramStep>;
}

/** Calls an exported function of the player at once, inside of `player.withCalls`. */
export type AskNow = (name: string, ...args: readonly Plain[]) => Plain;

/** A student's user program on a machine of the test: `yield* program(sys, …)` in a program of the test's own. */
export type RemoteProgram = (
  sys: SystemCalls,
  ...args: readonly Plain[]
) => Generator<UserRequest, Plain, unknown>;

export interface Player {
  /** Names that the student's module exports. */
  exports(): Promise<readonly string[]>;
  /** An exported constant. A test fails with a clear message when it is missing. */
  value(name: string): Promise<Plain>;
  /** An exported BPF program, made again on the judge's side from its bytes. */
  program(name: string): Promise<Program>;
  /** Calls an exported function in the player. A throw becomes a failed test. */
  call(name: string, ...args: readonly Plain[]): Promise<Plain>;
  /** Many calls in one message; a throw is an outcome here. */
  callBatch(name: string, argLists: readonly (readonly Plain[])[]): Promise<readonly CallOutcome[]>;
  /** Begins an exported user program, `function* (sys, …args)`. The test is its kernel. */
  start(name: string, ...args: readonly Plain[]): Promise<ProgramRun>;
  /**
   * Runs an exported user program on machines of the test, and answers what `play` does. `play` boots a machine, lets it
   * run and looks at it. The grader calls it once; in the page it is called again and again, each time with one more call
   * of the program known, so it must do the same whenever it is called, and draw its random numbers outside. The program may fork. It has those calls
   * of `sys` whose arguments are plain data: no signal handlers, no threads.
   */
  inMachine<T>(name: string, play: (program: RemoteProgram) => T): Promise<T>;
  /**
   * Lets exported functions be called from inside of a running machine of the test, as by a handler of its kernel. In the
   * page `play` is called again for each call whose answer is new, so it must do the same whenever it is called; and a function is
   * asked once for the same arguments, so it should be one of its arguments alone.
   */
  withCalls<T>(play: (ask: AskNow) => T): Promise<T>;
}

/** Seeded: the same seed gives the same numbers. */
export interface SeededRandom {
  readonly seed: number;
  /** An integer in [min, max]. */
  int(min: number, max: number): number;
  bigint(min: bigint, max: bigint): bigint;
  bytes(length: number): Uint8Array;
  pick<T>(choices: readonly T[]): T;
  shuffle<T>(items: readonly T[]): readonly T[];
}

export interface TestContext {
  readonly player: Player;
  /** A fresh generator for this test: from the test's id and the run's seed. */
  readonly random: SeededRandom;
  /** Ends the test as failed with `hint` when `condition` is not true. */
  check(condition: boolean, hint: string): void;
}

export interface ExerciseContext {
  /** `id` is one of `tests` in exercise.yaml. All seeds must pass for the points. */
  test(id: string, body: (context: TestContext) => Promise<void>): void;
}

export interface ExerciseDefinition {
  readonly id: string;
  readonly define: (context: ExerciseContext) => void;
}

export type DefineExercise = (
  id: string,
  define: (context: ExerciseContext) => void,
) => ExerciseDefinition;
