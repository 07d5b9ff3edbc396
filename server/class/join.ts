import { type AttemptRule, countAttempt, forgetAttempts } from "../auth/attempts.ts";
import { type CreateAccountResult, createAccount } from "../auth/create-account.ts";
import { isWord } from "../auth/password.ts";
import { closePasswordLinks } from "../auth/password-link.ts";
import { startSession } from "../auth/sign-in.ts";
import { db, type Tx, transaction } from "../db/index.ts";
import { ADDRESS_HEADER } from "../operation/peer.ts";
import type { RunRole } from "../policies/index.ts";
import { lockSchedule, recomputeLate } from "../queries/schedule.ts";
import { type InvitationEnd, invitationBehind } from "./invitation.ts";

/** What opens a run to somebody who is not in it. */
export type Pass =
  | { readonly kind: "link"; readonly token: string }
  | { readonly kind: "key"; readonly run: string; readonly key: string };

export type JoinResult =
  | { readonly kind: "joined"; readonly runTitle: string }
  /** In it already, as what the pass would make them, or more. */
  | { readonly kind: "is-in-run"; readonly runTitle: string }
  | { readonly kind: "refused"; readonly because: InvitationEnd | "no-match" }
  | { readonly kind: "paused"; readonly seconds: number };

/** Tries of a run's key from one place, and from everywhere: a short word could be guessed. */
const KEY_RULE: AttemptRule = { tries: 10, pauseS: 60 };
const RUN_RULE: AttemptRule = { tries: 200, pauseS: 15 * 60 };
const SIGN_UP_RULE: AttemptRule = { tries: 100, pauseS: 60 * 60 };

/** Brings somebody who has an account into the run that the pass opens. */
export async function join(
  userId: string,
  pass: Pass,
  headers: Headers,
  now = new Date(),
): Promise<JoinResult> {
  const opened = await open(pass, headers, now);
  if ("kind" in opened) return opened;
  return transaction((tx) => opened.enter(tx, userId));
}

export interface Newcomer {
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

export type NewcomerResult = JoinResult | Extract<CreateAccountResult, { kind: "taken" }>;

/** Makes an account for who has a pass, in the run from its first moment, and signs it in. */
export async function joinAsNewcomer(
  newcomer: Newcomer,
  pass: Pass,
  headers: Headers,
  now = new Date(),
): Promise<NewcomerResult> {
  const address = headers.get(ADDRESS_HEADER) ?? "";
  const attempt = await countAttempt(`sign-up:${address}`, SIGN_UP_RULE, now);
  if (attempt.kind === "paused") return attempt;
  const opened = await open(pass, headers, now);
  if ("kind" in opened) return opened;
  const made = new NobodyCame();
  const answer = await transaction(async (tx) => {
    const account = await createAccount(tx, newcomer);
    if (account.kind === "taken") return account;
    const joined = await opened.enter(tx, account.userId);
    // An account is made for who enters, and for nobody else.
    if (joined.kind !== "joined") throw made.because(joined);
    return { ...joined, userId: account.userId };
  }).catch((error: unknown) => {
    if (error === made && made.answer !== undefined) return made.answer;
    throw error;
  });
  if (!("userId" in answer)) return answer;
  const { userId, ...joined } = answer;
  await startSession(userId, headers, now);
  return joined;
}

/** Takes a transaction back with an answer. */
class NobodyCame extends Error {
  answer: JoinResult | undefined;

  because(answer: JoinResult): this {
    this.answer = answer;
    return this;
  }
}

interface Opened {
  readonly enter: (tx: Tx, userId: string) => Promise<JoinResult>;
}

async function open(pass: Pass, headers: Headers, now: Date): Promise<Opened | JoinResult> {
  if (pass.kind === "link") {
    return { enter: (tx, userId) => enterByLink(tx, { token: pass.token, userId }, now) };
  }
  const run = pass.run.trim().toLowerCase();
  const own = `join:${headers.get(ADDRESS_HEADER) ?? ""}:${run}`;
  for (const [key, rule] of [
    [own, KEY_RULE],
    [`join-run:${run}`, RUN_RULE],
  ] as const) {
    const attempt = await countAttempt(key, rule, now);
    if (attempt.kind === "paused") return attempt;
  }
  const found = await db().courseRun.findUnique({
    where: { slug: run },
    select: { id: true, joinKeyHash: true },
  });
  // The same answer, after the same time, whether there is no such run or another key.
  if (!(await isWord(pass.key, found?.joinKeyHash)) || found === null) {
    return { kind: "refused", because: "no-match" };
  }
  await forgetAttempts([own], now);
  return { enter: (tx, userId) => enterByKey(tx, { ...found, userId }, now) };
}

async function enterByLink(
  tx: Tx,
  { token, userId }: { readonly token: string; readonly userId: string },
  now: Date,
): Promise<JoinResult> {
  const invitation = await invitationBehind(tx, token, { now, locks: true });
  if (typeof invitation === "string") return { kind: "refused", because: invitation };
  const { id, ...place } = invitation;
  const answer = await enter(tx, { ...place, userId }, now);
  if (answer.kind === "joined") {
    await tx.invitation.update({ where: { id }, data: { uses: { increment: 1 } } });
  }
  return answer;
}

async function enterByKey(
  tx: Tx,
  { id, joinKeyHash, userId }: { id: string; joinKeyHash: string | null; userId: string },
  now: Date,
): Promise<JoinResult> {
  // Another key may have been set since this one was found right.
  const run = await tx.courseRun.findFirst({ where: { id, joinKeyHash } });
  if (run === null) return { kind: "refused", because: "no-match" };
  if (run.archivedAt !== null) return { kind: "refused", because: "archived" };
  const place = { runId: id, runTitle: run.title, role: "student", sectionId: null } as const;
  return enter(tx, { ...place, userId }, now);
}

/** From the least to the most. */
const RANKS: readonly RunRole[] = ["reader", "student", "ta", "instructor"];

interface Entry {
  readonly runId: string;
  readonly runTitle: string;
  readonly userId: string;
  readonly role: RunRole;
  readonly sectionId: string | null;
}

/** Makes the person what the pass says, and never less than they are; their pages are the run's. */
async function enter(
  tx: Tx,
  { runTitle, role, sectionId, ...key }: Entry,
  now: Date,
): Promise<JoinResult> {
  if (role === "ta" || role === "instructor") await closePasswordLinks(tx, [key.userId], now);
  const data = { role, sectionId, chosenAt: now };
  // Before the run is referred to: of two who enter at once, neither waits for what the other holds.
  await lockSchedule(tx, key.runId);
  const { count } = await tx.enrolment.createMany({
    data: { ...key, ...data },
    skipDuplicates: true,
  });
  if (count === 0) {
    const lower = RANKS.slice(0, RANKS.indexOf(role));
    const raised = await tx.enrolment.updateMany({
      where: { ...key, role: { in: [...lower] } },
      data: { role, chosenAt: now, ...(sectionId === null ? {} : { sectionId }) },
    });
    if (raised.count === 0) return { kind: "is-in-run", runTitle };
  }
  // They may have handed in before; other dates may hold for them now.
  await recomputeLate(tx, key.runId, { userIds: [key.userId], actorId: key.userId });
  return { kind: "joined", runTitle };
}
