/** What a student learns of a submission, as plain data. */

import type { GradingResult, GradingStatus } from "./exercise.ts";

/** What the server answers for a stored text: with it a student can prove what was handed in, and when. */
export interface SubmissionReceipt {
  readonly id: string;
  /** 1 for the first one at this exercise. */
  readonly attempt: number;
  /** ms since 1970. */
  readonly receivedAt: number;
  /** SHA-256 of the text, in hex. */
  readonly sourceHash: string;
  /** So much of its points is lost because it came late. */
  readonly latePercent: number;
}

/** What counts of a score when so much of it is lost. */
export function countedScore(score: number, latePercent: number): number {
  return (score * (100 - latePercent)) / 100;
}

/** One line in the list of a student's attempts. */
export interface Attempt {
  readonly receipt: SubmissionReceipt;
  /** False when the run ended by a fault of ours. */
  readonly isSpent: boolean;
  /** undefined: it still waits or runs. */
  readonly result:
    | { readonly status: GradingStatus; readonly score: number; readonly max: number }
    | undefined;
  /** There is nothing to wait for here: the grade is shown when the staff releases it. */
  readonly isHeld?: true;
}

/** What a hidden test has said so far, while the others run. */
export interface TestProgress {
  readonly id: string;
  readonly passed: boolean;
}

/** Where a stored submission stands. */
export type SubmissionProgress =
  /** `position` 1: it is the next one. undefined: it comes back into the queue in a moment. */
  | { readonly kind: "waiting"; readonly position: number | undefined }
  | { readonly kind: "running"; readonly tests: readonly TestProgress[] }
  /** There is nothing to wait for here: the grade is shown when the staff releases it. */
  | { readonly kind: "held" }
  | { readonly kind: "graded"; readonly result: GradingResult };

/** More is no program for an exercise, in bytes of UTF-8. */
export const SOURCE_BYTES_MAX = 256 * 1024;
