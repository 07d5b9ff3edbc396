import { createHash, randomBytes } from "node:crypto";
import { config } from "../config.ts";
import { db, type Tx, transaction } from "../db/client.ts";
import { storePassword } from "./password.ts";

/** How long a link works. */
export const LINK_HOURS = 48;
/** How long the first link of a new account works. */
export const FIRST_LINK_DAYS = 7;
/** How the names of links begin, among all that is kept to be verified. */
export const PASSWORD_LINKS = "password-link:";

/**
 * Makes a link by which `userId` sets a new password: once, and only the newest one. The site keeps
 * its hash alone, so whoever makes it sees it now or never. Nobody can guess `token`.
 */
export async function makePasswordLink(
  tx: Tx,
  userId: string,
  now = new Date(),
  token = newToken(),
): Promise<string> {
  await tx.verification.deleteMany({
    where: {
      identifier: { startsWith: PASSWORD_LINKS },
      OR: [{ value: userId }, { expiresAt: { lt: now } }],
    },
  });
  await tx.verification.create({
    data: {
      id: crypto.randomUUID(),
      identifier: identifierOf(token),
      value: userId,
      expiresAt: new Date(now.getTime() + LINK_HOURS * 60 * 60 * 1000),
    },
  });
  return `${config().origin}/reset/${token}`;
}

interface FirstLinks {
  readonly hours: number;
  readonly now: Date;
  /** Nobody can guess what it answers. */
  readonly tokenOf?: (userId: string) => string;
}

/** The same for people whose accounts are new, in one statement; of each the link. */
export async function makePasswordLinks(
  tx: Tx,
  userIds: readonly string[],
  { hours, now, tokenOf = newToken }: FirstLinks,
): Promise<ReadonlyMap<string, string>> {
  const expiresAt = new Date(now.getTime() + hours * 60 * 60 * 1000);
  const tokens = new Map(userIds.map((userId) => [userId, tokenOf(userId)]));
  await tx.verification.createMany({
    data: [...tokens].map(([userId, token]) => ({
      id: crypto.randomUUID(),
      identifier: identifierOf(token),
      value: userId,
      expiresAt,
    })),
  });
  return new Map(
    [...tokens].map(([userId, token]) => [userId, `${config().origin}/reset/${token}`]),
  );
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Closes every link that sets the password of one of these people, who teach from now on: it was made
 * for somebody who could do less, and who has it is not known. Answers whose were open.
 */
export async function closePasswordLinks(
  tx: Tx,
  userIds: readonly string[],
  now = new Date(),
): Promise<readonly string[]> {
  const where = { identifier: { startsWith: PASSWORD_LINKS }, value: { in: [...userIds] } };
  const open = await tx.verification.findMany({
    where: { ...where, expiresAt: { gt: now } },
    select: { value: true },
  });
  await tx.verification.deleteMany({ where });
  return [...new Set(open.map(({ value }) => value))];
}

/** Whether the person has a link that sets their password and is not used yet. */
export async function hasPasswordLink(tx: Tx, userId: string, now: Date): Promise<boolean> {
  const where = { identifier: { startsWith: PASSWORD_LINKS }, value: userId };
  return (await tx.verification.count({ where: { ...where, expiresAt: { gt: now } } })) > 0;
}

/** Whose password the link sets; undefined when it was never made, was used, or is too old. */
export async function ownerOfPasswordLink(
  token: string,
  now = new Date(),
): Promise<{ readonly name: string; readonly username: string } | undefined> {
  const link = await db().verification.findFirst({
    where: { identifier: identifierOf(token), expiresAt: { gt: now } },
    select: { value: true },
  });
  if (link === null) return undefined;
  const user = await db().user.findUnique({
    where: { id: link.value },
    select: { name: true, username: true, email: true },
  });
  return user === null ? undefined : { name: user.name, username: user.username ?? user.email };
}

export type RedeemResult =
  | { readonly kind: "set"; readonly userId: string }
  | { readonly kind: "spent" };

/**
 * Sets the password and spends the link; every session that is open ends. Where passwords are off
 * it is undefined: the link lets in once, and nobody knows the password.
 */
export async function redeemPasswordLink(
  token: string,
  password: string | undefined,
  now = new Date(),
): Promise<RedeemResult> {
  return transaction(async (tx): Promise<RedeemResult> => {
    const where = { identifier: identifierOf(token), expiresAt: { gt: now } };
    const link = await tx.verification.findFirst({ where, select: { value: true } });
    // Deleting it is taking it: of two that use the link at once, one finds it gone.
    const { count } = await tx.verification.deleteMany({ where });
    if (link === null || count === 0) return { kind: "spent" };
    // Of a new account one link is mailed, another handed over: neither outlives the other.
    await closePasswordLinks(tx, [link.value], now);
    await storePassword(tx, link.value, password);
    await tx.session.deleteMany({ where: { userId: link.value } });
    return { kind: "set", userId: link.value };
  });
}

function identifierOf(token: string): string {
  return `${PASSWORD_LINKS}${createHash("sha256").update(token).digest("hex")}`;
}
