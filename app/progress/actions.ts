"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { currentViewer } from "#server/auth";
import { transaction } from "#server/db";
import { mayChooseCounting } from "#server/policies";
import { setReadingCounted } from "#server/queries";

const ChoiceInput = z.object({
  run: z.string().min(1).max(64),
  counted: z.enum(["yes", "no"]),
});

/** Lets the viewer's reading be counted in a run, or no longer; what was counted is forgotten then. */
export async function chooseCounting(form: FormData): Promise<void> {
  const parsed = ChoiceInput.safeParse(form instanceof FormData ? Object.fromEntries(form) : form);
  if (!parsed.success) return;
  const { run: runId, counted } = parsed.data;
  const viewer = await currentViewer();
  if (viewer === undefined || mayChooseCounting(viewer, runId).kind === "denied") return;
  const { userId } = viewer;
  await transaction((tx) => setReadingCounted(tx, { runId, userId }, counted === "yes"));
  revalidatePath("/progress");
}
