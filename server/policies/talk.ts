import { ALLOWED, type Decision, denied } from "./decision.ts";
import { maySeeGradebook } from "./run.ts";
import { roleIn, type Viewer } from "./viewer.ts";

type TalkDecision = Decision<"signed-out" | "not-allowed">;

/** So long after writing it somebody may change the own question or answer, in minutes. */
export const EDIT_MINUTES = 30;

/** Whom a question is shown to: who asks and who teaches, or everybody in the run. */
export type QuestionAudience = "staff" | "class";

/** A question as far as it decides who may do what with it. */
export interface QuestionInRun {
  readonly runId: string;
  /** null: the account was erased. */
  readonly authorId: string | null;
  readonly audience: QuestionAudience;
  readonly isRemoved: boolean;
  /** Asked at an exercise: its code could be somebody's solution. */
  readonly isAtExercise: boolean;
}

/** Whether the viewer may read what the run talks about, its announcements among it, and ask. */
export function mayTalk(viewer: Viewer | undefined, runId: string): TalkDecision {
  if (viewer === undefined) return denied("signed-out");
  return viewer.isAdmin || roleIn(viewer, runId) !== undefined ? ALLOWED : denied("not-allowed");
}

/** Whether the viewer may answer for the staff, change who sees a question, take it away, announce. */
export function mayLeadTalk(viewer: Viewer | undefined, runId: string): TalkDecision {
  return maySeeGradebook(viewer, runId);
}

/** Whether the viewer may read the question and its answers, and answer it. */
export function maySeeQuestion(viewer: Viewer | undefined, question: QuestionInRun): TalkDecision {
  const decision = mayTalk(viewer, question.runId);
  if (decision.kind === "denied" || mayLeadTalk(viewer, question.runId).kind === "allowed") {
    return decision;
  }
  if (question.isRemoved) return denied("not-allowed");
  const isOwn = question.authorId === viewer?.userId;
  return isOwn || question.audience === "class" ? ALLOWED : denied("not-allowed");
}

/** Whether the viewer may see the code that goes with it: that of an exercise stays with the staff. */
export function maySeeQuote(viewer: Viewer | undefined, question: QuestionInRun): TalkDecision {
  const decision = maySeeQuestion(viewer, question);
  if (decision.kind === "denied" || !question.isAtExercise) return decision;
  if (question.authorId === viewer?.userId) return ALLOWED;
  return mayLeadTalk(viewer, question.runId);
}

/** Whether the viewer may say that the question is answered, or that it is not. */
export function maySettleQuestion(
  viewer: Viewer | undefined,
  question: QuestionInRun,
): TalkDecision {
  const decision = maySeeQuestion(viewer, question);
  if (decision.kind === "denied" || question.authorId === viewer?.userId) return decision;
  return mayLeadTalk(viewer, question.runId);
}

/** Whether the viewer may change the text of a question or an answer: the own one, not for long. */
export function mayEditText(
  viewer: Viewer | undefined,
  text: { readonly authorId: string | null; readonly isRemoved: boolean; readonly at: Date },
  now: Date,
): Decision<"signed-out" | "not-allowed" | "too-late"> {
  if (viewer === undefined) return denied("signed-out");
  if (text.authorId !== viewer.userId || text.isRemoved) return denied("not-allowed");
  const isLate = now.getTime() - text.at.getTime() > EDIT_MINUTES * 60_000;
  return isLate ? denied("too-late") : ALLOWED;
}
