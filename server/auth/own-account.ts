import { db, transaction } from "../db/client.ts";
import { type AttemptRule, countAttempt } from "./attempts.ts";
import { auth } from "./better-auth.ts";
import { hasPassword, storePassword } from "./password.ts";

/** A session of one's own. */
export interface OwnSession {
  readonly id: string;
  readonly isThisOne: boolean;
  readonly since: Date;
  readonly until: Date;
  readonly userAgent: string;
}

const RULE: AttemptRule = { tries: 5, pauseS: 60 };

/** The open sessions of the person, the newest first. */
export async function ownSessions(
  userId: string,
  headers: Headers,
): Promise<readonly OwnSession[]> {
  const here = await auth().api.getSession({ headers });
  const sessions = await db().session.findMany({
    where: { userId, expiresAt: { gt: new Date() } },
    orderBy: { createdAt: "desc" },
    take: 50,
  });
  return sessions.map(({ id, createdAt, expiresAt, userAgent }) => ({
    id,
    isThisOne: id === here?.session.id,
    since: createdAt,
    until: expiresAt,
    userAgent: userAgent ?? "",
  }));
}

/** Ends the person's sessions: the one with this id, or all but the one that asks. */
export async function endSessions(
  userId: string,
  which: { readonly id: string } | "others",
  headers: Headers,
): Promise<void> {
  const here = await auth().api.getSession({ headers });
  const id = which === "others" ? { not: here?.session.id ?? "" } : which.id;
  await db().session.deleteMany({ where: { userId, id } });
}

export async function renameOneself(userId: string, name: string): Promise<void> {
  await db().user.update({ where: { id: userId }, data: { name } });
}

export type ChangePasswordResult =
  | { readonly kind: "changed" }
  | { readonly kind: "no-match" }
  | { readonly kind: "paused"; readonly seconds: number };

/** Changes the password of who knows the present one, and ends all sessions but the one that asks. */
export async function changePassword(
  userId: string,
  passwords: { readonly present: string; readonly next: string },
  headers: Headers,
  now = new Date(),
): Promise<ChangePasswordResult> {
  const attempt = await countAttempt(`change-password:${userId}`, RULE, now);
  if (attempt.kind === "paused") return attempt;
  if (!(await hasPassword(userId, passwords.present))) return { kind: "no-match" };
  await transaction((tx) => storePassword(tx, userId, passwords.next));
  await endSessions(userId, "others", headers);
  return { kind: "changed" };
}
