export { cancelCheck } from "../content/check.ts";
export { type Draft, type DraftFile, type SaveOutcome, saveDraft } from "../content/drafts.ts";
export { readZip, ZIP_BYTES_MAX, ZipProblem } from "../content/read-zip.ts";
export { bringBack, mergeDraft, mergeOf } from "./bring-together.ts";
export { courseZip } from "./course-zip.ts";
export { createDocument, type NewDocument } from "./create.ts";
export {
  type AuthoredCourse,
  type AuthoredDocument,
  authoredCourse,
  authoredCourses,
  authoredDocuments,
  type CheckState,
} from "./document-list.ts";
export { type DraftNews, draftNews } from "./draft-news.ts";
export {
  type JudgedOutcome,
  judgeDraft,
  type OutputsOutcome,
  outputsOfDraft,
} from "./draft-run.ts";
export {
  type EditedChange,
  type EditedDocument,
  type EditedFile,
  editedDocument,
  filesAt,
} from "./edited-document.ts";
export type { FileState, MergedFile, MergePart } from "./merge.ts";
export {
  oddPicture,
  PICTURE_BYTES_MAX,
  type StoredPicture,
  storePicture,
  versionPicture,
} from "./pictures.ts";
export { rebaseDraft } from "./replace-draft.ts";
export {
  type CheckPart,
  type CheckProblem,
  checkById,
  latestCheckOf,
  type ShownCheck,
  type SmallMistake,
  searchMutantsAgain,
} from "./shown-check.ts";
export {
  documentIn,
  requestPublication,
  storeDraft,
  type VersionOutcome,
} from "./store-draft.ts";
export { TEXT_MAX } from "./texts.ts";
export { type ListedVersion, versionsOf } from "./version-list.ts";
export { draftsFromZip, type ZipOutcome } from "./zip-drafts.ts";
