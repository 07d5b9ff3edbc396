"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { db } from "#server/db";
import { cancelRegrade, type RegradeScope, regrade } from "#server/grading";
import { exercisesOfRun } from "#server/queries";
import { staffOfRun } from "../access.ts";

const Name = z.string().min(1).max(200);
const RunInput = z.object({ run: Name });
const ExerciseInput = z.object({ run: Name, exercise: Name });
const SubmissionInput = z.object({ run: Name, submission: Name });
const CancelInput = z.object({ run: Name, regrade: Name });

/** Has everything in the run graded again, each submission with the version that has graded it. */
export async function regradeInRun(form: FormData): Promise<void> {
  const parsed = RunInput.safeParse(Object.fromEntries(form));
  if (parsed.success) await start(parsed.data.run, async () => ({}));
}

/** The same for all submissions to one exercise. */
export async function regradeExercise(form: FormData): Promise<void> {
  const parsed = ExerciseInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const { run, exercise } = parsed.data;
  await start(run, async (runId) => {
    const found = (await exercisesOfRun(db(), runId)).find(({ slug }) => slug === exercise);
    return found && { exerciseId: found.id };
  });
}

/** The same for one submission. */
export async function regradeSubmission(form: FormData): Promise<void> {
  const parsed = SubmissionInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const { run, submission } = parsed.data;
  await start(run, async () => ({ submissionId: submission }));
}

/** Takes back what has not begun yet. */
export async function cancelRegradeInRun(form: FormData): Promise<void> {
  const parsed = CancelInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const staff = await staffOfRun(parsed.data.run);
  if (staff?.mayRegrade !== true) return;
  await cancelRegrade(staff.run.id, parsed.data.regrade);
  revalidatePath("/class", "layout");
}

async function start(
  runSlug: string,
  partOf: (runId: string) => Promise<Omit<RegradeScope, "runId"> | undefined>,
): Promise<void> {
  const staff = await staffOfRun(runSlug);
  if (staff?.mayRegrade !== true) return;
  const part = await partOf(staff.run.id);
  if (part === undefined) return;
  await regrade({ runId: staff.run.id, ...part }, staff.viewer.userId);
  revalidatePath("/class", "layout");
}
