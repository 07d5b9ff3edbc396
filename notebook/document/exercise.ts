/** An exercise as its `exercise.yaml` and task describe it; what a student may see of it. */

export interface ExerciseTest {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  readonly hint: string;
}

export interface ExerciseLimits {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly memoryMiB: number;
}

export interface ExerciseManifest {
  /** Unique in the course, the folder's name, e.g. `three-small-programs`. */
  readonly id: string;
  /** E.g. `E11.1`. */
  readonly number: string;
  readonly kind: "code";
  readonly title: string;
  /** undefined: unlimited. */
  readonly attempts: number | undefined;
  readonly limits: ExerciseLimits;
  /** Fixed seeds; the grader adds one of the student's own. */
  readonly seeds: readonly number[];
  readonly points: number;
  readonly tests: readonly ExerciseTest[];
}

/** What the page of an exercise holds: of hidden tests only their titles, points and hints. */
export interface ExerciseSheet {
  readonly manifest: ExerciseManifest;
  /** The text that the editor begins with. */
  readonly starter: string;
  /** Types of what a submission exports; "" when the exercise has none. */
  readonly contract: string;
  /** The visible tests as one text; "" when the exercise has none. */
  readonly visibleTests: string;
}

/** How a grading run ended. Only `internal-error` is ours, and costs no attempt. */
export type GradingStatus =
  | "graded"
  | "compile-error"
  | "time-out"
  | "memory"
  | "crashed"
  | "tampered"
  | "internal-error";

export interface TestOutcome {
  readonly id: string;
  readonly kind: "passed" | "failed" | "not-run";
  readonly points: number;
  readonly max: number;
  /** Why it failed, in words for the student; never a hidden value. */
  readonly feedback?: string;
}

export interface GradingResult {
  readonly status: GradingStatus;
  readonly score: number;
  readonly max: number;
  readonly tests: readonly TestOutcome[];
  /** For anything but `graded`: what happened and what to do. */
  readonly message?: string;
  /** Wall time of the run in ms. */
  readonly ms: number;
}
