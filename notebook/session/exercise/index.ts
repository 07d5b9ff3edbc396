export { browserExercisePorts } from "./browser-ports.ts";
export { ExerciseSession, firstState } from "./exercise-session.ts";
export type {
  ExerciseState,
  GradedSubmission,
  Handing,
  Refusal,
  StudentWork,
  Trial,
} from "./exercise-state.ts";
export { followSubmission } from "./follow-submission.ts";
export type {
  LoadDraftResult,
  RemoteExercise,
  SaveDraftInput,
  SaveDraftResult,
  SubmitInput,
  SubmitResult,
} from "./remote.ts";
