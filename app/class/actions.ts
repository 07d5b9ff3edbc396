"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import * as z from "zod";
import { currentViewer } from "#server/auth";
import { type CreateRunResult, createRun } from "#server/class";
import { RunSlug, RunTitle, TimeZone } from "./run-input.ts";

export type NewRunState =
  | { readonly kind: "empty" }
  | { readonly kind: "invalid"; readonly problem: string }
  | Exclude<CreateRunResult, { kind: "created" }>;

const Input = z.object({
  courseId: z.string().min(1).max(64),
  title: RunTitle,
  slug: RunSlug,
  timeZone: TimeZone,
});

/** Begins a run of a course, and goes to its people. */
export async function beginRun(_before: NewRunState, form: FormData): Promise<NewRunState> {
  const parsed = Input.safeParse(Object.fromEntries(form));
  if (!parsed.success) {
    return { kind: "invalid", problem: parsed.error.issues[0]?.message ?? "Something is missing." };
  }
  const answer = await createRun(await currentViewer(), parsed.data);
  if (answer.kind !== "created") return answer;
  revalidatePath("/class", "layout");
  redirect(`/class/${answer.slug}/people`);
}
