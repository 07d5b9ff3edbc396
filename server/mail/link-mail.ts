/**
 * Mail that carries a link which lets somebody in. The link is made when it is sent, and stands nowhere
 * else: the site keeps its hash. A mail that is sent again, as nobody knows whether the server took it,
 * carries the same link.
 */
import { createHmac } from "node:crypto";
import {
  FIRST_LINK_DAYS,
  hasPasswordLink,
  LINK_HOURS,
  makePasswordLink,
  makePasswordLinks,
} from "../auth/password-link.ts";
import { viewerById } from "../auth/person-viewer.ts";
import { renewInvitation } from "../class/invitation.ts";
import { config } from "../config.ts";
import type { Tx } from "../db/index.ts";
import type { WaitingMail } from "./compose.ts";
import { type Message, oneLine } from "./smtp.ts";

/** Without the id: undefined when the account is closed, or the invitation leads nowhere any more. */
export type LinkMessage = Omit<Message, "id">;

export async function linkMessage(
  tx: Tx,
  { id, kind, userId, invitationId }: WaitingMail,
  now = new Date(),
): Promise<LinkMessage | undefined> {
  const made = { token: tokenOf(id), now };
  if (kind === "invitation" && invitationId !== null) return invitationMail(tx, invitationId, made);
  if (kind === "password_link" && userId !== null) return passwordMail(tx, userId, made);
  if (kind === "new_account" && userId !== null) return accountMail(tx, userId, made);
  return undefined;
}

/** When a link is made, and what it ends with. */
interface Made {
  readonly token: string;
  readonly now: Date;
}

/** 256 bits that only the site can work out. */
function tokenOf(mailId: string): string {
  return createHmac("sha256", config().secret).update(`mail-link\0${mailId}`).digest("base64url");
}

async function passwordMail(
  tx: Tx,
  userId: string,
  { token, now }: Made,
): Promise<LinkMessage | undefined> {
  const viewer = await viewerById(userId, now, tx);
  if (viewer === undefined) return undefined;
  const { email } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
  const link = await makePasswordLink(tx, userId, now, token);
  const { origin, allowsPasswords } = config();
  return {
    to: { name: viewer.name, address: email },
    subject: allowsPasswords ? "A new password" : "A link to sign in by",
    text: `${[
      `For ${oneLine(viewer.name)}, user name ${oneLine(viewer.username)}, at ${origin}:`,
      allowsPasswords
        ? `by this link you set a new password, once, within ${LINK_HOURS} hours.`
        : `by this link you sign in, once, within ${LINK_HOURS} hours.`,
      link,
      "If you have not asked for it, leave it alone: nothing has changed. Give it to nobody.",
    ].join("\n\n")}\n`,
  };
}

/** Beside the link that was handed over, which works as well until one of them is used. */
async function accountMail(
  tx: Tx,
  userId: string,
  { token, now }: Made,
): Promise<LinkMessage | undefined> {
  const viewer = await viewerById(userId, now, tx);
  // Without one somebody has come in by it already, or nobody is to come in by one any more.
  if (viewer === undefined || !(await hasPasswordLink(tx, userId, now))) return undefined;
  const { email } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
  const hours = 24 * FIRST_LINK_DAYS;
  const links = await makePasswordLinks(tx, [userId], { hours, now, tokenOf: () => token });
  const link = links.get(userId) ?? "";
  const { origin, allowsPasswords } = config();
  return {
    to: { name: viewer.name, address: email },
    subject: "Your account",
    text: `${[
      `${oneLine(viewer.name)}, you have an account at ${origin}. Your user name is ${oneLine(viewer.username)}.`,
      allowsPasswords
        ? `By this link you set your password, once, within ${FIRST_LINK_DAYS} days.`
        : `By this link you sign in, once, within ${FIRST_LINK_DAYS} days.`,
      link,
      "If this is nothing of yours, leave it alone. Give the link to nobody.",
    ].join("\n\n")}\n`,
  };
}

async function invitationMail(tx: Tx, id: string, made: Made): Promise<LinkMessage | undefined> {
  const renewed = await renewInvitation(tx, id, made);
  if (renewed === undefined) return undefined;
  const { email, link, runTitle, role, expiresAt } = renewed;
  const title = oneLine(runTitle);
  const until = `${expiresAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return {
    to: { name: "", address: email },
    subject: `[${title}] Your invitation`,
    text: `${[
      `You are invited to ${title} at ${config().origin}, as ${ROLES[role]}.`,
      `Enter by this link, once, until ${until}:`,
      link,
      "If this is nothing of yours, leave it alone: no account is made.",
    ].join("\n\n")}\n`,
  };
}

const ROLES = {
  reader: "a reader",
  student: "a student",
  ta: "a teaching assistant",
  instructor: "an instructor",
} as const;
