import { randomBytes } from "node:crypto";
import { hashPassword, verifyPassword } from "better-auth/crypto";
import { db, type Tx } from "../db/client.ts";

/**
 * Who has this name, or address if it has an `@`, and this password. It takes as long for a name
 * that nobody has as for a wrong password, so that time does not tell who has an account.
 */
export async function userWithPassword(
  name: string,
  password: string,
): Promise<string | undefined> {
  const where = name.includes("@") ? { email: name } : { username: name };
  const account = await db().account.findFirst({
    where: { providerId: "credential", user: where },
    select: { userId: true, password: true },
  });
  const hash = account?.password ?? (await nobodysHash());
  const isRight = await verifyPassword({ hash, password });
  return isRight && account?.password ? account.userId : undefined;
}

/** Whether this is the person's password. */
export async function hasPassword(userId: string, password: string): Promise<boolean> {
  const account = await db().account.findFirst({
    where: { providerId: "credential", userId },
    select: { password: true },
  });
  const hash = account?.password ?? (await nobodysHash());
  return verifyPassword({ hash, password });
}

/** Stores a new password; undefined: one that nobody knows, until a link sets another. */
export async function storePassword(
  tx: Tx,
  userId: string,
  password: string | undefined,
): Promise<void> {
  const hash = password === undefined ? await nobodysHash() : await hashPassword(password);
  const changed = await tx.account.updateMany({
    where: { userId, providerId: "credential" },
    data: { password: hash },
  });
  if (changed.count > 0) return;
  await tx.account.create({
    data: {
      id: crypto.randomUUID(),
      userId,
      accountId: userId,
      providerId: "credential",
      password: hash,
    },
  });
}

/** Accounts like those of `createAccount`, with passwords that nobody knows, in one statement. */
export async function storeUnknownPasswords(tx: Tx, userIds: readonly string[]): Promise<void> {
  const password = await nobodysHash();
  await tx.account.createMany({
    data: userIds.map((userId) => ({
      id: crypto.randomUUID(),
      userId,
      accountId: userId,
      providerId: "credential",
      password,
    })),
  });
}

/** The hash of a word that opens something; it is stored in the word's place. */
export function hashWord(word: string): Promise<string> {
  return hashPassword(word);
}

/** Whether it is that word. As long as the answer takes, nobody learns that there is none. */
export async function isWord(word: string, hash: string | null | undefined): Promise<boolean> {
  const isRight = await verifyPassword({ hash: hash ?? (await nobodysHash()), password: word });
  return isRight && typeof hash === "string";
}

let nobodys: Promise<string> | undefined;

function nobodysHash(): Promise<string> {
  nobodys ??= hashPassword(randomBytes(32).toString("base64url"));
  return nobodys;
}
