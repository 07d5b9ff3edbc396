/**
 * What a test file of an exercise sees. It runs in the judge; `player` is the process (in the
 * browser: the Worker) that holds the student's module, reached by plain data only.
 *
 * ```ts
 * import { exercise } from "exercise";
 * import { boot, bpf } from "kernel-sim";
 *
 * export default exercise("three-small-programs", ({ test, player, random }) => {
 *   test("counts-by-protocol", async ({ check }) => {
 *     const program = await player.program("countByProtocol");
 *     const machine = boot({ seed: 1 });
 *     ...
 *     check(counted === sent, "A truncated packet was counted: compare the length first.");
 *   });
 * });
 * ```
 */

import type { Program } from "#kernel-sim";

/** Data that crosses between player and judge: depth at most 20, at most 8 MiB encoded. */
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
  | { readonly kind: "threw"; readonly name: string; readonly message: string };

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
