import { config } from "../config.ts";
import { db } from "../db/client.ts";
import { ADDRESS_HEADER } from "../operation/peer.ts";
import { isBanned } from "../policies/index.ts";
import { type Attempt, type AttemptRule, countAttempt, forgetAttempts } from "./attempts.ts";
import { auth } from "./better-auth.ts";
import { userWithPassword } from "./password.ts";

/** One account from one place: what a person who has forgotten the password runs into. */
export const SIGN_IN_RULE: AttemptRule = { tries: 5, pauseS: 60 };
/** One account from many places, and many accounts from one: what guesses passwords. */
const ACCOUNT_RULE: AttemptRule = { tries: 50, pauseS: 15 * 60 };
const ADDRESS_RULE: AttemptRule = { tries: 300, pauseS: 5 * 60 };

/** Links that are mailed to who has forgotten a password: of one account, and asked for from one place. */
const FORGOTTEN_RULE: AttemptRule = { tries: 3, pauseS: 60 * 60 };
const FORGOTTEN_FROM_RULE: AttemptRule = { tries: 60, pauseS: 15 * 60 };

/** Counts that somebody has asked for such a link, whoever has the name. */
export async function countForgotten(name: string, headers: Headers, now: Date): Promise<Attempt> {
  const address = headers.get(ADDRESS_HEADER) ?? "";
  const from = await countAttempt(`forgotten-from:${address}`, FORGOTTEN_FROM_RULE, now);
  if (from.kind === "paused") return from;
  return countAttempt(`forgotten:${name.trim().toLowerCase()}`, FORGOTTEN_RULE, now);
}

export type SignInResult =
  | { readonly kind: "signed-in"; readonly userId: string }
  /** The same for a wrong password and for a name that nobody has. */
  | { readonly kind: "no-match"; readonly tryNumber: number }
  | { readonly kind: "paused"; readonly seconds: number }
  /** Nobody signs in by a password here. */
  | { readonly kind: "off" }
  /** Said only to who knows the password. */
  | { readonly kind: "banned" };

/**
 * Signs in by user name or e-mail address with a password. The session's cookie goes out with the
 * answer to the request whose `headers` these are; a session that they carry already is ended.
 */
export async function signIn(
  given: { readonly name: string; readonly password: string },
  headers: Headers,
  now = new Date(),
): Promise<SignInResult> {
  if (!config().allowsPasswords) return { kind: "off" };
  const name = given.name.trim().toLowerCase();
  const address = headers.get(ADDRESS_HEADER) ?? "";
  const own = `sign-in:${address}:${name}`;
  const attempt = await countAttempt(own, SIGN_IN_RULE, now);
  if (attempt.kind === "paused") return attempt;
  for (const [key, rule] of [
    [`sign-in-name:${name}`, ACCOUNT_RULE],
    [`sign-in-from:${address}`, ADDRESS_RULE],
  ] as const) {
    const wider = await countAttempt(key, rule, now);
    if (wider.kind === "paused") return wider;
  }
  const userId = await userWithPassword(name, given.password);
  if (userId === undefined) return { kind: "no-match", tryNumber: attempt.number };
  await forgetAttempts([own, `sign-in-name:${name}`], now);
  return startSession(userId, headers, now);
}

/** Starts a session of the person, in place of the one that the request carries. */
export async function startSession(
  userId: string,
  headers: Headers,
  now = new Date(),
): Promise<Extract<SignInResult, { kind: "signed-in" | "banned" }>> {
  const account = await db().user.findUniqueOrThrow({
    where: { id: userId },
    select: { banned: true, banExpires: true },
  });
  if (isBanned(account, now)) return { kind: "banned" };
  const before = await auth().api.getSession({ headers });
  if (before !== null) await db().session.deleteMany({ where: { id: before.session.id } });
  await auth().api.enter({ body: { userId }, headers });
  return { kind: "signed-in", userId };
}

/** Ends the session that the request carries, here and in the database. */
export async function signOut(headers: Headers): Promise<void> {
  await auth().api.signOut({ headers });
}
