"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import * as z from "zod";
import { type AttemptRule, countAttempt, currentViewer } from "#server/auth";
import { type Tx, transaction } from "#server/db";
import { mailAnswer, mailQuestion } from "#server/mail";
import {
  mayEditText,
  mayLeadTalk,
  maySeeQuestion,
  maySettleQuestion,
  type Viewer,
} from "#server/policies";
import {
  answerForChange,
  editTalk,
  insertAnswer,
  insertQuestion,
  questionForChange,
  setAnswered,
  setAudience,
  setTalkRemoved,
} from "#server/queries";
import { memberOfRun } from "../../talk-access.ts";
import { questionUrl } from "../../talk-urls.ts";
import { CODE_LENGTH_MAX, TEXT_LENGTH_MAX, TITLE_LENGTH_MAX } from "./limits.ts";
import { placesOf } from "./places.ts";

/** More than anybody asks or answers in a row. */
const ASK_RULE: AttemptRule = { tries: 12, pauseS: 10 * 60 };
const ANSWER_RULE: AttemptRule = { tries: 60, pauseS: 10 * 60 };

const Name = z.string().min(1).max(200);
const Text = z
  .string()
  .trim()
  .min(1, "Nothing is written yet.")
  .max(TEXT_LENGTH_MAX, `That is longer than ${TEXT_LENGTH_MAX} characters: make it shorter.`)
  .prefault("");

const AskInput = z.object({
  run: Name,
  audience: z.enum(["staff", "class"]),
  title: z
    .string()
    .trim()
    .min(1, "The title is missing: say in a line what you ask.")
    .max(TITLE_LENGTH_MAX, `A title has at most ${TITLE_LENGTH_MAX} characters.`)
    .prefault(""),
  text: Text,
  quote: z
    .string()
    .max(CODE_LENGTH_MAX, `The code is longer than ${CODE_LENGTH_MAX} characters: quote less.`)
    .default(""),
  lecture: Name.optional(),
  cell: Name.optional(),
  exercise: Name.optional(),
});

type Denied = {
  readonly kind: "denied";
  readonly because: "signed-out" | "not-allowed" | "too-late";
};
type NotDone =
  | Denied
  | { readonly kind: "invalid"; readonly problem: string }
  | { readonly kind: "paused"; readonly seconds: number };

export type AskState = { readonly kind: "empty" } | NotDone;

/** Asks a question in a run, and goes to it. */
export async function askQuestion(_before: AskState, form: FormData): Promise<AskState> {
  const parsed = AskInput.safeParse(given(form));
  if (!parsed.success) return invalid(parsed.error);
  const { run: slug, lecture, cell, exercise, quote, ...asked } = parsed.data;
  const member = await memberOfRun(slug);
  if (member === undefined) return refused(await currentViewer());
  const { run, viewer } = member;
  const places = await placesOf(run.id);
  const place = places.find({ lectureSlug: lecture, cellId: cell, exerciseSlug: exercise });
  if (place === undefined) {
    return { kind: "invalid", problem: "What you ask about is no longer there." };
  }
  const attempt = await countAttempt(`ask:${viewer.userId}`, ASK_RULE, new Date());
  if (attempt.kind === "paused") return attempt;
  const hasCode = place.cellId !== undefined || place.exerciseSlug !== undefined;
  const by = { runId: run.id, authorId: viewer.userId };
  const id = await transaction(async (tx) => {
    const questionId = await insertQuestion(tx, {
      ...asked,
      ...place,
      ...by,
      quote: hasCode && quote.trim() !== "" ? quote : undefined,
    });
    await mailQuestion(tx, { ...by, questionId });
    return questionId;
  });
  revalidatePath("/class", "layout");
  redirect(`${questionUrl(slug, id)}?asked`);
}

const AnswerInput = z.object({ question: Name, text: Text });

export type AnswerState = { readonly kind: "empty" | "stored" } | NotDone;

/** Answers a question. */
export async function answerQuestion(_before: AnswerState, form: FormData): Promise<AnswerState> {
  const parsed = AnswerInput.safeParse(given(form));
  if (!parsed.success) return invalid(parsed.error);
  const { question: id, text } = parsed.data;
  const viewer = await currentViewer();
  if (viewer === undefined) return refused(viewer);
  const attempt = await countAttempt(`answer:${viewer.userId}`, ANSWER_RULE, new Date());
  if (attempt.kind === "paused") return attempt;
  return change(async (tx): Promise<AnswerState> => {
    const question = await questionForChange(tx, id);
    if (question === undefined) return refused(viewer);
    const decision = maySeeQuestion(viewer, question);
    if (decision.kind === "denied") return decision;
    const isStaff = mayLeadTalk(viewer, question.runId).kind === "allowed";
    const authorId = viewer.userId;
    const answerId = await insertAnswer(tx, { question, authorId, isStaff, text });
    await mailAnswer(tx, { answerId, authorId, question });
    return { kind: "stored" };
  });
}

