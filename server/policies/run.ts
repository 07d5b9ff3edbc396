import { ALLOWED, type Decision, denied } from "./decision.ts";
import { type RunRole, roleIn, type Viewer } from "./viewer.ts";

type RunDecision = Decision<"signed-out" | "not-allowed">;

/** Whether the viewer may see what all students of the run have reached, and export it. */
export function maySeeGradebook(viewer: Viewer | undefined, runId: string): RunDecision {
  return has(viewer, runId, ["ta", "instructor"]);
}

/** Whether the viewer may have submissions of the run graded again. */
export function mayRegrade(viewer: Viewer | undefined, runId: string): RunDecision {
  return maySeeGradebook(viewer, runId);
}

/** Whether the viewer may enrol people in the run and change who is what in it. */
export function mayManageRun(viewer: Viewer | undefined, runId: string): RunDecision {
  return has(viewer, runId, ["instructor"]);
}

/** Whether the viewer may change dates and attempts, and give somebody more time. */
export function maySetDates(viewer: Viewer | undefined, runId: string): RunDecision {
  return mayManageRun(viewer, runId);
}

/** Whether the viewer may give or take `role` in the run: instructors are named by the admin. */
export function mayGiveRole(viewer: Viewer | undefined, runId: string, role: RunRole): RunDecision {
  return role === "instructor" ? has(viewer, runId, []) : mayManageRun(viewer, runId);
}

/** Whether the viewer may begin a new run of the course that has the runs `runIds`. */
export function mayCreateRun(viewer: Viewer | undefined, runIds: readonly string[]): RunDecision {
  if (viewer === undefined) return denied("signed-out");
  const instructs = runIds.some((runId) => roleIn(viewer, runId) === "instructor");
  return viewer.isAdmin || instructs ? ALLOWED : denied("not-allowed");
}

/** Whether the viewer may make a link that brings people into the run as `role`: never instructors. */
export function mayInvite(viewer: Viewer | undefined, runId: string, role: RunRole): RunDecision {
  const decision = mayGiveRole(viewer, runId, role);
  if (decision.kind === "denied") return decision;
  return role === "instructor" ? denied("not-allowed") : ALLOWED;
}

/**
 * Whether the viewer may make the person `after` in the run who is `before`; undefined: not in it.
 * Both count: who may not make an instructor may not unmake one either.
 */
export function mayChangeMember(
  viewer: Viewer | undefined,
  runId: string,
  { before, after }: { before: RunRole | undefined; after: RunRole | undefined },
): RunDecision {
  for (const role of [before, after]) {
    const decision = mayGiveRole(viewer, runId, role ?? "reader");
    if (decision.kind === "denied") return decision;
  }
  return ALLOWED;
}

/** The runs in which the viewer teaches, as far as they are enrolled. */
export function taughtRuns(viewer: Viewer): readonly string[] {
  return viewer.roles
    .filter(({ role }) => role === "ta" || role === "instructor")
    .map(({ runId }) => runId);
}

function has(viewer: Viewer | undefined, runId: string, roles: readonly RunRole[]): RunDecision {
  if (viewer === undefined) return denied("signed-out");
  const role = roleIn(viewer, runId);
  if (viewer.isAdmin || (role !== undefined && roles.includes(role))) return ALLOWED;
  return denied("not-allowed");
}
