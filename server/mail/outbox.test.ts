import { describe, expect, test, vi } from "vitest";
import {
  announce,
  answer,
  ask,
  mailedRun,
  ownMailServer,
  recipients,
  sendAll,
  server,
  states,
} from "../../tests/mail-class.ts";
import { db, transaction } from "../db/index.ts";
import { insertAnnouncement } from "../queries/announcement.ts";
import { chooseMail } from "./choice.ts";
import { mailAnnouncement } from "./outbox.ts";

ownMailServer();

describe("who is told", () => {
  test("an announcement goes to everybody in the run but its author, once", async () => {
    await announce();
    await sendAll();
    await sendAll();
    expect(recipients()).toEqual(["sam@example.edu", "sue@example.edu", "tom@example.edu"]);
    expect(server().received[0]?.from).toBe("os@example.edu");
    expect(server().received[0]?.headers.get("subject")).toEqual(["[Autumn] Room"]);
    expect(server().received[0]?.text).toContain(
      "https://os.example.edu/class/autumn/announcements",
    );
  });

  test("a question goes to who teaches, its answer to who asked, what they say then to who teaches", async () => {
    const id = await ask("sue", "Why 42?", "Why so?");
    await sendAll();
    expect(recipients()).toEqual(["ivy@example.edu", "tom@example.edu"]);
    expect(server().received[0]?.text).not.toContain("secretCode");
    server().received.length = 0;
    await answer(id, "tom", "Because.");
    await sendAll();
    expect(recipients()).toEqual(["sue@example.edu"]);
    expect(server().received[0]?.headers.get("subject")).toEqual(["[Autumn] Answer: Why 42?"]);
    server().received.length = 0;
    await answer(id, "sue", "I see.");
    await sendAll();
    expect(recipients()).toEqual(["ivy@example.edu", "tom@example.edu"]);
    const thread = `<${id}@os.example.edu>`;
    expect(server().received[0]?.headers.get("references")).toEqual([thread]);
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
      const by = { runId: mailedRun(), authorId: "ivy" };
      const announcementId = await insertAnnouncement(tx, { ...by, title: "No", text: "no" });
      await mailAnnouncement(tx, { ...by, announcementId });
      throw new Error("taken back");
    });
    await expect(failing).rejects.toThrow("taken back");
    vi.stubEnv("KERNELBOOK_SMTP_URL", "");
    await announce();
    vi.stubEnv("KERNELBOOK_SMTP_URL", server().url);
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
    const subjects = server().received.map(({ headers }) => headers.get("subject")?.[0]);
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
    const toTom = server().received.find(({ to }) => to.includes("tom@example.edu"));
    expect(toTom?.text).not.toContain("My marks.");
  });
});

describe("what somebody writes", () => {
  const EVIL = "Hi\r\nBcc: victim@example.org\r\n\r\nYou have won\u2028Reply-To: x@evil.example";

  test.each(["run", "title", "name"] as const)("makes no header as a %s", async (where) => {
    if (where === "run")
      await db().courseRun.update({ where: { id: mailedRun() }, data: { title: EVIL } });
    if (where === "name") await db().user.update({ where: { id: "sue" }, data: { name: EVIL } });
    await announce(where === "title" ? EVIL : "Room");
    await sendAll();
    expect(recipients()).toEqual(["sam@example.edu", "sue@example.edu", "tom@example.edu"]);
    for (const { headers } of server().received) {
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
    const [first] = server().received;
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
