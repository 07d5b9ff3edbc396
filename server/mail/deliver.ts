/** Sends what the outbox holds: once, as far as that can be known. */

import { config } from "../config.ts";
import { db, type Prisma, type Tx } from "../db/index.ts";
import { CHOSEN_KINDS, type ChosenKind, stopUrl } from "./choice.ts";
import { footOf, type Note, noteOf, type WaitingMail } from "./compose.ts";
import { linkMessage } from "./link-mail.ts";
import { mailForgotten } from "./links.ts";
import type { MailJob } from "./outbox.ts";
import type { Message, SendResult, Smtp } from "./smtp.ts";

/** Longer than a mail server may take to say anything at all. */
const TRANSACTION_MS = 120_000;

/** What became of a job: nothing, when all of it was sent or taken away before. */
type Delivery = "sent" | "refused" | "nothing";

/**
 * Sends what the job is about. The rows stay locked while the server is spoken to, so a second
 * worker waits and finds them sent; a worker that dies leaves them waiting. What the server had
 * taken a moment before such a death comes again, with the same Message-ID.
 */
export async function deliver(job: MailJob, smtp: Smtp): Promise<Delivery> {
  if ("forgotten" in job) {
    await mailForgotten(job.forgotten);
    return "nothing";
  }
  return db().$transaction((tx) => deliverIn(tx, job, smtp), {
    maxWait: 10_000,
    timeout: TRANSACTION_MS,
  });
}

/** Mail that carries a link which lets somebody in. */
const LINKS = ["invitation", "password_link", "new_account"];

async function deliverIn(tx: Tx, job: StoredMail, smtp: Smtp): Promise<Delivery> {
  const told: { readonly mail: WaitingMail; readonly note: Note }[] = [];
  const waiting = await lockWaiting(tx, job);
  const [link] = waiting.filter(({ kind }) => LINKS.includes(kind));
  if (link !== undefined) return deliverLink(tx, link, smtp);
  for (const mail of waiting) {
    const note = await noteOf(tx, mail);
    if (note === undefined) await end(tx, [mail.id], { state: "dropped" });
    else told.push({ mail, note });
  }
  const [first] = told;
  if (first === undefined) return "nothing";
  const notes = told.map(({ note }) => note);
  const { userId } = first.mail;
  if (userId === null) return "nothing";
  const answer = await smtp.send(
    "dailyOf" in job
      ? dailyMessage(first.mail.id, userId, notes)
      : messageOf(first.mail.id, userId, first.note),
  );
  const ids = told.map(({ mail }) => mail.id);
  return settle(tx, ids, answer);
}

async function deliverLink(tx: Tx, mail: WaitingMail, smtp: Smtp): Promise<Delivery> {
  const message = await linkMessage(tx, mail);
  if (message === undefined) {
    await end(tx, [mail.id], { state: "dropped" });
    return "nothing";
  }
  return settle(tx, [mail.id], await smtp.send({ ...message, id: messageId(mail.id) }));
}

async function settle(tx: Tx, ids: readonly string[], answer: SendResult): Promise<Delivery> {
  if (answer.kind === "accepted") {
    await end(tx, ids, { state: "sent" });
    return "sent";
  }
  await end(tx, ids, { state: "failed", problem: answer.because });
  return "refused";
}

/** Gives up on what was tried too often. */
export async function giveUp(job: MailJob, because: string): Promise<void> {
  if ("forgotten" in job) return;
  await db().mail.updateMany({
    where: { ...whereOf(job), state: "waiting" },
    data: { state: "failed", endedAt: new Date(), problem: because },
  });
}

/** Notes why a try has failed that is made again. */
export async function noteTry(job: MailJob, because: string): Promise<void> {
  if ("forgotten" in job) return;
  await db().mail.updateMany({
    where: { ...whereOf(job), state: "waiting" },
    data: { problem: because },
  });
}

/** A job about rows that are there. */
type StoredMail = Exclude<MailJob, { readonly forgotten: string }>;

function whereOf(job: StoredMail): Prisma.MailWhereInput {
  return "mailId" in job ? { id: job.mailId } : { userId: job.dailyOf, pace: "daily" };
}

async function lockWaiting(tx: Tx, job: StoredMail): Promise<readonly WaitingMail[]> {
  const where = { ...whereOf(job), state: "waiting" as const };
  const ids = (await tx.mail.findMany({ where, select: { id: true } })).map(({ id }) => id);
  await tx.$queryRaw`SELECT 1 FROM "Mail" WHERE "id" = ANY(${ids}) ORDER BY "id" FOR UPDATE`;
  // Read again: who held them before may have sent them.
  return tx.mail.findMany({
    where: { id: { in: ids }, state: "waiting" },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
}

async function end(
  tx: Tx,
  ids: readonly string[],
  data: { readonly state: "sent" | "failed" | "dropped"; readonly problem?: string },
): Promise<void> {
  await tx.mail.updateMany({
    where: { id: { in: [...ids] } },
    data: { problem: null, ...data, endedAt: new Date() },
  });
}

function messageOf(id: string, userId: string, note: Note): Message {
  const { kind, to, subject, body, thread } = note;
  return {
    id: messageId(id),
    to,
    subject,
    text: `${body}\n\n${footOf(userId, [kind])}\n`,
    references: thread === undefined ? [] : [messageId(thread)],
    stopUrl: stopUrl({ userId, kind }),
  };
}

function dailyMessage(id: string, userId: string, notes: readonly Note[]): Message {
  const kinds: readonly ChosenKind[] = CHOSEN_KINDS.filter((kind) =>
    notes.some((note) => note.kind === kind),
  );
  const [only] = notes;
  const subject =
    notes.length === 1 && only !== undefined ? only.subject : `${notes.length} things are new`;
  return {
    id: messageId(id),
    to: only?.to ?? { name: "", address: "" },
    subject,
    text: [...notes.map(({ body }) => body), footOf(userId, kinds)].join("\n\n\n").concat("\n"),
  };
}

function messageId(id: string): string {
  return `${id}@${new URL(config().origin).hostname}`;
}
