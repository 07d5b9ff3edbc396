"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import * as z from "zod";
import { currentViewer } from "#server/auth";
import { transaction } from "#server/db";
import { erasePerson } from "#server/person";
import { mayErasePerson } from "#server/policies";
import { personForChange } from "#server/queries";

export type EraseState =
  | { readonly kind: "empty" | "gone" | "other-name" }
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-allowed" | "oneself" };

const Input = z.object({
  person: z.string().min(1).max(200),
  work: z.enum(["unnamed", "deleted"]),
  username: z.string().max(300),
});

/** Erases a person for good. Their user name has to be typed, since nothing brings them back. */
export async function eraseForGood(_before: EraseState, form: FormData): Promise<EraseState> {
  const parsed = Input.safeParse(form instanceof FormData ? Object.fromEntries(form) : {});
  if (!parsed.success) return { kind: "other-name" };
  const { person: userId, work, username } = parsed.data;
  const viewer = await currentViewer();
  const decision = mayErasePerson(viewer, userId);
  if (decision.kind === "denied") return decision;
  const byId = viewer?.userId ?? "";
  const state = await transaction(async (tx): Promise<EraseState | undefined> => {
    const person = await personForChange(tx, userId);
    if (person === undefined) return { kind: "gone" };
    if (person.username !== username.trim().toLowerCase()) return { kind: "other-name" };
    await erasePerson(tx, { userId, work, byId });
    return undefined;
  });
  if (state !== undefined) return state;
  revalidatePath("/", "layout");
  redirect("/admin");
}
