export {
  type Assessment,
  type AssessOutcome,
  assessmentDigest,
  assessReport,
  undoAssessment,
} from "./assessment.ts";
export {
  type GivenGrade,
  type GradeToGive,
  giveGradeAsSeen,
  giveGrades,
  givenDigest,
  lockGiving,
  undoGiving,
} from "./given-grade.ts";
export {
  GRADE_EVENTS,
  type GradeEventKind,
  recordGradeEvent,
} from "./grade-event.ts";
export { gradeSettings, saveGradeSettings, undoGradeSettings } from "./grade-settings.ts";
export { closeSandboxes, gradeSource } from "./grade-source.ts";
export { startGrader } from "./grader.ts";
export { type Holding, type HoldingStep, holdGrades, undoHolding } from "./held-grades.ts";
export { followProgress, type GradingNews } from "./progress.ts";
export { enqueueGrading, type QueuePlace, queuePlaceOf } from "./queue.ts";
export { cancelRegrade, dryRegrade, type RegradeScope, regrade } from "./regrade.ts";
export {
  applyRegrade,
  dismissRegrade,
  undoRegrade,
} from "./regrade-step.ts";
export { studentSeed } from "./seed.ts";
export {
  findIdenticalResult,
  type IdenticalResult,
  type ResultRow,
  resultOfRow,
  sourceHashOf,
} from "./stored-result.ts";
export type { RegradeKey } from "./undo-repeat.ts";
