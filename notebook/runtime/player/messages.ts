/** What judge and player say to each other. All of it is plain data, encoded as text. */

import type { Plain } from "../exercise-api.ts";

/**
 * One question of the judge. A new `run` number asks for the student's module to be evaluated
 * anew, with `seed` for its `Math.random`, so that no test sees what another one left behind.
 */
export interface Question {
  readonly run: number;
  readonly seed: number;
  readonly ask: Ask;
}

export type Ask =
  | { readonly kind: "exports" }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "program"; readonly name: string }
  | {
      readonly kind: "calls";
      readonly name: string;
      readonly argLists: readonly (readonly Plain[])[];
    }
  | {
      /** Goes on with a user program, or begins one when `thread` is a new number. */
      readonly kind: "step";
      readonly name: string;
      readonly thread: number;
      readonly args: readonly Plain[];
      /** Of its calls, those that the thread has not got yet. */
      readonly answers: readonly Plain[];
    };

/** What a thrown value says of itself, and the line of the student's source it came from. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  /** 0 when unknown. */
  readonly line: number;
}

/** The player's first answer: what became of the submission. */
export type LoadAnswer =
  | { readonly kind: "loaded"; readonly exports: readonly string[] }
  | { readonly kind: "refused"; readonly thrown: Thrown };

export type CallAnswer =
  | { readonly kind: "returned"; readonly value: Plain }
  | ({ readonly kind: "threw" } & Thrown);

/** Where a user program has come to: at a system call, or at its end. */
export type StepAnswer =
  | { readonly kind: "asks"; readonly call: string; readonly args: readonly Plain[] }
  | CallAnswer;

/** A claim, like everything that comes from the player. */
export type Answer =
  | { readonly kind: "exports"; readonly names: readonly string[] }
  | { readonly kind: "value"; readonly value: Plain }
  | {
      readonly kind: "program";
      readonly bytes: Uint8Array;
      readonly mapNames: readonly string[];
    }
  | { readonly kind: "calls"; readonly outcomes: readonly CallAnswer[] }
  | { readonly kind: "step"; readonly step: StepAnswer }
  /** There is no such export, or it is of another kind; in words. */
  | { readonly kind: "unfit"; readonly because: string }
  /** The module threw while it was evaluated. */
  | ({ readonly kind: "failed" } & Thrown);
