/** An exercise as its `exercise.yaml` and task describe it; what a student may see of it. */

/** What points are given for: a hidden test, or what people look at in a report. */
export interface ExerciseTest {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  /** Of a report: what is expected, "" where the title says it. */
  readonly hint: string;
  /** Of a report: what it takes for so many points, the fewest first. */
  readonly levels?: readonly RubricLevel[];
}

export interface RubricLevel {
  readonly points: number;
  readonly text: string;
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
  /** A report is a text in Markdown that people grade, by its `tests` as criteria. */
  readonly kind: "code" | "report";
  readonly title: string;
  /** undefined: unlimited. */
  readonly attempts: number | undefined;
  readonly limits: ExerciseLimits;
  /** Fixed seeds, none of a report; the grader adds one of the student's own. */
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
export const GRADING_STATUSES = [
  "graded",
  "compile-error",
  "time-out",
  "memory",
  "crashed",
  "tampered",
  "internal-error",
] as const;
export type GradingStatus = (typeof GRADING_STATUSES)[number];

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
