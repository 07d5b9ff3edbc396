export { browserExercisePorts } from "./browser-ports.ts";
export { ExerciseSession, firstState } from "./exercise-session.ts";
export type {
  ExerciseDates,
  Handing,
  Refusal,
  StudentWork,
  Trial,
} from "./exercise-state.ts";
export { followSubmission } from "./follow-submission.ts";
export type {
  LoadDraftResult,
  RemoteExercise,
  SaveDraftResult,
  SubmitResult,
} from "./remote.ts";
