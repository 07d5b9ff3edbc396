import { ALLOWED, type Decision, denied } from "./decision.ts";
import { maySeeGradebook } from "./run.ts";
import { roleIn, type Viewer } from "./viewer.ts";

/** What decides about a submission to an exercise. */
interface ExerciseToSubmit {
  readonly runId: string;
  /** Whether the run has been put away: then its students only read. */
  readonly isArchived?: boolean;
  /** How many submissions are graded; undefined: any number. */
  readonly attempts: number | undefined;
  /** How many attempts the viewer has spent. */
  readonly spent: number;
}

/** Whether the viewer may submit to the exercise: students may, and who teaches may try it. */
export function maySubmit(
  viewer: Viewer | undefined,
  { runId, isArchived = false, attempts, spent }: ExerciseToSubmit,
): Decision<"signed-out" | "not-enrolled" | "archived" | "no-attempts-left"> {
  if (viewer === undefined) return denied("signed-out");
  const role = roleIn(viewer, runId);
  if (role === undefined || role === "reader") return denied("not-enrolled");
  if (isArchived && role === "student") return denied("archived");
  if (attempts !== undefined && spent >= attempts) return denied("no-attempts-left");
  return ALLOWED;
}

/** Whether the viewer may see a submission, its code and its results: one's own, or as a teacher. */
export function maySeeSubmission(
  viewer: Viewer | undefined,
  submission: { readonly runId: string; readonly userId: string },
): Decision<"signed-out" | "not-allowed"> {
  if (viewer?.userId === submission.userId) return ALLOWED;
  return maySeeGradebook(viewer, submission.runId);
}
