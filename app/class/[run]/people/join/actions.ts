"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { type AttemptRule, countAttempt, Email } from "#server/auth";
import {
  JoinKey,
  type MakeInvitationResult,
  makeInvitation,
  revokeInvitation,
  setJoinKey,
} from "#server/class";
import { db, transaction } from "#server/db";
import { type InviteResult, mailInvitations, sendsMail } from "#server/mail";
import { mayInvite } from "#server/policies";
import { type Denied, managerOfRun } from "../../../access.ts";

const Run = z.string().min(1).max(200);
const DAY_MS = 24 * 60 * 60 * 1000;

export type InvitationState =
  | { readonly kind: "empty" }
  | MakeInvitationResult
  | { readonly kind: "invalid"; readonly problem: string }
  | Denied;

const InvitationInput = z.object({
  run: Run,
  role: z.enum(["reader", "student", "ta"], { error: "Choose a role: reader, student or TA." }),
  section: z.string().max(64),
  days: z.coerce
    .number({ error: "Say how many days the link works." })
    .int("Days are whole.")
    .min(1, "The link works at least a day.")
    .max(365, "The link works at most a year."),
  uses: z.union([
    z.literal("").transform(() => null),
    z.coerce.number().int().min(1, "At least one person uses it.").max(100_000),
  ]),
});

/** Makes a link by which people enter the run. It is shown this once. */
export async function inviteByLink(
  _before: InvitationState,
  form: FormData,
): Promise<InvitationState> {
  const parsed = InvitationInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) {
    return { kind: "invalid", problem: parsed.error.issues[0]?.message ?? "Something is missing." };
  }
  const { run, role, section, days, uses: maxUses } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  const decision = mayInvite(staff.viewer, staff.run.id, role);
  if (decision.kind === "denied") return decision;
  const expiresAt = new Date(Date.now() + days * DAY_MS);
  const sectionId = section === "" ? null : section;
  const answer = await transaction((tx) =>
    makeInvitation(tx, staff.run.id, { role, sectionId, expiresAt, maxUses }),
  );
  revalidatePath("/class", "layout");
  return answer;
}

/** More than anybody invites by hand; whole classes come by a roster. */
const ADDRESSES_MAX = 200;
const MAIL_RULE: AttemptRule = { tries: 10, pauseS: 60 * 60 };

export type MailInvitationState =
  | { readonly kind: "empty" }
  | InviteResult
  | { readonly kind: "invalid"; readonly problem: string }
  | { readonly kind: "paused"; readonly seconds: number }
  | Denied;

const MailInvitationInput = InvitationInput.omit({ uses: true }).extend({
  addresses: z
    .string()
    .max(ADDRESSES_MAX * 260, "That is too long: invite fewer at once.")
    .transform((text) => text.split(/[\s,;]+/).filter((address) => address !== "")),
});

/** Mails each address a link of its own, by which one person enters the run. */
export async function inviteByMail(
  _before: MailInvitationState,
  form: FormData,
): Promise<MailInvitationState> {
  const parsed = MailInvitationInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) {
    return { kind: "invalid", problem: parsed.error.issues[0]?.message ?? "Something is missing." };
  }
  const { run, role, section, days, addresses: given } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  const decision = mayInvite(staff.viewer, staff.run.id, role);
  if (decision.kind === "denied") return decision;
  const problem = problemWith(given);
  if (problem !== undefined) return { kind: "invalid", problem };
  const attempt = await countAttempt(`invite:${staff.viewer.userId}`, MAIL_RULE, new Date());
  if (attempt.kind === "paused") return attempt;
  const answer = await transaction((tx) =>
    mailInvitations(tx, {
      ...{ runId: staff.run.id, role, sectionId: section === "" ? null : section },
      expiresAt: new Date(Date.now() + days * DAY_MS),
      addresses: given.map((address) => Email.parse(address)),
    }),
  );
  revalidatePath("/class", "layout");
  return answer;
}

function problemWith(addresses: readonly string[]): string | undefined {
  if (!sendsMail()) return "This site sends no mail: make a link and hand it over.";
  if (addresses.length === 0) return "Nobody is named yet: write e-mail addresses.";
  if (addresses.length > ADDRESSES_MAX) return `Invite at most ${ADDRESSES_MAX} at once.`;
  const wrong = addresses.find((address) => !Email.safeParse(address).success);
  return wrong === undefined ? undefined : `${wrong.slice(0, 80)} is no e-mail address.`;
}

const RevokeInput = z.object({ run: Run, id: z.string().max(64), works: z.enum(["yes", "no"]) });

/** Makes a link lead nowhere, or somewhere again. */
export async function switchInvitation(form: FormData): Promise<void> {
  const parsed = RevokeInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const { run, id, works } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return;
  const revokedAt = works === "yes" ? null : new Date();
  await revokeInvitation(db(), { runId: staff.run.id, id }, revokedAt);
  revalidatePath("/class", "layout");
}

export type KeyState =
  | { readonly kind: "empty" | "set" | "removed" }
  | { readonly kind: "invalid"; readonly problem: string }
  | Denied;

const KeyInput = z.object({ run: Run, key: z.union([z.literal(""), JoinKey]).optional() });

/** Sets the key by which students enrol themselves; an empty one takes it away. */
export async function setKeyOfRun(_before: KeyState, form: FormData): Promise<KeyState> {
  const parsed = KeyInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { kind: "invalid", problem: "A key has 8 to 100 characters." };
  const { run, key = "" } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  await transaction((tx) => setJoinKey(tx, staff.run.id, key === "" ? null : key));
  revalidatePath("/class", "layout");
  return { kind: key === "" ? "removed" : "set" };
}
