export {
  announcementRun,
  announcementsOf,
  editAnnouncement,
  insertAnnouncement,
  type ListedAnnouncement,
  markAnnouncementRead,
  setAnnouncementRemoved,
  unreadAnnouncements,
} from "./announcement.ts";
export { cellTypes } from "./cell-types.ts";
export {
  type ClassAttempt,
  type ClassResult,
  type ClassTest,
  type StudentAtExercise,
  studentAtExercise,
  submittedSource,
} from "./class-attempts.ts";
export {
  type ClassAttention,
  classAttention,
  type FailingGroup,
  failingGroups,
  VAIN_ATTEMPTS,
} from "./class-attention.ts";
export { type ExerciseProgress, exerciseProgress } from "./class-progress.ts";
export {
  type CellErrors,
  classCellErrors,
  classReading,
  type LectureStops,
  READERS_MIN,
} from "./class-reading.ts";
export {
  type ClassActivity,
  type ClassRun,
  classActivity,
  classRunBySlug,
  classRuns,
} from "./class-run.ts";
export { type DueExercise, dueExercises } from "./due-dates.ts";
export { type EnrolledExercise, enrolledExercise } from "./exercise.ts";
export { type ExerciseAnalysis, exerciseAnalysis, type TestAnalysis } from "./exercise-analysis.ts";
export { type DatedExercise, datedExercise, opensToReaders } from "./exercise-dates.ts";
export { exerciseDraft, keepBothTexts, saveExerciseDraft } from "./exercise-draft.ts";
export { type GradeInDetail, gradeInDetail } from "./given-grade.ts";
export { type GradeLogEntry, gradeHistory, gradeLog, gradeText } from "./grade-log.ts";
export { type Gradebook, type GradebookCell, type GradebookRow, gradebookOf } from "./gradebook.ts";
export { gradebookCsv } from "./gradebook-csv.ts";
export { exercisesOfRun, type GradebookExercise } from "./gradebook-exercises.ts";
export {
  type Condition,
  type FilterWord,
  type GradebookOrder,
  lectureNumber,
  parseFilter,
  parseOrder,
  printFilter,
  printOrder,
} from "./gradebook-filter.ts";
export { type FileGrade, readGradesFile } from "./grades-file.ts";
export { datedSubmission, keepsTitlesFromReaders, untitledSubmissions } from "./kept-titles.ts";
export {
  addLineComment,
  type LineComment,
  lineComments,
  removeLineComment,
} from "./line-comment.ts";
export { modelSolution } from "./model-solution.ts";
export { newVersions, openTrials, unusedVersion } from "./new-versions.ts";
export { type NextToGrade, nextToGrade } from "./next-to-grade.ts";
export {
  cellHistory,
  type EditedCells,
  type NotebookRevision,
  notebookOf,
  type SaveOutcome,
  saveNotebook,
} from "./notebook.ts";
export { type OwnOpening, openingsToReaders, openingsToStudent } from "./openings.ts";
export { type OwnProgress, ownProgress } from "./own-progress.ts";
export {
  type ListedPerson,
  listPeople,
  listRuns,
  personForChange,
  personNamed,
  type Run,
  setBanned,
  setRole,
} from "./person.ts";
export {
  askerFor,
  type ListedQuestion,
  QUESTION_LISTS,
  type QuestionList,
  type QuestionPlace,
  type QuestionReader,
  questionCounts,
  questionsOf,
  runToAskIn,
} from "./question.ts";
export {
  answerForChange,
  editTalk,
  insertAnswer,
  insertQuestion,
  questionForChange,
  setAnswered,
  setAudience,
  setTalkRemoved,
} from "./question-change.ts";
export { type QuestionThread, questionThread, type ThreadAnswer } from "./question-thread.ts";
export {
  keepReading,
  ownReading,
  type Reading,
  type RunOfReader,
  runOfReader,
  setReadingCounted,
} from "./reading.ts";
export {
  type RegradeChange,
  type RegradeProgress,
  regradeById,
  regradeChanges,
  regradeCounts,
  regradesOf,
} from "./regrade.ts";
export { lockSchedule } from "./schedule.ts";
export {
  type ChangedDates,
  changeDates,
  type DateBack,
  type DateChange,
  restoreDates,
  setTimeZone,
} from "./schedule-change.ts";
export {
  type ScheduleTable,
  scheduleTable,
  sectionOfStudent,
  studentsNamed,
} from "./schedule-table.ts";
export { shownCourse } from "./shown-course.ts";
export { type WorkAtExercise, workAtExercise } from "./student-work.ts";
export {
  type SubmissionOwner,
  type SubmissionView,
  submissionOwner,
  submissionProgress,
  submissionView,
  withheldProgress,
} from "./submission.ts";
export { type SubmissionAnswer, submitText, type TextToSubmit } from "./submit-text.ts";
export { untitledProgress, untitledResult, untitledTests } from "./untitled.ts";
