/** A class whose site sends mail to a server of the tests. */
import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { db, transaction } from "../server/db/index.ts";
import { deliver } from "../server/mail/deliver.ts";
import { mailAnnouncement, mailAnswer, mailQuestion } from "../server/mail/outbox.ts";
import { mailSettings } from "../server/mail/settings.ts";
import { openSmtp, type Smtp } from "../server/mail/smtp.ts";
import { closeQueue } from "../server/operation/job-queue.ts";
import { insertAnnouncement } from "../server/queries/announcement.ts";
import {
  insertAnswer,
  insertQuestion,
  questionForChange,
} from "../server/queries/question-change.ts";
import { ownDatabase } from "./database.ts";
import { type MailServer, startMailServer } from "./mail-server.ts";

let started: { readonly server: MailServer; readonly smtp: Smtp } | undefined;
let runId = "";

export function server(): MailServer {
  return ready().server;
}

export function smtp(): Smtp {
  return ready().smtp;
}

/** The run that everybody is in. */
export function mailedRun(): string {
  return runId;
}

function ready() {
  if (started === undefined) throw new Error("the mail server is not started");
  return started;
}

const PEOPLE = [
  ["ivy", "instructor"],
  ["tom", "ta"],
  ["sue", "student"],
  ["sam", "student"],
] as const;

/** The file's tests each begin with the class, and no mail. */
export function ownMailServer(): void {
  vi.stubEnv("KERNELBOOK_SECRET", "a-secret-that-only-tests-ever-use");
  vi.stubEnv("KERNELBOOK_ORIGIN", "https://os.example.edu");
  vi.stubEnv("KERNELBOOK_MAIL_FROM", "Operating Systems <os@example.edu>");
  ownDatabase();
  beforeAll(async () => {
    const listening = await startMailServer();
    vi.stubEnv("KERNELBOOK_SMTP_URL", listening.url);
    const settings = mailSettings();
    if (settings === undefined) throw new Error("mail is off");
    started = { server: listening, smtp: openSmtp(settings) };
  });
  afterAll(async () => {
    smtp().close();
    await closeQueue();
    await server().close();
  });
  beforeEach(fill);
}

async function fill(): Promise<void> {
  server().received.length = 0;
  server().refuse = undefined;
  await db().user.deleteMany();
  await db().courseRun.deleteMany();
  await db().course.deleteMany();
  await db().$executeRaw`DELETE FROM pgboss.job WHERE name = 'mail'`.catch(() => undefined);
  const course = await db().course.create({ data: { slug: "os", title: "OS" } });
  const run = await db().courseRun.create({
    data: { courseId: course.id, slug: "autumn", title: "Autumn", timeZone: "Europe/Berlin" },
  });
  runId = run.id;
  for (const [name, role] of PEOPLE) {
    await db().user.create({ data: { id: name, name, email: `${name}@example.edu` } });
    await db().enrolment.create({ data: { runId, userId: name, role } });
  }
}

export function announce(title = "Room", text = "B 1"): Promise<string> {
  return transaction(async (tx) => {
    const by = { runId, authorId: "ivy" };
    const announcementId = await insertAnnouncement(tx, { ...by, title, text });
    await mailAnnouncement(tx, { ...by, announcementId });
    return announcementId;
  });
}

export function ask(authorId: string, title: string, text: string): Promise<string> {
  return transaction(async (tx) => {
    const questionId = await insertQuestion(tx, {
      ...{ runId, authorId, title, text, audience: "staff" as const, quote: "secretCode()" },
    });
    await mailQuestion(tx, { runId, authorId, questionId });
    return questionId;
  });
}

export function answer(questionId: string, authorId: string, text: string): Promise<void> {
  return transaction(async (tx) => {
    const question = await questionForChange(tx, questionId);
    if (question === undefined) throw new Error("no question");
    const isStaff = authorId !== "sue";
    const answerId = await insertAnswer(tx, { question, authorId, isStaff, text });
    await mailAnswer(tx, { answerId, authorId, question });
  });
}

/** Sends all that waits, as the jobs would. */
export async function sendAll(): Promise<void> {
  const waiting = await db().mail.findMany({ where: { state: "waiting", pace: "at_once" } });
  for (const { id } of waiting) await deliver({ mailId: id }, smtp());
}

/** Whom messages have reached. */
export const recipients = () =>
  server()
    .received.flatMap(({ to }) => to)
    .sort();
/** Of all messages. */
export const states = async () => (await db().mail.findMany()).map(({ state }) => state).sort();
