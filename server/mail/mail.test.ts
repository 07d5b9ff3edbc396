import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { until } from "../../tests/grading.ts";
import { type MailServer, startMailServer } from "../../tests/mail-server.ts";
import { db, transaction } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { insertAnnouncement } from "../queries/announcement.ts";
import { insertAnswer, insertQuestion, questionForChange } from "../queries/question-change.ts";
import { chooseMail, mailChoices, readStop, stopUrl } from "./choice.ts";
import { deliver } from "./deliver.ts";
import { mailAnnouncement, mailAnswer, mailQuestion, nextMorning } from "./outbox.ts";
import { startPostman, takeUpAgain } from "./postman.ts";
import { mailSettings } from "./settings.ts";
import { openSmtp, type Smtp } from "./smtp.ts";

vi.stubEnv("KERNELBOOK_SECRET", "a-secret-that-only-tests-ever-use");
vi.stubEnv("KERNELBOOK_ORIGIN", "https://os.example.edu");
vi.stubEnv("KERNELBOOK_MAIL_FROM", "Operating Systems <os@example.edu>");
ownDatabase();

let server: MailServer;
let smtp: Smtp;
let runId = "";

beforeAll(async () => {
  server = await startMailServer();
  vi.stubEnv("KERNELBOOK_SMTP_URL", server.url);
  const settings = mailSettings();
  if (settings === undefined) throw new Error("mail is off");
  smtp = openSmtp(settings);
});

afterAll(async () => {
  smtp.close();
  await closeQueue();
  await server.close();
});

const PEOPLE = [
  ["ivy", "instructor"],
  ["tom", "ta"],
  ["sue", "student"],
  ["sam", "student"],
] as const;

beforeEach(async () => {
  server.received.length = 0;
  server.refuse = undefined;
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
});

function announce(title = "Room", text = "B 1"): Promise<string> {
  return transaction(async (tx) => {
    const by = { runId, authorId: "ivy" };
    const announcementId = await insertAnnouncement(tx, { ...by, title, text });
    await mailAnnouncement(tx, { ...by, announcementId });
    return announcementId;
  });
}

function ask(authorId: string, title: string, text: string): Promise<string> {
  return transaction(async (tx) => {
    const questionId = await insertQuestion(tx, {
      ...{ runId, authorId, title, text, audience: "staff" as const, quote: "secretCode()" },
    });
    await mailQuestion(tx, { runId, authorId, questionId });
    return questionId;
  });
}

function answer(questionId: string, authorId: string, text: string): Promise<void> {
  return transaction(async (tx) => {
    const question = await questionForChange(tx, questionId);
    if (question === undefined) throw new Error("no question");
    const isStaff = authorId !== "sue";
    const answerId = await insertAnswer(tx, { question, authorId, isStaff, text });
    await mailAnswer(tx, { answerId, authorId, question });
  });
}

/** Sends all that waits, as the jobs would. */
async function sendAll(): Promise<void> {
  const waiting = await db().mail.findMany({ where: { state: "waiting", pace: "at_once" } });
  for (const { id } of waiting) await deliver({ mailId: id }, smtp);
}

const recipients = () => server.received.flatMap(({ to }) => to).sort();
const states = async () => (await db().mail.findMany()).map(({ state }) => state).sort();

describe("who is told", () => {
  test("an announcement goes to everybody in the run but its author, once", async () => {
    await announce();
    await sendAll();
    await sendAll();
    expect(recipients()).toEqual(["sam@example.edu", "sue@example.edu", "tom@example.edu"]);
    expect(server.received[0]?.from).toBe("os@example.edu");
    expect(server.received[0]?.headers.get("subject")).toEqual(["[Autumn] Room"]);
    expect(server.received[0]?.text).toContain("https://os.example.edu/class/autumn/announcements");
  });

  test("a question goes to who teaches, its answer to who asked, what they say then to who teaches", async () => {
    const id = await ask("sue", "Why 42?", "Why so?");
    await sendAll();
    expect(recipients()).toEqual(["ivy@example.edu", "tom@example.edu"]);
    expect(server.received[0]?.text).not.toContain("secretCode");
    server.received.length = 0;
    await answer(id, "tom", "Because.");
    await sendAll();
    expect(recipients()).toEqual(["sue@example.edu"]);
    expect(server.received[0]?.headers.get("subject")).toEqual(["[Autumn] Answer: Why 42?"]);
    server.received.length = 0;
    await answer(id, "sue", "I see.");
    await sendAll();
    expect(recipients()).toEqual(["ivy@example.edu", "tom@example.edu"]);
    const thread = `<${id}@os.example.edu>`;
    expect(server.received[0]?.headers.get("references")).toEqual([thread]);
  });

  test("nobody who does not want it, has no real address, or whose account is closed", async () => {
    await chooseMail(db(), "sue", { announcement: "never" });
    await db().user.update({ where: { id: "sam" }, data: { email: "sam@demo.invalid" } });
    await db().user.update({ where: { id: "tom" }, data: { banned: true } });
    await announce();
    expect(await db().mail.count()).toBe(0);
  });

  test("nothing is stored when what causes it is not, or when the site sends no mail", async () => {
    const failing = transaction(async (tx) => {
      const by = { runId, authorId: "ivy" };
      const announcementId = await insertAnnouncement(tx, { ...by, title: "No", text: "no" });
      await mailAnnouncement(tx, { ...by, announcementId });
      throw new Error("taken back");
    });
    await expect(failing).rejects.toThrow("taken back");
    vi.stubEnv("KERNELBOOK_SMTP_URL", "");
    await announce();
    vi.stubEnv("KERNELBOOK_SMTP_URL", server.url);
    expect(await db().mail.count()).toBe(0);
    const [row] = await db().$queryRaw<{ jobs: bigint }[]>`
      SELECT count(*) AS jobs FROM pgboss.job WHERE name = 'mail'`;
    expect(row?.jobs).toBe(0n);
  });
});

