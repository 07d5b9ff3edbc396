"use server";

import { revalidatePath } from "next/cache";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as z from "zod";
import {
  allowsPasswords,
  currentViewer,
  Email,
  NewPassword,
  PersonName,
  Username,
} from "#server/auth";
import {
  type JoinResult,
  join,
  joinAsNewcomer,
  type NewcomerResult,
  type Pass,
} from "#server/class";

export type JoinState =
  | { readonly kind: "empty" }
  | { readonly kind: "invalid"; readonly problem: string }
  | { readonly kind: "denied"; readonly because: "signed-out" }
  | JoinResult;

const PassInput = z.union([
  z
    .object({ token: z.string().min(1).max(100) })
    .transform(({ token }): Pass => ({ kind: "link", token })),
  z
    .object({ run: z.string().trim().min(1).max(200), key: z.string().trim().min(1).max(100) })
    .transform((given): Pass => ({ kind: "key", ...given })),
]);

const NO_PASS = { kind: "invalid", problem: "Enter the run’s name and its key." } as const;

/** Brings the viewer into the run that a link or a key opens. */
export async function joinRun(_before: JoinState, form: FormData): Promise<JoinState> {
  const pass = PassInput.safeParse(Object.fromEntries(form));
  if (!pass.success) return NO_PASS;
  const viewer = await currentViewer();
  if (viewer === undefined) return { kind: "denied", because: "signed-out" };
  const answer = await join(viewer.userId, pass.data, await headers());
  if (answer.kind !== "joined" && answer.kind !== "is-in-run") return answer;
  revalidatePath("/", "layout");
  redirect("/join");
}

export type NewcomerState = (
  | { readonly kind: "empty" }
  | { readonly kind: "invalid"; readonly problem: string }
  | NewcomerResult
) & {
  readonly given: { readonly name: string; readonly username: string; readonly email: string };
};

const NewcomerInput = z
  .object({
    name: PersonName,
    username: Username,
    email: Email,
    next: NewPassword,
    again: z.string(),
  })
  .refine(({ next, again }) => next === again, "The two passwords differ.");

/** Makes an account for who has a link or a key, in its run from the first moment. */
export async function signUpToJoin(_before: NewcomerState, form: FormData): Promise<NewcomerState> {
  const text = (name: string) => String(form.get(name) ?? "").slice(0, 254);
  const given = { name: text("name"), username: text("username"), email: text("email") };
  if (!allowsPasswords()) {
    return { kind: "invalid", problem: "Nobody has a password here: sign in instead.", given };
  }
  const fields = Object.fromEntries(form);
  const pass = PassInput.safeParse(fields);
  if (!pass.success) return { ...NO_PASS, given };
  const parsed = NewcomerInput.safeParse(fields);
  if (!parsed.success) {
    const problem = parsed.error.issues[0]?.message ?? "Something is missing.";
    return { kind: "invalid", problem, given };
  }
  const { next: password, name, username, email } = parsed.data;
  const newcomer = { name, username, email, password };
  const answer = await joinAsNewcomer(newcomer, pass.data, await headers());
  if (answer.kind !== "joined") return { ...answer, given };
  redirect("/join");
}
