import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type MailServer, startMailServer } from "../../tests/mail-server.ts";
import { createAccount } from "../auth/create-account.ts";
import {
  closePasswordLinks,
  makePasswordLink,
  ownerOfPasswordLink,
  redeemPasswordLink,
} from "../auth/password-link.ts";
import { invitationBehind } from "../class/invitation.ts";
import { db, transaction } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { deliver } from "./deliver.ts";
import {
  mailClosedLinks,
  mailForgotten,
  mailInvitations,
  mailNewAccounts,
  mailPasswordLink,
} from "./links.ts";
import { mailSettings } from "./settings.ts";
import { openSmtp, type Smtp } from "./smtp.ts";

vi.stubEnv("KERNELBOOK_SECRET", "a-secret-that-only-tests-ever-use");
vi.stubEnv("KERNELBOOK_ORIGIN", "https://os.example.edu");
vi.stubEnv("KERNELBOOK_MAIL_FROM", "Operating Systems <os@example.edu>");
ownDatabase();

const DAY_MS = 24 * 60 * 60 * 1000;
let server: MailServer;
let smtp: Smtp;
let userId = "";
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

beforeEach(async () => {
  server.received.length = 0;
  server.refuse = undefined;
  server.losesAnswer = false;
  await db().user.deleteMany();
  await db().courseRun.deleteMany();
  await db().course.deleteMany();
  await db().mail.deleteMany();
  const course = await db().course.create({ data: { slug: "os", title: "OS" } });
  const run = { courseId: course.id, slug: "autumn", title: "Autumn" };
  runId = (await db().courseRun.create({ data: run })).id;
  const sue = { name: "Sue", username: "sue", email: "sue@example.edu", password: "old password" };
  const made = await transaction((tx) => createAccount(tx, sue));
  if (made.kind !== "created") throw new Error(made.kind);
  userId = made.userId;
});

async function sendAll(): Promise<void> {
  for (const { id } of await db().mail.findMany({ where: { state: "waiting" } })) {
    await deliver({ mailId: id }, smtp);
  }
}

const tokensSent = (path: string) =>
  server.received.map(({ text }) => new RegExp(`/${path}/([\\w-]+)`).exec(text)?.[1] ?? "");
const states = async () => (await db().mail.findMany()).map(({ state }) => state).sort();

describe("a link that sets a password", () => {
  test("goes to the address of the account, works once, and stands nowhere before", async () => {
    await transaction((tx) => mailPasswordLink(tx, userId));
    expect(await db().verification.count()).toBe(0);
    await sendAll();
    expect(server.received.map(({ to }) => to)).toEqual([["sue@example.edu"]]);
    const [token = ""] = tokensSent("reset");
    expect(await ownerOfPasswordLink(token)).toEqual({ name: "Sue", username: "sue" });
    expect(await redeemPasswordLink(token, "new password")).toMatchObject({ kind: "set" });
    expect(await redeemPasswordLink(token, "other password")).toEqual({ kind: "spent" });
  });

  test("is not made when the mail is not taken: the link from before still works", async () => {
    await transaction((tx) => mailPasswordLink(tx, userId));
    await sendAll();
    const [first = ""] = tokensSent("reset");
    server.refuse = () => ({ code: 451, says: "come again" });
    await transaction((tx) => mailPasswordLink(tx, userId));
    await expect(sendAll()).rejects.toThrow("come again");
    expect(await ownerOfPasswordLink(first)).toBeDefined();
  });

  test("is the same in a mail that comes again, as nobody knew whether it was taken", async () => {
    await transaction((tx) => mailPasswordLink(tx, userId));
    server.losesAnswer = true;
    await expect(sendAll()).rejects.toThrow("try later");
    server.losesAnswer = false;
    await sendAll();
    const [first = "", second] = tokensSent("reset");
    expect(second).toBe(first);
    expect(await redeemPasswordLink(first, "new password")).toMatchObject({ kind: "set" });
  });

  test("is mailed once to who asks several times before it is sent", async () => {
    const ask = () => transaction((tx) => mailPasswordLink(tx, userId));
    await Promise.all([ask(), ask(), ask()]);
    await sendAll();
    expect(server.received).toHaveLength(1);
  });

  test("of a new account goes out beside the one that is handed over; used, neither works", async () => {
    const handed = await makePasswordLink(db(), userId);
    await transaction((tx) => mailNewAccounts(tx, [userId]));
    await sendAll();
    const [mailed = ""] = tokensSent("reset");
    expect(await ownerOfPasswordLink(handed.split("/").at(-1) ?? "")).toBeDefined();
    expect(await redeemPasswordLink(mailed, "new password")).toMatchObject({ kind: "set" });
    expect(await ownerOfPasswordLink(handed.split("/").at(-1) ?? "")).toBeUndefined();
  });

  test("of a new account is not mailed when somebody has come in by the other one", async () => {
    const handed = await makePasswordLink(db(), userId);
    await transaction((tx) => mailNewAccounts(tx, [userId]));
    await redeemPasswordLink(handed.split("/").at(-1) ?? "", "new password");
    await sendAll();
    expect(server.received).toHaveLength(0);
    expect(await states()).toEqual(["dropped"]);
  });

  test("that was closed since its owner teaches is mailed anew, to them alone", async () => {
    const handed = await makePasswordLink(db(), userId);
    expect(await closePasswordLinks(db(), [userId])).toEqual([userId]);
    expect(await closePasswordLinks(db(), [userId])).toEqual([]);
    await transaction((tx) => mailClosedLinks(tx, [userId]));
    await sendAll();
    const [mailed = ""] = tokensSent("reset");
    expect(await ownerOfPasswordLink(handed.split("/").at(-1) ?? "")).toBeUndefined();
    expect(await ownerOfPasswordLink(mailed)).toBeDefined();
  });

  test("is mailed to nobody whose account is closed, and has no link that stops such mail", async () => {
    await transaction((tx) => mailPasswordLink(tx, userId));
    await db().user.update({ where: { id: userId }, data: { banned: true } });
    await sendAll();
    expect(await states()).toEqual(["dropped"]);
    await db().user.update({ where: { id: userId }, data: { banned: false } });
    await transaction((tx) => mailPasswordLink(tx, userId));
    await sendAll();
    expect(server.received[0]?.headers.has("list-unsubscribe")).toBe(false);
  });

  test.each(["sue", "sue@example.edu"])(
    "comes to who has forgotten it and says %s",
    async (name) => {
      await mailForgotten(name);
      await sendAll();
      expect(server.received).toHaveLength(1);
    },
  );

  test("comes to nobody for a name that nobody has", async () => {
    for (const name of ["sam", "sam@example.edu", "%", "", "sue@example.edu,sam@example.edu"]) {
      await mailForgotten(name);
    }
    expect(await db().mail.count()).toBe(0);
  });
});