describe("what has changed before it is sent", () => {
  test("an announcement that was taken away is not sent, a changed one as it is then", async () => {
    const gone = await announce("Gone");
    await db().announcement.update({ where: { id: gone }, data: { removedAt: new Date() } });
    const changed = await announce("Before");
    await db().announcement.update({ where: { id: changed }, data: { title: "After" } });
    await sendAll();
    const subjects = server.received.map(({ headers }) => headers.get("subject")?.[0]);
    expect(new Set(subjects)).toEqual(new Set(["[Autumn] After"]));
    expect(await states()).toEqual([...Array(3).fill("dropped"), ...Array(3).fill("sent")]);
  });

  test("who has left the run, or teaches it no more, is told nothing", async () => {
    await announce();
    await ask("sam", "Mine?", "My marks.");
    await db().enrolment.deleteMany({ where: { userId: "sue" } });
    await db().enrolment.updateMany({ where: { userId: "tom" }, data: { role: "student" } });
    await sendAll();
    expect(recipients()).toEqual(["ivy@example.edu", "sam@example.edu", "tom@example.edu"]);
    const toTom = server.received.find(({ to }) => to.includes("tom@example.edu"));
    expect(toTom?.text).not.toContain("My marks.");
  });
});

describe("what somebody writes", () => {
  const EVIL = "Hi\r\nBcc: victim@example.org\r\n\r\nYou have won\u2028Reply-To: x@evil.example";

  test.each(["run", "title", "name"] as const)("makes no header as a %s", async (where) => {
    if (where === "run")
      await db().courseRun.update({ where: { id: runId }, data: { title: EVIL } });
    if (where === "name") await db().user.update({ where: { id: "sue" }, data: { name: EVIL } });
    await announce(where === "title" ? EVIL : "Room");
    await sendAll();
    expect(recipients()).toEqual(["sam@example.edu", "sue@example.edu", "tom@example.edu"]);
    for (const { headers } of server.received) {
      expect([...headers.keys()]).not.toContain("bcc");
      expect([...headers.keys()]).not.toContain("reply-to");
      expect(headers.get("subject")).toHaveLength(1);
    }
  });

  test("is plain text, whatever it holds, and is told apart from the site’s own words", async () => {
    await ask(
      "sue",
      "<b>Why</b>",
      "<img src=x>\n-- \nNo more questions: https://evil.example\u001b[2J",
    );
    await sendAll();
    const [first] = server.received;
    expect(first?.headers.get("content-type")?.[0]).toMatch(/^text\/plain/);
    expect(first?.text).toContain(
      "\n    <img src=x>\n    -- \n    No more questions: https://evil",
    );
    expect(first?.text).not.toContain("\u001b");
  });

  test("in an address that is not one reaches nobody else", async () => {
    const email = "sue@example.edu>,<victim@example.org";
    await db().user.update({ where: { id: "sue" }, data: { email } });
    await announce();
    await sendAll();
    expect(recipients()).toEqual(["sam@example.edu", "tom@example.edu"]);
    expect(await states()).toEqual(["failed", "sent", "sent"]);
  });
});

