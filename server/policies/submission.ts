import { ALLOWED, type Decision, denied } from "./decision.ts";
import { maySeeGradebook } from "./run.ts";
import { cooldownEnd, type Schedule, stateAt } from "./schedule.ts";
import { roleIn, type Viewer } from "./viewer.ts";

/** What decides about a submission to an exercise. */
interface ExerciseToSubmit {
  readonly runId: string;
  /** Whether the run has been put away: then its students only read. */
  readonly isArchived?: boolean;
  readonly schedule: Schedule;
  /** How many attempts the viewer has spent. */
  readonly spent: number;
  /** When the last of those arrived, in ms since 1970. */
  readonly lastAt: number | undefined;
  /** When this one has arrived. */
  readonly at: number;
}

export type SubmitDecision =
  | Decision<"signed-out" | "not-enrolled" | "archived" | "no-attempts-left" | "closed">
  /** `until`, in ms since 1970. */
  | { readonly kind: "denied"; readonly because: "not-open-yet"; readonly until: number }
  | { readonly kind: "denied"; readonly because: "cooling-down"; readonly until: number };

/** Whether the viewer may hand something in at all: students may, and who teaches may try it. */
export function takesPart(
  viewer: Viewer | undefined,
  runId: string,
): Decision<"signed-out" | "not-enrolled"> {
  if (viewer === undefined) return denied("signed-out");
  const role = roleIn(viewer, runId);
  return role === undefined || role === "reader" ? denied("not-enrolled") : ALLOWED;
}

/** Whether the viewer may submit to the exercise. Dates and pauses hold for students alone. */
export function maySubmit(viewer: Viewer | undefined, exercise: ExerciseToSubmit): SubmitDecision {
  const { runId, isArchived = false, schedule, spent, lastAt, at } = exercise;
  const part = takesPart(viewer, runId);
  if (part.kind === "denied") return part;
  const isStudent = viewer !== undefined && roleIn(viewer, runId) === "student";
  if (isStudent && isArchived) return denied("archived");
  const state = stateAt(schedule, at);
  if (isStudent && state.kind === "not-open-yet") {
    return { kind: "denied", because: "not-open-yet", until: state.opensAt };
  }
  if (isStudent && state.kind === "closed") return denied("closed");
  const { attempts } = schedule;
  if (attempts !== undefined && spent >= attempts) return denied("no-attempts-left");
  const until = cooldownEnd(schedule, lastAt, at);
  if (isStudent && until !== undefined) return { kind: "denied", because: "cooling-down", until };
  return ALLOWED;
}

/** An exercise of a run and what holds there for the viewer. */
interface DatedExercise {
  readonly runId: string;
  readonly schedule: Schedule;
  readonly at: number;
}

/** Whether the viewer, who is in the run, may see what is asked: its staff may before it opens. */
export function maySeeExercise(
  viewer: Viewer | undefined,
  { runId, schedule, at }: DatedExercise,
): Decision<"not-open-yet"> {
  if (maySeeGradebook(viewer, runId).kind === "allowed") return ALLOWED;
  return stateAt(schedule, at).kind === "not-open-yet" ? denied("not-open-yet") : ALLOWED;
}

/** Whether the viewer may see the model solution: who takes part, once it is closed to them. */
export function maySeeSolution(
  viewer: Viewer | undefined,
  { runId, schedule, at }: DatedExercise,
): Decision<"signed-out" | "not-enrolled" | "not-shown" | "not-closed"> {
  const part = takesPart(viewer, runId);
  if (part.kind === "denied") return part;
  if (schedule.showsSolution !== 1) return denied("not-shown");
  return stateAt(schedule, at).kind === "closed" ? ALLOWED : denied("not-closed");
}

/** Whether the titles of hidden tests are still kept from who does not teach. */
export function keepsTitles(schedule: Schedule, at: number): boolean {
  return schedule.keepsTitles === 1 && stateAt(schedule, at).kind !== "closed";
}

/** Whether the viewer may see what hidden tests are called: all may, unless the run keeps it until the close. */
export function maySeeTitles(
  viewer: Viewer | undefined,
  { runId, schedule, at }: DatedExercise,
): Decision<"not-closed"> {
  if (maySeeGradebook(viewer, runId).kind === "allowed") return ALLOWED;
  return keepsTitles(schedule, at) ? denied("not-closed") : ALLOWED;
}

/** Whether the viewer may see what submissions to the exercise are worth, and what is said of them. */
export function maySeeGrade(
  viewer: Viewer | undefined,
  exercise: { readonly runId: string; readonly isHeld: boolean },
): Decision<"not-released"> {
  if (!exercise.isHeld || maySeeGradebook(viewer, exercise.runId).kind === "allowed") {
    return ALLOWED;
  }
  return denied("not-released");
}

/** Whether the viewer may see a submission, its code and its results: one's own, or as a teacher. */
export function maySeeSubmission(
  viewer: Viewer | undefined,
  submission: { readonly runId: string; readonly userId: string },
): Decision<"signed-out" | "not-allowed"> {
  if (viewer?.userId === submission.userId) return ALLOWED;
  return maySeeGradebook(viewer, submission.runId);
}
