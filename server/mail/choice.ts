/** What each person wants to be told by mail, and the links by which they get no more of it. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { config } from "../config.ts";
import type { Tx } from "../db/index.ts";

/** What people are told of; links that somebody has asked for come in any case. */
export const CHOSEN_KINDS = ["announcement", "answer", "question"] as const;
export type ChosenKind = (typeof CHOSEN_KINDS)[number];

export const PACES = ["at_once", "daily", "never"] as const;
export type Pace = (typeof PACES)[number];

export type MailChoices = Readonly<Record<ChosenKind, Pace>>;

/** Where the person's mail goes. */
export async function mailAddress(tx: Tx, userId: string): Promise<string> {
  const where = { id: userId };
  return (await tx.user.findUniqueOrThrow({ where, select: { email: true } })).email;
}

export async function mailChoices(tx: Tx, userId: string): Promise<MailChoices> {
  const rows = await tx.mailChoice.findMany({ where: { userId } });
  const chosen = new Map<string, Pace>(rows.map(({ kind, pace }) => [kind, pace]));
  const of = (kind: ChosenKind) => chosen.get(kind) ?? "at_once";
  return { announcement: of("announcement"), answer: of("answer"), question: of("question") };
}

export async function chooseMail(
  tx: Tx,
  userId: string,
  choices: Partial<MailChoices>,
): Promise<void> {
  for (const kind of CHOSEN_KINDS) {
    const pace = choices[kind];
    if (pace === undefined) continue;
    await tx.mailChoice.upsert({
      where: { userId_kind: { userId, kind } },
      create: { userId, kind, pace },
      update: { pace },
    });
  }
}

export interface Stop {
  readonly userId: string;
  readonly kind: ChosenKind;
}

/** The page by which whoever reads the mail gets no more of its kind, without signing in. */
export function stopUrl(stop: Stop): string {
  const token = `${stop.userId}.${stop.kind}.${macOf(stop)}`;
  return `${config().origin}/mail/stop/${encodeURIComponent(token)}`;
}

/** What the link was made for; undefined: this site has not made it. */
export function readStop(token: string): Stop | undefined {
  const [userId = "", given = "", mac = "", ...more] = token.split(".");
  const kind = CHOSEN_KINDS.find((known) => known === given);
  if (kind === undefined || userId === "" || more.length > 0) return undefined;
  const wanted = Buffer.from(macOf({ userId, kind }));
  const got = Buffer.from(mac);
  const isRight = wanted.length === got.length && timingSafeEqual(wanted, got);
  return isRight ? { userId, kind } : undefined;
}

function macOf({ userId, kind }: Stop): string {
  const mac = createHmac("sha256", config().secret).update(`mail-stop\0${userId}\0${kind}`);
  return mac.digest("base64url");
}
