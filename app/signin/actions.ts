"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as z from "zod";
import { enterDemo, type SignInResult, safeReturn, signIn, TriedPassword } from "#server/auth";

/** What the form shows: nothing yet, or why it did not let the person in. */
export type SignInState =
  | { readonly kind: "empty" }
  | (Exclude<SignInResult, { kind: "signed-in" }> & { readonly name: string });

const SignInInput = z.object({ name: z.string().trim().min(1).max(254), password: TriedPassword });

/** Signs in with a password and goes back to where the person came from. */
export async function signInWithPassword(
  _before: SignInState,
  form: FormData,
): Promise<SignInState> {
  const parsed = SignInInput.safeParse({ name: form.get("name"), password: form.get("password") });
  if (!parsed.success) return { kind: "empty" };
  const answer = await signIn(parsed.data, await headers());
  if (answer.kind !== "signed-in") return { ...answer, name: parsed.data.name };
  redirect(safeReturn(form.get("from")));
}

/** Signs in as the demo account that the button names; back to the page if there is none. */
export async function signInAsDemo(form: FormData): Promise<void> {
  const username = z.string().max(30).safeParse(form.get("username"));
  const answer = username.success ? await enterDemo(username.data, await headers()) : undefined;
  if (answer?.kind !== "signed-in") redirect("/signin");
  redirect(safeReturn(form.get("from")));
}
