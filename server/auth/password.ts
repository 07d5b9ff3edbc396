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

let nobodys: Promise<string> | undefined;

function nobodysHash(): Promise<string> {
  nobodys ??= hashPassword(randomBytes(32).toString("base64url"));
  return nobodys;
}
