"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as z from "zod";
import { allowsPasswords, NewPassword, redeemPasswordLink, startSession } from "#server/auth";

export type ResetState =
  | { readonly kind: "empty" }
  | { readonly kind: "spent" }
  | { readonly kind: "banned" }
  | { readonly kind: "invalid"; readonly problem: string };

const ResetInput = z
  .object({ token: z.string().max(100), next: NewPassword, again: z.string() })
  .refine(({ next, again }) => next === again, "The two passwords differ.");
/** Where nobody has a password the link only lets in. */
const EnterInput = z.object({ token: z.string().max(100), next: z.undefined().catch(undefined) });

/** Sets the password, spends the link and signs its owner in. */
export async function resetPassword(_before: ResetState, form: FormData): Promise<ResetState> {
  const input = allowsPasswords() ? ResetInput : EnterInput;
  const parsed = input.safeParse(Object.fromEntries(form));
  if (!parsed.success) {
    return { kind: "invalid", problem: parsed.error.issues[0]?.message ?? "Something is missing." };
  }
  const used = await redeemPasswordLink(parsed.data.token, parsed.data.next);
  if (used.kind === "spent") return used;
  const session = await startSession(used.userId, await headers());
  if (session.kind === "banned") return session;
  redirect(allowsPasswords() ? "/" : "/account");
}
