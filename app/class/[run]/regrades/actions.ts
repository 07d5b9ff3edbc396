"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import * as z from "zod";
import { db, transaction } from "#server/db";
import {
  applyRegrade,
  dismissRegrade,
  dryRegrade,
  type RegradeKey,
  undoRegrade,
} from "#server/grading";
import { exercisesOfRun } from "#server/queries";
import { staffOfRun } from "../../access.ts";
import { regradeUrl } from "../../urls.ts";

const Name = z.string().min(1).max(200);
const TrialInput = z.object({ run: Name, exercise: Name });
const StepInput = z.object({ run: Name, regrade: Name, reason: z.string().max(1000).default("") });

/** Grades all that an earlier version has graded with the newest one, and changes no grade. */
export async function tryNewVersion(form: FormData): Promise<void> {
  const parsed = TrialInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const staff = await staffOfRun(parsed.data.run);
  if (staff?.mayRegrade !== true) return;
  const runId = staff.run.id;
  const exercises = await exercisesOfRun(db(), runId);
  const exercise = exercises.find(({ slug }) => slug === parsed.data.exercise);
  if (exercise === undefined) return;
  const id = await dryRegrade({ runId, exerciseId: exercise.id }, staff.viewer.userId);
  revalidatePath("/class", "layout");
  if (id !== undefined) redirect(regradeUrl(staff.run.slug, id));
}

/** Makes what a dry run has found the grades. */
export async function applyTrial(form: FormData): Promise<void> {
  await step(form, (key, reason) => transaction((tx) => applyRegrade(tx, key, reason)));
}

/** Brings the grades before it back, or before a repeat. */
export async function undoTrial(form: FormData): Promise<void> {
  await step(form, (key) => transaction((tx) => undoRegrade(tx, key)));
}

/** Leaves the grades as they are. */
export async function dismissTrial(form: FormData): Promise<void> {
  await step(form, (key) => transaction((tx) => dismissRegrade(tx, key)));
}

async function step(
  form: FormData,
  work: (key: RegradeKey, reason: string) => Promise<unknown>,
): Promise<void> {
  const parsed = StepInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const { run, regrade: regradeId, reason } = parsed.data;
  const staff = await staffOfRun(run);
  if (staff?.mayRegrade !== true) return;
  await work({ runId: staff.run.id, regradeId, actorId: staff.viewer.userId }, reason.trim());
  revalidatePath("/", "layout");
}
