export {
  isBanned,
  mayBan,
  mayChangeAccount,
  mayErasePerson,
  mayExportPerson,
  mayMakeResetLink,
  maySeePeople,
} from "./account.ts";
export { mayAuthor } from "./course.ts";
export type { Decision } from "./decision.ts";
export { maySaveNotebook } from "./notebook.ts";
export {
  mayChangeMember,
  mayCreateRun,
  mayGiveRole,
  mayInvite,
  mayManageRun,
  mayRegrade,
  maySeeGradebook,
  taughtRuns,
} from "./run.ts";
export { maySeeSubmission, maySubmit } from "./submission.ts";
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
export type { Person, RunRole, Viewer } from "./viewer.ts";