const EditInput = z.object({ question: Name, answer: Name.optional(), text: Text });

/** Changes the text of one's own question, or of one's own answer to it. */
export async function editText(_before: AnswerState, form: FormData): Promise<AnswerState> {
  const parsed = EditInput.safeParse(given(form));
  if (!parsed.success) return invalid(parsed.error);
  const viewer = await currentViewer();
  return change(async (tx): Promise<AnswerState> => {
    const found = await whatToChange(tx, parsed.data);
    if (viewer === undefined || found === undefined) return refused(viewer);
    const seen = maySeeQuestion(viewer, found.question);
    if (seen.kind === "denied") return seen;
    const decision = mayEditText(viewer, found.answer ?? found.question, new Date());
    if (decision.kind === "denied") return decision;
    await editTalk(tx, found, viewer.userId, parsed.data.text);
    return { kind: "stored" };
  });
}

const SettleInput = z.object({ question: Name, answered: z.enum(["yes", "no"]) });

/** Says that a question is answered, or that it is not. */
export async function settleQuestion(form: FormData): Promise<void> {
  const parsed = SettleInput.safeParse(given(form));
  const viewer = await currentViewer();
  if (!parsed.success || viewer === undefined) return;
  await change(async (tx) => {
    const question = await questionForChange(tx, parsed.data.question);
    if (question === undefined || maySettleQuestion(viewer, question).kind === "denied") return;
    await setAnswered(tx, question, viewer.userId, parsed.data.answered === "yes");
  });
}

const ShowInput = z.object({ question: Name, audience: z.enum(["staff", "class"]) });

/** Shows a question to the class, or to nobody but its asker and the staff. */
export async function showQuestion(form: FormData): Promise<void> {
  const parsed = ShowInput.safeParse(given(form));
  const viewer = await currentViewer();
  if (!parsed.success || viewer === undefined) return;
  await change(async (tx) => {
    const question = await questionForChange(tx, parsed.data.question);
    if (question === undefined || mayLeadTalk(viewer, question.runId).kind === "denied") return;
    await setAudience(tx, question, viewer.userId, parsed.data.audience);
  });
}

const RemoveInput = z.object({
  question: Name,
  answer: Name.optional(),
  removed: z.enum(["yes", "no"]),
});

/** Takes a question or an answer away, or brings it back; the staff sees it all along. */
export async function removeTalk(form: FormData): Promise<void> {
  const parsed = RemoveInput.safeParse(given(form));
  const viewer = await currentViewer();
  if (!parsed.success || viewer === undefined) return;
  await change(async (tx) => {
    const found = await whatToChange(tx, parsed.data);
    if (found === undefined) return;
    if (mayLeadTalk(viewer, found.question.runId).kind === "denied") return;
    await setTalkRemoved(tx, found, viewer.userId, parsed.data.removed === "yes");
  });
}

/** The question, locked, and the answer if one is named; undefined when it is not one of it. */
async function whatToChange(
  tx: Tx,
  { question: id, answer: answerId }: { question: string; answer?: string | undefined },
) {
  const question = await questionForChange(tx, id);
  if (question === undefined) return undefined;
  if (answerId === undefined) return { question };
  const answer = await answerForChange(tx, answerId);
  return answer?.questionId === question.id ? { question, answer } : undefined;
}

async function change<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  const answer = await transaction(work);
  revalidatePath("/class", "layout");
  return answer;
}

/** What is not there and what is not theirs looks the same. */
function refused(viewer: Viewer | undefined): Denied {
  return { kind: "denied", because: viewer === undefined ? "signed-out" : "not-allowed" };
}

/** The fields of a form, without those that were left empty on the way. */
function given(form: unknown): Record<string, unknown> {
  if (!(form instanceof FormData)) return {};
  return Object.fromEntries([...form].filter(([, value]) => value !== ""));
}

function invalid(error: z.ZodError): NotDone {
  return { kind: "invalid", problem: error.issues[0]?.message ?? "Something is missing." };
}
