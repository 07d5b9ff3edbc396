/** What is done to questions and answers; everything after the writing is noted as a change. */
import type { Prisma, Tx } from "../db/index.ts";
import type { QuestionAudience, QuestionInRun } from "../policies/index.ts";
import type { QuestionPlace } from "./question.ts";

interface NewQuestion extends QuestionPlace {
  readonly runId: string;
  readonly authorId: string;
  readonly audience: QuestionAudience;
  readonly title: string;
  readonly text: string;
  readonly quote: string | undefined;
}

export async function insertQuestion(tx: Tx, question: NewQuestion): Promise<string> {
  const { lectureSlug, cellId, exerciseSlug, quote, ...asked } = question;
  const { id } = await tx.question.create({
    data: {
      ...asked,
      askedFor: asked.audience,
      lectureSlug: lectureSlug ?? null,
      cellId: cellId ?? null,
      exerciseSlug: exerciseSlug ?? null,
      quote: quote ?? null,
    },
    select: { id: true },
  });
  return id;
}

/** A question that is about to be changed, locked. */
export interface QuestionToChange extends QuestionInRun {
  readonly id: string;
  readonly text: string;
  readonly at: Date;
  readonly isAnswered: boolean;
}

export async function questionForChange(tx: Tx, id: string): Promise<QuestionToChange | undefined> {
  const [row] = await tx.$queryRaw<QuestionToChange[]>`
    SELECT "id", "runId", "authorId", "audience"::text AS "audience",
      "removedAt" IS NOT NULL AS "isRemoved", "exerciseSlug" IS NOT NULL AS "isAtExercise",
      "text", "askedAt" AS "at", "answeredAt" IS NOT NULL AS "isAnswered"
    FROM "Question" WHERE "id" = ${id} FOR UPDATE`;
  return row;
}

export interface AnswerToChange {
  readonly id: string;
  readonly questionId: string;
  readonly authorId: string | null;
  readonly text: string;
  readonly at: Date;
  readonly isRemoved: boolean;
}

export async function answerForChange(tx: Tx, id: string): Promise<AnswerToChange | undefined> {
  const row = await tx.answer.findUnique({
    where: { id },
    select: {
      id: true,
      questionId: true,
      authorId: true,
      text: true,
      writtenAt: true,
      removedAt: true,
    },
  });
  if (row === null) return undefined;
  const { writtenAt, removedAt, ...answer } = row;
  return { ...answer, at: writtenAt, isRemoved: removedAt !== null };
}

interface NewAnswer {
  readonly question: QuestionToChange;
  readonly authorId: string;
  readonly isStaff: boolean;
  readonly text: string;
}

/** The staff's answer answers the question; what the asker says afterwards opens it again. */
export async function insertAnswer(
  tx: Tx,
  { question, authorId, isStaff, text }: NewAnswer,
): Promise<string> {
  const { id } = await tx.answer.create({
    data: { questionId: question.id, authorId, isStaff, text },
    select: { id: true },
  });
  const isAsker = question.authorId === authorId;
  if (isStaff && !isAsker) await setAnswered(tx, question, authorId, true);
  else if (isAsker) await setAnswered(tx, question, authorId, false);
  return id;
}

export async function setAnswered(
  tx: Tx,
  question: QuestionToChange,
  byId: string,
  isAnswered: boolean,
): Promise<void> {
  if (question.isAnswered === isAnswered) return;
  await tx.question.update({
    where: { id: question.id },
    data: isAnswered
      ? { answeredAt: new Date(), answeredById: byId }
      : { answeredAt: null, answeredById: null },
  });
  await note(tx, { questionId: question.id, byId, kind: isAnswered ? "answered" : "reopened" });
}

export async function setAudience(
  tx: Tx,
  question: QuestionToChange,
  byId: string,
  audience: QuestionAudience,
): Promise<void> {
  if (question.audience === audience) return;
  await tx.question.update({ where: { id: question.id }, data: { audience } });
  const kind = audience === "class" ? "shown_to_class" : "shown_to_staff";
  await note(tx, { questionId: question.id, byId, kind });
}

/** Takes a question away, or one of its answers, or brings it back. */
export async function setTalkRemoved(
  tx: Tx,
  what: { readonly question: QuestionToChange; readonly answer?: AnswerToChange | undefined },
  byId: string,
  isRemoved: boolean,
): Promise<void> {
  const { question, answer } = what;
  if ((answer ?? question).isRemoved === isRemoved) return;
  const data = { removedAt: isRemoved ? new Date() : null };
  if (answer === undefined) await tx.question.update({ where: { id: question.id }, data });
  else await tx.answer.update({ where: { id: answer.id }, data });
  const kind = isRemoved ? "removed" : "restored";
  await note(tx, { questionId: question.id, answerId: answer?.id ?? null, byId, kind });
}

/** Changes the text of a question, or of one of its answers; the text before is kept. */
export async function editTalk(
  tx: Tx,
  what: { readonly question: QuestionToChange; readonly answer?: AnswerToChange | undefined },
  byId: string,
  text: string,
): Promise<void> {
  const { question, answer } = what;
  const before = (answer ?? question).text;
  if (before === text) return;
  const data = { text, editedAt: new Date() };
  if (answer === undefined) await tx.question.update({ where: { id: question.id }, data });
  else await tx.answer.update({ where: { id: answer.id }, data });
  const answerId = answer?.id ?? null;
  await note(tx, { questionId: question.id, answerId, byId, kind: "edited", before });
}

async function note(tx: Tx, data: Prisma.QuestionChangeUncheckedCreateInput): Promise<void> {
  await tx.questionChange.create({ data });
}