describe("an invitation", () => {
  const invite = (addresses: readonly string[]) =>
    transaction((tx) =>
      mailInvitations(tx, {
        ...{ runId, role: "student", sectionId: null, addresses },
        expiresAt: new Date(Date.now() + DAY_MS),
      }),
    );
  const behind = (token: string) =>
    invitationBehind(db(), token, { now: new Date(), locks: false });

  test("goes to each address with a link of its own, but to nobody who is in the run", async () => {
    await db().enrolment.create({ data: { runId, userId, role: "student" } });
    const answer = await invite([
      "a@example.edu",
      "b@example.edu",
      "a@example.edu",
      "sue@example.edu",
    ]);
    expect(answer).toEqual({ kind: "invited", count: 2, present: ["sue@example.edu"] });
    await sendAll();
    expect(server.received.flatMap(({ to }) => to).sort()).toEqual([
      "a@example.edu",
      "b@example.edu",
    ]);
    const tokens = tokensSent("join");
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens)
      expect(await behind(token)).toMatchObject({ runId, role: "student" });
  });

  test("that was taken back, is too old or leads into an ended run is not sent", async () => {
    for (const spoil of [
      () => db().invitation.updateMany({ data: { revokedAt: new Date() } }),
      () => db().invitation.updateMany({ data: { expiresAt: new Date(0) } }),
      () => db().courseRun.updateMany({ data: { archivedAt: new Date() } }),
    ]) {
      await invite(["a@example.edu"]);
      await spoil();
      await sendAll();
    }
    expect(server.received).toEqual([]);
    expect(await states()).toEqual(["dropped", "dropped", "dropped"]);
  });

  test("leads into no section of another run", async () => {
    const other = await db().courseRun.create({
      data: {
        courseId: (await db().course.findFirstOrThrow()).id,
        slug: "spring",
        title: "Spring",
      },
    });
    const section = await db().section.create({ data: { runId: other.id, name: "A" } });
    const answer = await transaction((tx) =>
      mailInvitations(tx, {
        ...{ runId, role: "student", sectionId: section.id, addresses: ["a@example.edu"] },
        expiresAt: new Date(Date.now() + DAY_MS),
      }),
    );
    expect(answer).toEqual({ kind: "no-section" });
    expect(await db().invitation.count()).toBe(0);
  });
});
