export {
  type InvitationEnd,
  invitationBehind,
  invitationsOf,
  type ListedInvitation,
  type MakeInvitationResult,
  makeInvitation,
  revokeInvitation,
} from "./invitation.ts";
export {
  type JoinResult,
  join,
  joinAsNewcomer,
  type NewcomerResult,
  type Pass,
} from "./join.ts";
export { JoinKey, setJoinKey } from "./join-key.ts";
export { type Membership, type SetMemberResult, setMember } from "./member.ts";
export {
  ROSTER_ORDERS,
  type RosterFilter,
  type RosterOrder,
  type RosterPerson,
  rosterOf,
} from "./roster.ts";
export {
  type ApplyResult,
  applyRoster,
  type NewAccount,
} from "./roster-apply.ts";
export { printRoster, ROSTER_BYTES_MAX, readRoster, SectionName } from "./roster-csv.ts";
export { planRoster, type RosterPlan, type RosterStep } from "./roster-plan.ts";
export {
  archiveRun,
  type CreateRunResult,
  chooseRun,
  copyRun,
  createRun,
  describeRun,
  type OwnRun,
  ownRuns,
  type RunnableCourse,
  runForSettings,
  runnableCourses,
} from "./run.ts";
export {
  type DeleteSectionResult,
  deleteSection,
  type ListedSection,
  makeSection,
  renameSection,
  type SectionResult,
  sectionsOf,
} from "./section.ts";
