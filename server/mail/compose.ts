/** What a mail says, made when it is sent: of what is there then, for who may still see it. */
import { viewerById } from "../auth/person-viewer.ts";
import { config } from "../config.ts";
import type { Tx } from "../db/index.ts";
import { mayLeadTalk, maySeeQuestion, mayTalk, type Viewer } from "../policies/index.ts";
import { askerFor } from "../queries/question.ts";
import { type ChosenKind, stopUrl } from "./choice.ts";
import type { MailAddress } from "./settings.ts";

/** A stored mail that waits. */
export interface WaitingMail {
  readonly id: string;
  readonly kind: string;
  readonly userId: string | null;
  readonly announcementId: string | null;
  readonly questionId: string | null;
  readonly answerId: string | null;
  readonly invitationId: string | null;
}

/** What is told of one thing; of several of them a daily message is made. */
export interface Note {
  readonly kind: ChosenKind;
  readonly to: MailAddress;
  readonly subject: string;
  /** Without greeting and foot. */
  readonly body: string;
  /** Of the thread that it belongs to. */
  readonly thread: string | undefined;
}

/** undefined: it was taken away, or is no longer this person's to see. */
export async function noteOf(tx: Tx, mail: WaitingMail): Promise<Note | undefined> {
  const { userId } = mail;
  const viewer = userId === null ? undefined : await viewerById(userId, new Date(), tx);
  const account = userId === null ? null : await tx.user.findUnique({ where: { id: userId } });
  if (viewer === undefined || account === null) return undefined;
  const to = { name: account.name, address: account.email };
  if (mail.announcementId !== null) return announcementNote(tx, viewer, to, mail.announcementId);
  if (mail.answerId !== null) return answerNote(tx, viewer, to, mail.answerId);
  if (mail.questionId !== null) return questionNote(tx, viewer, to, mail.questionId);
  return undefined;
}

const ABOUT_RUN = { select: { id: true, title: true, slug: true } } as const;
const ABOUT_AUTHOR = { select: { name: true } } as const;

async function announcementNote(
  tx: Tx,
  viewer: Viewer,
  to: MailAddress,
  id: string,
): Promise<Note | undefined> {
  const found = await tx.announcement.findUnique({
    where: { id },
    include: { run: ABOUT_RUN, author: ABOUT_AUTHOR },
  });
  if (found === null || found.removedAt !== null) return undefined;
  const { run, title, text, author } = found;
  if (mayTalk(viewer, run.id).kind === "denied") return undefined;
  return {
    kind: "announcement",
    to,
    subject: `[${run.title}] ${title}`,
    body: [
      `${author?.name ?? "The staff"} to everybody in ${run.title}:`,
      quoted(`${title}\n\n${text}`),
      siteUrl(`/class/${run.slug}/announcements`),
    ].join("\n\n"),
    thread: undefined,
  };
}

async function questionNote(
  tx: Tx,
  viewer: Viewer,
  to: MailAddress,
  id: string,
): Promise<Note | undefined> {
  const question = await questionWithRun(tx, id);
  if (question === undefined || !isForStaff(viewer, question)) return undefined;
  const { run, title, text } = question;
  const asker = askerFor({ userId: viewer.userId, isStaff: true }, question) ?? "Somebody";
  return {
    kind: "question",
    to,
    subject: `[${run.title}] Question: ${title}`,
    body: [
      `${asker} asks in ${run.title}:`,
      quoted(`${title}\n\n${text}`),
      siteUrl(`/class/${run.slug}/questions/${id}`),
    ].join("\n\n"),
    thread: question.id,
  };
}

async function answerNote(
  tx: Tx,
  viewer: Viewer,
  to: MailAddress,
  id: string,
): Promise<Note | undefined> {
  const answer = await tx.answer.findUnique({ where: { id }, include: { author: ABOUT_AUTHOR } });
  if (answer === null || answer.removedAt !== null) return undefined;
  const question = await questionWithRun(tx, answer.questionId);
  if (question === undefined) return undefined;
  const isAsker = question.authorId === viewer.userId;
  const isSeen = isAsker
    ? maySeeQuestion(viewer, question).kind === "allowed"
    : isForStaff(viewer, question);
  if (!isSeen) return undefined;
  const { run, title } = question;
  const who = `${answer.author?.name ?? "Somebody"}${answer.isStaff ? ", staff," : ""}`;
  return {
    kind: isAsker ? "answer" : "question",
    to,
    subject: `[${run.title}] ${isAsker ? "Answer" : "More"}: ${title}`,
    body: [
      isAsker ? `${who} answers your question “${title}”:` : `${who} asks on in “${title}”:`,
      quoted(answer.text),
      siteUrl(`/class/${run.slug}/questions/${question.id}`),
    ].join("\n\n"),
    thread: question.id,
  };
}

async function questionWithRun(tx: Tx, id: string) {
  const row = await tx.question.findUnique({
    where: { id },
    include: { run: ABOUT_RUN, author: ABOUT_AUTHOR },
  });
  if (row === null || row.removedAt !== null) return undefined;
  return { ...row, isRemoved: false, isAtExercise: row.exerciseSlug !== null };
}

function isForStaff(viewer: Viewer, question: { readonly runId: string }): boolean {
  return mayLeadTalk(viewer, question.runId).kind === "allowed";
}

/** Somebody's words, set off: none of them looks like the site's own. */
function quoted(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .split("\n")
    .map((line) => (line.trim() === "" ? "" : `    ${line}`))
    .join("\n");
}

export function siteUrl(path: string): string {
  return `${config().origin}${path}`;
}

/** By which way a person gets less. */
export function footOf(userId: string, kinds: readonly ChosenKind[]): string {
  const stops = kinds.map((kind) => `No more ${PLURALS[kind]}: ${stopUrl({ userId, kind })}`);
  return ["-- ", `What this site sends you: ${siteUrl("/account#mail")}`, ...stops].join("\n");
}

const PLURALS: Record<ChosenKind, string> = {
  announcement: "announcements",
  answer: "answers",
  question: "questions",
};
