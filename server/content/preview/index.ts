export { vocabularyOf } from "./course-around.ts";
export type { DraftBlock } from "./draft-reading.ts";
export {
  type DraftedDocument,
  draftedDocument,
  draftedFiles,
  draftedPicture,
} from "./drafted-files.ts";
export { type ExercisePreview, exercisePreview } from "./exercise-preview.ts";
export { type LecturePreview, lecturePreview } from "./lecture-preview.ts";
