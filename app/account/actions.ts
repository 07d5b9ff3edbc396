"use server";

import { revalidatePath } from "next/cache";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as z from "zod";
import {
  allowsPasswords,
  type ChangePasswordResult,
  changePassword,
  currentViewer,
  disconnectIdentity,
  endSessions,
  isDemoAccount,
  NewPassword,
  oidcSettings,
  PersonName,
  renameOneself,
  signOut,
  TriedPassword,
} from "#server/auth";
import { transaction } from "#server/db";
import { CHOSEN_KINDS, chooseMail, PACES } from "#server/mail";
import { mayChangeAccount, type Viewer } from "#server/policies";

type Denied = Extract<ReturnType<typeof mayChangeAccount>, { kind: "denied" }>;
type Invalid = { readonly kind: "invalid"; readonly problem: string };

export type RenameState = { readonly kind: "empty" | "renamed" } | Invalid | Denied;

/** Changes the name by which others see the person. */
export async function renameMyself(_before: RenameState, form: FormData): Promise<RenameState> {
  const name = PersonName.safeParse(form.get("name"));
  if (!name.success) return invalid(name.error);
  const viewer = await ownerOfAccount();
  if ("kind" in viewer) return viewer;
  await renameOneself(viewer.userId, name.data);
  revalidatePath("/", "layout");
  return { kind: "renamed" };
}

export type PasswordState = { readonly kind: "empty" } | ChangePasswordResult | Invalid | Denied;

const PasswordInput = z
  .object({ present: TriedPassword, next: NewPassword, again: z.string() })
  .refine(({ next, again }) => next === again, "The two new passwords differ.");

/** Changes the password; other sessions end. */
export async function changeMyPassword(
  _before: PasswordState,
  form: FormData,
): Promise<PasswordState> {
  if (!allowsPasswords()) {
    return { kind: "invalid", problem: "Nobody signs in by a password here." };
  }
  const parsed = PasswordInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(parsed.error);
  const viewer = await ownerOfAccount();
  if ("kind" in viewer) return viewer;
  return changePassword(viewer.userId, parsed.data, await headers());
}

export type MailState = { readonly kind: "empty" | "stored" } | Invalid | Denied;

const MailInput = z.partialRecord(z.enum(CHOSEN_KINDS), z.enum(PACES));

/** Keeps how the person wants to be told of things by mail. */
export async function chooseMyMail(_before: MailState, form: FormData): Promise<MailState> {
  const given = CHOSEN_KINDS.flatMap((kind) => (form.has(kind) ? [[kind, form.get(kind)]] : []));
  const parsed = MailInput.safeParse(Object.fromEntries(given));
  if (!parsed.success) return invalid(parsed.error);
  const viewer = await ownerOfAccount();
  if ("kind" in viewer) return viewer;
  await transaction((tx) => chooseMail(tx, viewer.userId, parsed.data));
  revalidatePath("/account");
  return { kind: "stored" };
}

/** Ends one session of one's own, or all others. */
export async function endMySessions(form: FormData): Promise<void> {
  const asked = z
    .object({ session: z.string().min(1).max(64) })
    .safeParse(Object.fromEntries(form));
  const viewer = await ownerOfAccount();
  if (!asked.success || "kind" in viewer) redirect("/signin?from=/account");
  const { session } = asked.data;
  await endSessions(
    viewer.userId,
    session === "others" ? session : { id: session },
    await headers(),
  );
  redirect("/account");
}

/** Takes the connection with the provider away, where there is a password to sign in by. */
export async function disconnectMyAccount(): Promise<void> {
  const settings = oidcSettings();
  const viewer = await ownerOfAccount();
  if ("kind" in viewer) redirect("/signin?from=/account");
  if (settings === undefined || !allowsPasswords()) redirect("/account");
  await disconnectIdentity(viewer.userId, settings.issuer.href);
  redirect("/account?connect=off");
}

/** Ends the session that asks, and goes home, or to where one signs out at the provider, too. */
export async function signOutHere(): Promise<void> {
  await signOut(await headers());
  redirect(oidcSettings() === undefined ? "/" : "/signin?out=1&from=/");
}

/** Who asks, if the account is theirs to change. */
async function ownerOfAccount(): Promise<Viewer | Denied> {
  const viewer = await currentViewer();
  if (viewer === undefined) return { kind: "denied", because: "signed-out" };
  const decision = mayChangeAccount(viewer, isDemoAccount(viewer));
  return decision.kind === "denied" ? decision : viewer;
}

function invalid(error: z.ZodError): Invalid {
  return { kind: "invalid", problem: error.issues[0]?.message ?? "Something is missing." };
}
