import { ALLOWED, type Decision, denied } from "./decision.ts";
import { takesPart } from "./submission.ts";
import { roleIn, type Viewer } from "./viewer.ts";

/** A run as far as it decides whether its readers are counted. */
export interface ReaderOfRun {
  readonly runId: string;
  readonly isArchived: boolean;
  /** False: the student has said no. */
  readonly isCounted: boolean;
}

/** Whether it is counted how far the viewer reads and which cells fail: of students alone. */
export function mayCountReading(
  viewer: Viewer | undefined,
  { runId, isArchived, isCounted }: ReaderOfRun,
): Decision<"signed-out" | "not-allowed" | "archived" | "unwanted"> {
  const decision = mayChooseCounting(viewer, runId);
  if (decision.kind === "denied") return decision;
  if (isArchived) return denied("archived");
  return isCounted ? ALLOWED : denied("unwanted");
}

/** Whether there is anything to choose: who is no student is never counted. */
export function mayChooseCounting(
  viewer: Viewer | undefined,
  runId: string,
): Decision<"signed-out" | "not-allowed"> {
  if (viewer === undefined) return denied("signed-out");
  return roleIn(viewer, runId) === "student" ? ALLOWED : denied("not-allowed");
}

/** Whether the viewer has progress of their own in the run: who may hand something in has. */
export function maySeeOwnProgress(
  viewer: Viewer | undefined,
  runId: string,
): Decision<"signed-out" | "not-enrolled"> {
  return takesPart(viewer, runId);
}
