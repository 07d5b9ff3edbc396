import {
  type Attempt,
  type GradingResult,
  type Output,
  SOURCE_BYTES_MAX,
  type SubmissionProgress,
  type SubmissionReceipt,
  type TestOutcome,
} from "#notebook/document";
import type { SavedState } from "../drafts.ts";
import type { Message } from "../message.ts";
import type { Conflict } from "../session-cell.ts";
import type { VisibleTestsEnd } from "../visible-tests.ts";

/** The visible tests in this browser. */
export type Trial =
  | { readonly kind: "none" }
  | {
      readonly kind: "running";
      readonly outcomes: readonly TestOutcome[];
      readonly outputs: readonly Output[];
    }
  | {
      readonly kind: "ended";
      readonly outcomes: readonly TestOutcome[];
      readonly outputs: readonly Output[];
      readonly end: VisibleTestsEnd;
      /** The text that was tried. */
      readonly source: string;
    };

/** What became of the last press of the submit button. */
export type Handing =
  | { readonly kind: "none" }
  | { readonly kind: "sending" }
  /** On this device; sent when the network, or the person, is back. */
  | { readonly kind: "kept"; readonly because: "offline" | "signed-out"; readonly at: number }
  | { readonly kind: "refused"; readonly because: Refusal }
  | {
      readonly kind: "stored";
      readonly receipt: SubmissionReceipt;
      readonly progress: SubmissionProgress;
    };

export type Refusal =
  | { readonly kind: "too-large"; readonly bytes: number }
  | { readonly kind: "not-enrolled" }
  | { readonly kind: "archived" }
  | { readonly kind: "no-attempts-left" }
  | { readonly kind: "closed" }
  | { readonly kind: "not-open-yet"; readonly until: number }
  | { readonly kind: "cooling-down"; readonly until: number }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** A result, and the submission that it belongs to. */
export interface GradedSubmission {
  readonly receipt: SubmissionReceipt;
  readonly result: GradingResult;
  /** It was handed in again, unchanged. */
  readonly isHandedInAgain: boolean;
}

/** An open exercise as it is drawn. */
export interface ExerciseState {
  readonly source: string;
  readonly isEdited: boolean;
  readonly isEditing: boolean;
  /** What stood there before the reader started over, until the next edit. */
  readonly discarded: string | undefined;
  readonly conflict: Conflict | undefined;
  readonly saved: SavedState;
  readonly trial: Trial;
  readonly handing: Handing;
  readonly graded: GradedSubmission | undefined;
  /** The last one first. */
  readonly attempts: readonly Attempt[];
  /** What a screen reader is to say, each text once. */
  readonly message: Message | undefined;
}

/** The dates of an exercise as they are for one person, in ms since 1970; what is absent is not set. */
export interface ExerciseDates {
  /** The run's; dates are shown in the reader's own zone as well. */
  readonly timeZone: string;
  readonly opensAt?: number | undefined;
  readonly dueAt?: number | undefined;
  /** From then on nothing is taken. */
  readonly endsAt?: number | undefined;
  readonly latePercent?: number | undefined;
  readonly cooldownMinutes?: number | undefined;
  /** Dates of their own. */
  readonly isExtended: boolean;
  /** Closed when the page was made; who teaches may go on. */
  readonly isClosed: boolean;
  /** The server's time when the page was made. */
  readonly now: number;
}

/** A person who works on an exercise of a run, and what they have handed in before. */
export interface StudentWork {
  readonly userId: string;
  /** The last one first. */
  readonly attempts: readonly Attempt[];
  /** What dates say for them; undefined for who only reads the course. */
  readonly dates?: ExerciseDates | undefined;
  /** False for who only reads the course: then nothing can be handed in. */
  readonly isEnrolled: boolean;
  /** Whether the run has ended for good: then its students only read. */
  readonly isArchived?: boolean;
  /** The result of the last graded attempt. */
  readonly graded:
    | { readonly receipt: SubmissionReceipt; readonly result: GradingResult }
    | undefined;
}

/** With one more attempt in the list, or with its result. */
export function withAttempt(
  attempts: readonly Attempt[],
  receipt: SubmissionReceipt,
  progress: SubmissionProgress,
): readonly Attempt[] {
  const result = progress.kind === "graded" ? progress.result : undefined;
  const known = attempts.find((attempt) => attempt.receipt.id === receipt.id);
  const attempt: Attempt = {
    receipt,
    isSpent: result === undefined ? (known?.isSpent ?? true) : result.status !== "internal-error",
    result: result && { status: result.status, score: result.score, max: result.max },
    ...(progress.kind === "held" ? { isHeld: true } : {}),
  };
  const others = attempts.filter((other) => other.receipt.id !== receipt.id);
  return [...others, attempt].sort((a, b) => b.receipt.attempt - a.receipt.attempt);
}

/** How far a submission is: news may come late, and nothing goes back. */
export function isNews(before: SubmissionProgress, next: SubmissionProgress): boolean {
  if (before.kind === "graded" || before.kind === "held") return false;
  if (before.kind === "running" && next.kind === "running") {
    return next.tests.length >= before.tests.length;
  }
  return true;
}

/** The text's size in bytes of UTF-8. */
export function sizeOf(source: string): number {
  return new TextEncoder().encode(source).length;
}

/** Such a text stays on this device. */
export function isTooLarge(source: string): boolean {
  return sizeOf(source) > SOURCE_BYTES_MAX;
}
