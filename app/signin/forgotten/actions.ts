"use server";

import { headers } from "next/headers";
import * as z from "zod";
import { allowsPasswords, countForgotten } from "#server/auth";
import { askForPasswordLink, sendsMail } from "#server/mail";

export type ForgottenState =
  | { readonly kind: "empty" | "asked" | "invalid" | "off" }
  | { readonly kind: "paused"; readonly seconds: number };

const Input = z.object({ name: z.string().trim().min(1).max(254) });

/** Has a link mailed to who has this name or address, if anybody has. */
export async function askForLink(_before: ForgottenState, form: FormData): Promise<ForgottenState> {
  const parsed = Input.safeParse(form instanceof FormData ? Object.fromEntries(form) : {});
  if (!parsed.success) return { kind: "invalid" };
  if (!sendsMail() || !allowsPasswords()) return { kind: "off" };
  const attempt = await countForgotten(parsed.data.name, await headers(), new Date());
  if (attempt.kind === "paused") return attempt;
  await askForPasswordLink(parsed.data.name);
  return { kind: "asked" };
}
