"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import * as z from "zod";
import { archiveRun, copyRun, describeRun } from "#server/class";
import { transaction } from "#server/db";
import { type Denied, managerOfRun } from "../../access.ts";
import type { NewRunState } from "../../actions.ts";
import { RunSlug, RunTitle, TimeZone } from "../../run-input.ts";

const Run = z.string().min(1).max(200);

export type DescribeState =
  | { readonly kind: "empty" | "done" }
  | { readonly kind: "invalid"; readonly problem: string }
  | Denied;

const DescribeInput = z.object({ run: Run, title: RunTitle, timeZone: TimeZone });

/** Changes the run's title and time zone. */
export async function describeThisRun(
  _before: DescribeState,
  form: FormData,
): Promise<DescribeState> {
  const parsed = DescribeInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(parsed.error);
  const { run, ...described } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  const step = { runId: staff.run.id, actorId: staff.viewer.userId };
  await transaction((tx) => describeRun(tx, step, described));
  revalidatePath("/", "layout");
  return { kind: "done" };
}

const ArchiveInput = z.object({ run: Run, archived: z.enum(["yes", "no"]) });

/** Puts the run away, or takes it back. */
export async function archiveThisRun(form: FormData): Promise<void> {
  const parsed = ArchiveInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const staff = await managerOfRun(parsed.data.run);
  if ("kind" in staff) return;
  const at = parsed.data.archived === "yes" ? new Date() : null;
  await transaction((tx) => archiveRun(tx, staff.run.id, at));
  revalidatePath("/", "layout");
}

const CopyInput = z.object({
  run: Run,
  title: RunTitle,
  slug: RunSlug,
  days: z.coerce
    .number({ error: "Say by how many days the dates move." })
    .int("Days are whole.")
    .min(-3660)
    .max(3660),
});

/** Begins the next term as this one was, and goes to its settings. */
export async function copyThisRun(_before: NewRunState, form: FormData): Promise<NewRunState> {
  const parsed = CopyInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return invalid(parsed.error);
  const { run, ...wanted } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  const answer = await copyRun(staff.viewer, staff.run.id, wanted);
  if (answer.kind !== "created") return answer;
  revalidatePath("/class", "layout");
  redirect(`/class/${answer.slug}/settings`);
}

function invalid(error: z.ZodError): { readonly kind: "invalid"; readonly problem: string } {
  return { kind: "invalid", problem: error.issues[0]?.message ?? "Something is missing." };
}
