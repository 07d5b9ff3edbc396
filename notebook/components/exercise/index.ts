export { Deadline } from "./deadline.tsx";
export { ExerciseFrame } from "./exercise-frame.tsx";
export { ExerciseIsland } from "./exercise-island.tsx";
export { ExerciseStill } from "./exercise-still.tsx";
export { NotOpenYet } from "./not-open-yet.tsx";
export { ReportStill } from "./report-still.tsx";
export { ReportText } from "./report-text.tsx";
export { SubmissionSheet } from "./submission-sheet.tsx";
