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

import type { Program } from "#kernel-sim";

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
