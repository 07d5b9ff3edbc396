import { createHash, randomBytes } from "node:crypto";
import { config } from "../config.ts";
import type { Tx } from "../db/index.ts";
import type { RunRole } from "../policies/index.ts";
import { lockSections } from "./section.ts";

/** Whoever has the link of an invitation enters the run as this. */
export interface InvitationTerms {
  readonly role: RunRole;
  readonly sectionId: string | null;
  readonly expiresAt: Date;
  /** Null: any number of people. */
  readonly maxUses: number | null;
}

export type MakeInvitationResult =
  | { readonly kind: "made"; readonly id: string; readonly link: string }
  | { readonly kind: "no-section" };

/** Makes an invitation. The site keeps the hash of its link alone: it is seen now or never. */
export async function makeInvitation(
  tx: Tx,
  runId: string,
  terms: InvitationTerms,
): Promise<MakeInvitationResult> {
  if (terms.sectionId !== null) {
    await lockSections(tx, runId);
    const section = await tx.section.findFirst({ where: { id: terms.sectionId, runId } });
    if (section === null) return { kind: "no-section" };
  }
  const token = randomBytes(24).toString("base64url");
  const { id } = await tx.invitation.create({
    data: { runId, tokenHash: hashOfInvitation(token), ...terms },
    select: { id: true },
  });
  return { kind: "made", id, link: linkOf(token) };
}

interface MailedInvitation {
  readonly email: string;
  readonly link: string;
  readonly runTitle: string;
  readonly role: RunRole;
  readonly expiresAt: Date;
}

/**
 * Gives an invitation that is to be mailed its link, which ends with `token`. Whatever other link it
 * had before leads nowhere. undefined: it lets nobody in any more.
 */
export async function renewInvitation(
  tx: Tx,
  id: string,
  { token, now }: { readonly token: string; readonly now: Date },
): Promise<MailedInvitation | undefined> {
  const { count } = await tx.invitation.updateMany({
    where: {
      ...{ id, revokedAt: null, uses: 0, expiresAt: { gt: now } },
      run: { archivedAt: null },
    },
    data: { tokenHash: hashOfInvitation(token) },
  });
  const row = await tx.invitation.findUnique({
    where: { id },
    include: { run: { select: { title: true } } },
  });
  if (count === 0 || row === null || row.email === null) return undefined;
  const { email, role, expiresAt, run } = row;
  return { email, link: linkOf(token), runTitle: run.title, role, expiresAt };
}

function linkOf(token: string): string {
  return `${config().origin}/join/${token}`;
}

/** An invitation as the staff sees it. */
export interface ListedInvitation {
  readonly id: string;
  readonly role: RunRole;
  readonly section: string | null;
  readonly expiresAt: Date;
  readonly maxUses: number | null;
  /** Whom it was mailed to; null: its maker hands it over. */
  readonly email: string | null;
  readonly uses: number;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
}

/** The run's invitations, the newest first. */
export async function invitationsOf(tx: Tx, runId: string): Promise<readonly ListedInvitation[]> {
  const rows = await tx.invitation.findMany({
    where: { runId },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    omit: { tokenHash: true, runId: true, sectionId: true },
    include: { section: { select: { name: true } } },
  });
  return rows.map(({ section, ...invitation }) => ({
    ...invitation,
    section: section?.name ?? null,
  }));
}

/** Makes the link lead nowhere, or with null somewhere again; false when the run has none such. */
export async function revokeInvitation(
  tx: Tx,
  key: { readonly runId: string; readonly id: string },
  revokedAt: Date | null,
): Promise<boolean> {
  const { count } = await tx.invitation.updateMany({ where: key, data: { revokedAt } });
  return count > 0;
}

/** Why an invitation lets nobody in. */
export type InvitationEnd = "unknown" | "revoked" | "expired" | "used-up" | "archived";

export interface OpenInvitation {
  readonly id: string;
  readonly runId: string;
  readonly runTitle: string;
  readonly role: RunRole;
  readonly sectionId: string | null;
}

interface InvitationRow extends OpenInvitation {
  readonly expiresAt: Date;
  readonly maxUses: number | null;
  readonly uses: number;
  readonly revokedAt: Date | null;
  readonly archivedAt: Date | null;
}

/**
 * The invitation of the link, or why there is none. With `locks` nobody else uses it until the
 * transaction ends: of two who come for the last place, one finds it taken.
 */
export async function invitationBehind(
  tx: Tx,
  token: string,
  { now, locks }: { readonly now: Date; readonly locks: boolean },
): Promise<OpenInvitation | InvitationEnd> {
  const tokenHash = hashOfInvitation(token);
  if (locks) {
    await tx.$queryRaw`SELECT 1 FROM "Invitation" WHERE "tokenHash" = ${tokenHash} FOR UPDATE`;
  }
  const [row] = await tx.$queryRaw<InvitationRow[]>`
    SELECT invitation."id", invitation."runId", run."title" AS "runTitle",
      invitation."role"::text AS "role", invitation."sectionId", invitation."expiresAt",
      invitation."maxUses", invitation."uses", invitation."revokedAt", run."archivedAt"
    FROM "Invitation" AS invitation JOIN "CourseRun" AS run ON run."id" = invitation."runId"
    WHERE invitation."tokenHash" = ${tokenHash}`;
  if (row === undefined) return "unknown";
  const { id, runId, runTitle, role, sectionId } = row;
  if (row.revokedAt !== null) return "revoked";
  if (row.archivedAt !== null) return "archived";
  if (row.expiresAt <= now) return "expired";
  if (row.maxUses !== null && row.uses >= row.maxUses) return "used-up";
  return { id, runId, runTitle, role, sectionId };
}

/** As what a link's last part is kept. */
export function hashOfInvitation(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
