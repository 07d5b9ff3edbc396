export { closeSandboxes, gradeSource } from "./grade-source.ts";
export { startGrader } from "./grader.ts";
export { followProgress, type GradingNews } from "./progress.ts";
export { enqueueGrading, type QueuePlace, queuePlaceOf } from "./queue.ts";
export { cancelRegrade, type RegradeScope, regrade } from "./regrade.ts";
export { studentSeed } from "./seed.ts";
export {
  findIdenticalResult,
  type IdenticalResult,
  type ResultRow,
  resultOfRow,
  sourceHashOf,
} from "./stored-result.ts";
