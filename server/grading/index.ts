export { closeSandboxes, gradeSource } from "./grade-source.ts";
export { startGrader } from "./grader.ts";
export {
  type EnqueueOptions,
  enqueueGrading,
  type QueuePlace,
  queuePlaceOf,
  regrade,
} from "./queue.ts";
export { studentSeed } from "./seed.ts";
export { findIdenticalResult, type IdenticalResult, sourceHashOf } from "./stored-result.ts";