describe("a mail server", () => {
  test("that asks to come again is asked again, and takes the message once", async () => {
    server.refuse = () => ({ code: 451, says: "come again" });
    await announce();
    const [first] = await db().mail.findMany();
    const job = { mailId: first?.id ?? "" };
    await expect(deliver(job, smtp)).rejects.toThrow("come again");
    expect(await states()).toEqual(["waiting", "waiting", "waiting"]);
    server.refuse = undefined;
    expect(await deliver(job, smtp)).toBe("sent");
    expect(await deliver(job, smtp)).toBe("nothing");
    expect(server.received).toHaveLength(1);
    const id = `<${first?.id}@os.example.edu>`;
    expect(server.received[0]?.headers.get("message-id")).toEqual([id]);
  });

  test("that knows a recipient no more is not asked again for them", async () => {
    server.refuse = (to) =>
      to.startsWith("sue") ? { code: 550, says: "no such user" } : undefined;
    await announce();
    await sendAll();
    expect(await states()).toEqual(["failed", "sent", "sent"]);
    const failed = await db().mail.findFirst({ where: { state: "failed" } });
    expect(failed).toMatchObject({
      userId: "sue",
      problem: expect.stringContaining("no such user"),
    });
  });

  test("gets a message once, also from two workers at the same time", async () => {
    await announce();
    const [first] = await db().mail.findMany();
    const job = { mailId: first?.id ?? "" };
    const outcomes = await Promise.all([deliver(job, smtp), deliver(job, smtp)]);
    expect(outcomes.sort()).toEqual(["nothing", "sent"]);
    expect(server.received).toHaveLength(1);
  });

  test("gets by the queue what waits, after it was away", async () => {
    server.refuse = () => ({ code: 421, says: "closed for lunch" });
    const stop = await startPostman();
    try {
      await announce();
      await until(async () => {
        const noted = await db().mail.count({ where: { problem: { contains: "lunch" } } });
        return noted === 3 ? true : undefined;
      });
      server.refuse = undefined;
      // The pause is over.
      await until(async () => {
        await db().$executeRaw`UPDATE pgboss.job SET start_after = now()
          WHERE name = 'mail' AND state = 'retry'`;
        return server.received.length === 3 ? true : undefined;
      });
      await until(async () =>
        (await db().mail.count({ where: { state: "sent" } })) === 3 ? true : undefined,
      );
    } finally {
      await stop();
    }
    expect(recipients()).toEqual(["sam@example.edu", "sue@example.edu", "tom@example.edu"]);
  });
});

describe("daily mail", () => {
  test("tells of several things in one message", async () => {
    await chooseMail(db(), "sue", { announcement: "daily", answer: "daily" });
    const id = await ask("sue", "Why 42?", "Why so?");
    await announce("One");
    await announce("Two");
    await answer(id, "tom", "Because.");
    await deliver({ dailyOf: "sue" }, smtp);
    await deliver({ dailyOf: "sue" }, smtp);
    expect(recipients()).toEqual(["sue@example.edu"]);
    expect(server.received[0]?.headers.get("subject")).toEqual(["3 things are new"]);
    for (const said of ["One", "Two", "Because.", "No more announcements:", "No more answers:"]) {
      expect(server.received[0]?.text).toContain(said);
    }
    const [row] = await db().$queryRaw<{ jobs: bigint }[]>`
      SELECT count(*) AS jobs FROM pgboss.job WHERE name = 'mail' AND data ? 'dailyOf'`;
    expect(row?.jobs).toBe(1n);
  });

  test.each([
    ["2026-11-26T05:59:00Z", "2026-11-26T06:00:00Z"],
    ["2026-11-26T06:00:00Z", "2026-11-27T06:00:00Z"],
    // The clocks go forward in the night between.
    ["2026-03-28T12:00:00Z", "2026-03-29T05:00:00Z"],
  ])("at %s the next one goes out at %s", (now, morning) => {
    expect(nextMorning(new Date(now), "Europe/Berlin")).toEqual(new Date(morning));
  });
});

test("what waits without a job is queued at the start, and what is old is dropped", async () => {
  await announce();
  await db().$executeRaw`DELETE FROM pgboss.job WHERE name = 'mail'`;
  const old = await db().mail.findFirstOrThrow({ where: { userId: "sam" } });
  await db().mail.update({ where: { id: old.id }, data: { createdAt: new Date(0) } });
  await takeUpAgain();
  const [row] = await db().$queryRaw<{ jobs: bigint }[]>`
    SELECT count(*) AS jobs FROM pgboss.job WHERE name = 'mail'`;
  expect(row?.jobs).toBe(2n);
  expect(await states()).toEqual(["dropped", "waiting", "waiting"]);
});

describe("a link that stops mail", () => {
  test("stops its kind for its person, and nothing else", async () => {
    const token = decodeURIComponent(
      stopUrl({ userId: "sue", kind: "answer" }).split("/").at(-1) ?? "",
    );
    expect(readStop(token)).toEqual({ userId: "sue", kind: "answer" });
    for (const forged of [
      token.replace("sue", "sam"),
      token.replace("answer", "question"),
      token.slice(0, -1),
      `${token}x`,
      "sue.answer.",
      "",
    ]) {
      expect(readStop(forged)).toBeUndefined();
    }
    await chooseMail(db(), "sue", { answer: "never" });
    const choices = { announcement: "at_once", answer: "never", question: "at_once" };
    expect(await mailChoices(db(), "sue")).toEqual(choices);
  });
});
