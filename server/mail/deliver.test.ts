import { describe, expect, test } from "vitest";
import { until } from "../../tests/grading.ts";
import {
  announce,
  answer,
  ask,
  ownMailServer,
  recipients,
  sendAll,
  server,
  smtp,
  states,
} from "../../tests/mail-class.ts";
import { db } from "../db/index.ts";
import { chooseMail, mailChoices, readStop, stopUrl } from "./choice.ts";
import { deliver } from "./deliver.ts";
import { nextMorning } from "./outbox.ts";
import { startPostman, takeUpAgain } from "./postman.ts";

ownMailServer();

describe("a mail server", () => {
  test("that asks to come again is asked again, and takes the message once", async () => {
    server().refuse = () => ({ code: 451, says: "come again" });
    await announce();
    const [first] = await db().mail.findMany();
    const job = { mailId: first?.id ?? "" };
    await expect(deliver(job, smtp())).rejects.toThrow("come again");
    expect(await states()).toEqual(["waiting", "waiting", "waiting"]);
    server().refuse = undefined;
    expect(await deliver(job, smtp())).toBe("sent");
    expect(await deliver(job, smtp())).toBe("nothing");
    expect(server().received).toHaveLength(1);
    const id = `<${first?.id}@os.example.edu>`;
    expect(server().received[0]?.headers.get("message-id")).toEqual([id]);
  });

  test("that knows a recipient no more is not asked again for them", async () => {
    server().refuse = (to) =>
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
    const outcomes = await Promise.all([deliver(job, smtp()), deliver(job, smtp())]);
    expect(outcomes.sort()).toEqual(["nothing", "sent"]);
    expect(server().received).toHaveLength(1);
  });

  test("gets by the queue what waits, after it was away", async () => {
    server().refuse = () => ({ code: 421, says: "closed for lunch" });
    const stop = await startPostman();
    try {
      await announce();
      await until(async () => {
        const noted = await db().mail.count({ where: { problem: { contains: "lunch" } } });
        return noted === 3 ? true : undefined;
      });
      server().refuse = undefined;
      // The pause is over.
      await until(async () => {
        await db().$executeRaw`UPDATE pgboss.job SET start_after = now()
          WHERE name = 'mail' AND state = 'retry'`;
        return server().received.length === 3 ? true : undefined;
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
    await deliver({ dailyOf: "sue" }, smtp());
    await deliver({ dailyOf: "sue" }, smtp());
    expect(recipients()).toEqual(["sue@example.edu"]);
    expect(server().received[0]?.headers.get("subject")).toEqual(["3 things are new"]);
    for (const said of ["One", "Two", "Because.", "No more announcements:", "No more answers:"]) {
      expect(server().received[0]?.text).toContain(said);
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
