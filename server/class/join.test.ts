import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { createAccount } from "../auth/create-account.ts";
import { db } from "../db/index.ts";
import type { RunRole } from "../policies/index.ts";
import { type InvitationTerms, makeInvitation, revokeInvitation } from "./invitation.ts";
import { join, joinAsNewcomer, type Pass } from "./join.ts";
import { setJoinKey } from "./join-key.ts";
import { archiveRun } from "./run.ts";

ownDatabase();

const NOW = new Date("2026-11-26T12:00:00Z");
const LATER = new Date("2026-12-26T12:00:00Z");
const headers = new Headers();
let made = 0;

async function newRun(): Promise<string> {
  const slug = `run-${++made}`;
  const course = { create: { slug, title: slug } };
  return (await db().courseRun.create({ data: { slug, title: slug, course } })).id;
}

async function someone(): Promise<string> {
  const username = `person-${++made}`;
  const email = `${username}@example.edu`;
  const account = await createAccount(db(), { name: username, username, email });
  if (account.kind === "taken") throw new Error("taken");
  return account.userId;
}

async function invite(
  runId: string,
  terms: Partial<InvitationTerms> = {},
): Promise<{ id: string; pass: Pass }> {
  const all = {
    role: "student",
    sectionId: null,
    expiresAt: LATER,
    maxUses: null,
    ...terms,
  } as const;
  const answer = await makeInvitation(db(), runId, all);
  if (answer.kind !== "made") throw new Error(answer.kind);
  return { id: answer.id, pass: { kind: "link", token: answer.link.split("/").at(-1) ?? "" } };
}

const uses = async (id: string) =>
  (await db().invitation.findUniqueOrThrow({ where: { id } })).uses;
const roleOf = async (runId: string, userId: string) =>
  (await db().enrolment.findUnique({ where: { runId_userId: { runId, userId } } }))?.role;

test("a link brings somebody into its run and section, once, and is counted once", async () => {
  const runId = await newRun();
  const section = await db().section.create({ data: { runId, name: "A" } });
  const { id, pass } = await invite(runId, { sectionId: section.id });
  const userId = await someone();
  expect((await join(userId, pass, headers, NOW)).kind).toBe("joined");
  expect((await join(userId, pass, headers, NOW)).kind).toBe("is-in-run");
  expect(await uses(id)).toBe(1);
  expect(await db().enrolment.findMany({ where: { userId } })).toMatchObject([
    { runId, role: "student", sectionId: section.id },
  ]);
});

test("a link never makes anybody less than they are", async () => {
  const runId = await newRun();
  const asked: [RunRole, RunRole, RunRole][] = [
    ["instructor", "student", "instructor"],
    ["ta", "reader", "ta"],
    ["reader", "student", "student"],
  ];
  for (const [before, role, after] of asked) {
    const userId = await someone();
    await db().enrolment.create({ data: { runId, userId, role: before } });
    const { pass } = await invite(runId, { role });
    await join(userId, pass, headers, NOW);
    expect(await roleOf(runId, userId)).toBe(after);
  }
});

test("of twenty who come at once for the last three places, three get in", async () => {
  const runId = await newRun();
  const { id, pass } = await invite(runId, { maxUses: 3 });
  const people = await Promise.all(Array.from({ length: 20 }, someone));
  const answers = await Promise.all(people.map((userId) => join(userId, pass, headers, NOW)));
  expect(answers.filter(({ kind }) => kind === "joined")).toHaveLength(3);
  const refused = answers.filter((answer) => answer.kind === "refused");
  expect(refused.map(({ because }) => because)).toEqual(Array(17).fill("used-up"));
  expect([await uses(id), await db().enrolment.count({ where: { runId } })]).toEqual([3, 3]);
});

test("a link that was revoked, is too old, unknown, or of an archived run lets nobody in", async () => {
  const runId = await newRun();
  const userId = await someone();
  const [revoked, old, archived] = [await invite(runId), await invite(runId), await invite(runId)];
  const because = async (pass: Pass, now = NOW) => {
    const answer = await join(userId, pass, headers, now);
    return answer.kind === "refused" ? answer.because : answer.kind;
  };
  await revokeInvitation(db(), { runId, id: revoked.id }, NOW);
  expect(await because(revoked.pass)).toBe("revoked");
  expect(await because(old.pass, LATER)).toBe("expired");
  expect(await because({ kind: "link", token: "guessed" })).toBe("unknown");
  await archiveRun(db(), runId, NOW);
  expect(await because(archived.pass)).toBe("archived");
  expect(await roleOf(runId, userId)).toBeUndefined();
});

test("an invitation of one run can neither be revoked from another nor lead into its section", async () => {
  const [runId, other] = [await newRun(), await newRun()];
  const { id } = await invite(runId);
  expect(await revokeInvitation(db(), { runId: other, id }, NOW)).toBe(false);
  const section = await db().section.create({ data: { runId: other, name: "A" } });
  const terms = {
    role: "student",
    expiresAt: LATER,
    maxUses: null,
    sectionId: section.id,
  } as const;
  expect(await makeInvitation(db(), runId, terms)).toEqual({ kind: "no-section" });
});

test("the key of a run enrols students, another does not, and guesses are stopped", async () => {
  const runId = await newRun();
  const { slug } = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  await setJoinKey(db(), runId, "open sesame");
  const userId = await someone();
  const tryKey = (key: string, run = slug) => join(userId, { kind: "key", run, key }, headers, NOW);
  const noMatch = { kind: "refused", because: "no-match" };
  expect(await tryKey("open sesam")).toEqual(noMatch);
  expect(await tryKey("open sesame", "no-such-run")).toEqual(noMatch);
  expect((await tryKey("open sesame")).kind).toBe("joined");
  expect(await roleOf(runId, userId)).toBe("student");
  for (let guess = 0; guess < 10; guess++) expect(await tryKey(`guess ${guess}`)).toEqual(noMatch);
  expect((await tryKey("open sesame")).kind).toBe("paused");
  await setJoinKey(db(), runId, null);
  const after = new Date(NOW.getTime() + 3_600_000);
  const pass = { kind: "key", run: slug, key: "open sesame" } as const;
  expect(await join(await someone(), pass, headers, after)).toEqual(noMatch);
});

test("who has no account gets none from a link that has ended", async () => {
  const runId = await newRun();
  const { pass } = await invite(runId, { expiresAt: NOW });
  const newcomer = {
    name: "N",
    username: "newcomer",
    email: "n@example.edu",
    password: "long enough",
  };
  expect(await joinAsNewcomer(newcomer, pass, headers, NOW)).toEqual({
    kind: "refused",
    because: "expired",
  });
  expect(await db().user.count({ where: { username: "newcomer" } })).toBe(0);
});
