"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as z from "zod";
import {
  Email,
  NewPassword,
  PersonName,
  type SignUpResult,
  safeReturn,
  signUp,
  Username,
} from "#server/auth";

export type SignUpState =
  | { readonly kind: "empty" }
  | ((
      | Exclude<SignUpResult, { kind: "signed-up" }>
      | { readonly kind: "invalid"; readonly problem: string }
    ) & {
      readonly given: { readonly name: string; readonly username: string; readonly email: string };
    });

const SignUpInput = z
  .object({
    name: PersonName,
    username: Username,
    email: Email,
    next: NewPassword,
    again: z.string(),
  })
  .refine(({ next, again }) => next === again, "The two passwords differ.");

/** Makes an account of one's own and signs in to it. */
export async function makeMyAccount(_before: SignUpState, form: FormData): Promise<SignUpState> {
  const text = (name: string) => String(form.get(name) ?? "").slice(0, 254);
  const given = { name: text("name"), username: text("username"), email: text("email") };
  const parsed = SignUpInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) {
    const problem = parsed.error.issues[0]?.message ?? "Something is missing.";
    return { kind: "invalid", problem, given };
  }
  const { next: password, name, username, email } = parsed.data;
  const answer = await signUp({ name, username, email, password }, await headers());
  if (answer.kind !== "signed-up") return { ...answer, given };
  redirect(safeReturn(form.get("from")));
}
