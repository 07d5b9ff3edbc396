import type { StudentWork } from "#notebook/session/exercise";
import type { Standing } from "./hand-in.tsx";

/** What the viewer may do with the exercise. */
export function standingOf(student: StudentWork | undefined): Standing {
  if (student === undefined) return "signed-out";
  if (student.isEnrolled && student.isArchived === true) return "archived";
  return student.isEnrolled ? "enrolled" : "not-enrolled";
}
