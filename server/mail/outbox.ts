/** What is to be told, stored and queued in the transaction that causes it: both, or neither. */
import { createHash } from "node:crypto";
import { DateTime } from "luxon";
import { fromPrisma } from "pg-boss";
import type { Prisma, Tx } from "../db/index.ts";
import { jobQueue, type QueueName } from "../operation/job-queue.ts";
import type { ChosenKind, Pace } from "./choice.ts";
import { sendsMail } from "./settings.ts";

export const MAIL_QUEUE: QueueName = "mail";

/** One mail, or all that wait for one person's daily one. */
export type MailJob =
  | { readonly mailId: string }
  | { readonly dailyOf: string }
  /** Somebody of this name or address, if there is one, has forgotten their password. */
  | { readonly forgotten: string };

/** The hour at which daily mail goes out, in the time zone of the run that it is about. */
const DAILY_HOUR = 7;

/** Tells everybody in the run but who wrote it. */
export async function mailAnnouncement(
  tx: Tx,
  { announcementId, runId, authorId }: { announcementId: string; runId: string; authorId: string },
): Promise<void> {
  if (!sendsMail()) return;
  const people = await peopleOf(tx, "announcement", { runId, userId: { not: authorId } });
  await store(tx, runId, "announcement", people, { announcementId });
}

/** Tells who teaches the run of a question. */
export async function mailQuestion(
  tx: Tx,
  { questionId, runId, authorId }: { questionId: string; runId: string; authorId: string },
): Promise<void> {
  if (!sendsMail()) return;
  await store(tx, runId, "question", await staffOf(tx, runId, authorId), { questionId });
}

interface NewAnswer {
  readonly answerId: string;
  readonly authorId: string;
  readonly question: { readonly runId: string; readonly authorId: string | null };
}

/** Tells who asked; what they say themselves goes to who teaches. */
export async function mailAnswer(
  tx: Tx,
  { answerId, authorId, question }: NewAnswer,
): Promise<void> {
  if (!sendsMail() || question.authorId === null) return;
  const { runId } = question;
  if (question.authorId === authorId) {
    await store(tx, runId, "question", await staffOf(tx, runId, authorId), { answerId });
    return;
  }
  const people = await peopleOf(tx, "answer", { runId, userId: question.authorId });
  await store(tx, runId, "answer", people, { answerId });
}

interface Recipient {
  readonly userId: string;
  readonly pace: Pace;
}

function staffOf(tx: Tx, runId: string, authorId: string): Promise<readonly Recipient[]> {
  const where = { runId, role: { in: ["ta" as const, "instructor" as const] } };
  return peopleOf(tx, "question", { ...where, userId: { not: authorId } });
}

/** Of those enrolled who want mail of this kind and have an address that it can be sent to. */
async function peopleOf(
  tx: Tx,
  kind: ChosenKind,
  where: Prisma.EnrolmentWhereInput,
): Promise<readonly Recipient[]> {
  const rows = await tx.enrolment.findMany({
    where: { ...where, user: { banned: false, NOT: { email: { endsWith: ".invalid" } } } },
    select: {
      userId: true,
      user: { select: { mailChoices: { where: { kind }, select: { pace: true } } } },
    },
  });
  return rows
    .map(({ userId, user }) => ({ userId, pace: user.mailChoices[0]?.pace ?? "at_once" }))
    .filter(({ pace }) => pace !== "never");
}

async function store(
  tx: Tx,
  runId: string,
  kind: ChosenKind,
  people: readonly Recipient[],
  about: { announcementId?: string; questionId?: string; answerId?: string },
): Promise<void> {
  if (people.length === 0) return;
  const rows = await tx.mail.createManyAndReturn({
    data: people.map((person) => ({ ...person, kind, ...about })),
    select: { id: true, userId: true, pace: true },
  });
  const { timeZone } = await tx.courseRun.findUniqueOrThrow({
    where: { id: runId },
    select: { timeZone: true },
  });
  const morning = nextMorning(new Date(), timeZone);
  await enqueue(
    tx,
    rows.map(({ id, userId, pace }) =>
      pace === "daily" && userId !== null
        ? dailyJob(userId, morning)
        : { id, data: { mailId: id } },
    ),
  );
}

interface QueuedMail {
  readonly id: string;
  readonly data: MailJob;
  readonly startAfter?: Date;
}

/** The id keeps a mail from being queued twice. */
export async function enqueue(tx: Tx, jobs: readonly QueuedMail[]): Promise<void> {
  await (await jobQueue()).insert(MAIL_QUEUE, [...jobs], { db: fromPrisma(tx) });
}

/** One job for all of a person's daily mail of one morning. */
export function dailyJob(userId: string, morning: Date): QueuedMail {
  const hash = createHash("sha256").update(`daily\0${userId}\0${morning.toISOString()}`).digest();
  // Marked as a UUID of one's own making (RFC 9562, version 8).
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const id = hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return { id, data: { dailyOf: userId }, startAfter: morning };
}

/** The next time that daily mail goes out there. */
export function nextMorning(now: Date, timeZone: string): Date {
  const here = DateTime.fromJSDate(now, { zone: timeZone });
  const today = here.startOf("day").set({ hour: DAILY_HOUR });
  return (today > here ? today : today.plus({ days: 1 })).toJSDate();
}
