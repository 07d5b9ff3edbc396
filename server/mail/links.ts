/** Links that somebody asks to be mailed. */
import { randomBytes, randomUUID } from "node:crypto";
import { hashOfInvitation } from "../class/invitation.ts";
import { db, type Tx, transaction } from "../db/index.ts";
import type { RunRole } from "../policies/index.ts";
import { enqueue } from "./outbox.ts";
import { sendsMail } from "./settings.ts";

/** A link that sets the person's password is mailed to them; one that waits already is enough. */
export async function mailPasswordLink(tx: Tx, userId: string): Promise<void> {
  // Of two who ask at once, one finds the other's.
  await tx.$queryRaw`SELECT 1 FROM "User" WHERE "id" = ${userId} FOR UPDATE`;
  const waiting = { userId, kind: "password_link", state: "waiting" } as const;
  if ((await tx.mail.count({ where: waiting })) > 0) return;
  const { id } = await tx.mail.create({ data: { userId, kind: "password_link" } });
  await enqueue(tx, [{ id, data: { mailId: id } }]);
}

/**
 * New accounts get their links by mail, too, where the site sends any. Answers whether it does: the
 * link that is handed over is the other way, and works as well.
 */
export async function mailNewAccounts(tx: Tx, userIds: readonly string[]): Promise<boolean> {
  if (!sendsMail()) return false;
  const mails = await tx.mail.createManyAndReturn({
    data: userIds.map((userId) => ({ userId, kind: "new_account" as const })),
    select: { id: true },
  });
  const jobs = mails.map(({ id }) => ({ id, data: { mailId: id } }));
  if (jobs.length > 0) await enqueue(tx, jobs);
  return true;
}

/** Who teaches from now on, and whose link was closed for that, gets another one by mail if possible. */
export async function mailClosedLinks(tx: Tx, userIds: readonly string[]): Promise<boolean> {
  if (!sendsMail()) return false;
  for (const userId of userIds) await mailPasswordLink(tx, userId);
  return userIds.length > 0;
}

/**
 * Somebody says that they have forgotten their password. It takes the same steps and the same time
 * whether or not anybody has this name or address: who it is, is looked up later.
 */
export async function askForPasswordLink(name: string): Promise<void> {
  await enqueue(db(), [{ id: randomUUID(), data: { forgotten: name.trim().toLowerCase() } }]);
}

/** What was asked for, when somebody has this name or address. */
export async function mailForgotten(name: string): Promise<void> {
  const where = name.includes("@") ? { email: name } : { username: name };
  await transaction(async (tx) => {
    const user = await tx.user.findUnique({ where, select: { id: true, email: true } });
    if (user !== null && !user.email.endsWith(".invalid")) await mailPasswordLink(tx, user.id);
  });
}

export interface MailedInvitations {
  readonly runId: string;
  readonly role: RunRole;
  readonly sectionId: string | null;
  readonly expiresAt: Date;
  readonly addresses: readonly string[];
}

export type InviteResult =
  | {
      readonly kind: "invited";
      readonly count: number;
      /** Who is in the run already, and gets no mail. */
      readonly present: readonly string[];
    }
  | { readonly kind: "no-section" };

/** Invites each address by a link of its own, which one person may use. */
export async function mailInvitations(tx: Tx, asked: MailedInvitations): Promise<InviteResult> {
  const { runId, sectionId, addresses, ...terms } = asked;
  if (sectionId !== null) {
    const section = await tx.section.findFirst({ where: { id: sectionId, runId } });
    if (section === null) return { kind: "no-section" };
  }
  const wanted = [...new Set(addresses)];
  const there = await tx.enrolment.findMany({
    where: { runId, user: { email: { in: wanted } } },
    select: { user: { select: { email: true } } },
  });
  const present = there.map(({ user }) => user.email);
  const rows = await tx.invitation.createManyAndReturn({
    data: wanted
      .filter((email) => !present.includes(email))
      // Nobody knows this link: the one that is mailed is made when it is sent.
      .map((email) => ({
        runId,
        sectionId,
        ...terms,
        email,
        maxUses: 1,
        tokenHash: unknownHash(),
      })),
    select: { id: true },
  });
  const mails = await tx.mail.createManyAndReturn({
    data: rows.map(({ id: invitationId }) => ({ kind: "invitation" as const, invitationId })),
    select: { id: true },
  });
  if (mails.length > 0)
    await enqueue(
      tx,
      mails.map(({ id }) => ({ id, data: { mailId: id } })),
    );
  return { kind: "invited", count: mails.length, present };
}

function unknownHash(): string {
  return hashOfInvitation(randomBytes(24).toString("base64url"));
}
