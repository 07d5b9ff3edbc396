export {
  isBanned,
  mayBan,
  mayChangeAccount,
  mayEnterByAddress,
  mayErasePerson,
  mayExportPerson,
  mayMakeResetLink,
  maySeePeople,
} from "./account.ts";
export { isTimeZone, parseTyped, showMoment, type TypedValue, typeMoment } from "./class-time.ts";
export { mayAuthor } from "./course.ts";
export type { Decision } from "./decision.ts";
export { type LectureReader, lectureGroup } from "./lecture-group.ts";
export { maySaveNotebook } from "./notebook.ts";
export {
  mayChooseCounting,
  mayCountReading,
  maySeeOwnProgress,
  type ReaderOfRun,
} from "./reading.ts";
export {
  mayChangeMember,
  mayCreateRun,
  mayGiveRole,
  mayInvite,
  mayManageRun,
  mayRegrade,
  maySeeGradebook,
  maySetDates,
  taughtRuns,
} from "./run.ts";
export {
  endOf,
  latePercentAt,
  type RuleFields,
  type RuleTarget,
  ruleKey,
  SCHEDULE_FIELDS,
  type Schedule,
  type ScheduleField,
  type ScheduleRule,
  type ScheduleState,
  scheduleOf,
  stateAt,
} from "./schedule.ts";
export {
  keepsTitles,
  maySeeExercise,
  maySeeGrade,
  maySeeSolution,
  maySeeSubmission,
  maySeeTitles,
  maySubmit,
  type SubmitDecision,
  takesPart,
} from "./submission.ts";
export {
  EDIT_MINUTES,
  mayEditText,
  mayLeadTalk,
  maySeeQuestion,
  maySeeQuote,
  maySettleQuestion,
  mayTalk,
  type QuestionAudience,
  type QuestionInRun,
} from "./talk.ts";
export { coursesOf, type Person, type RunRole, roleIn, type Viewer } from "./viewer.ts";
