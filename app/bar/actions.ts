"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { currentViewer } from "#server/auth";
import { chooseRun } from "#server/class";
import { db } from "#server/db";

/** From now on the viewer's pages belong to this run of theirs. */
export async function chooseMyRun(form: FormData): Promise<void> {
  const runId = z.string().min(1).max(64).safeParse(form.get("run"));
  const viewer = await currentViewer();
  if (!runId.success || viewer === undefined) return;
  await chooseRun(db(), { userId: viewer.userId, runId: runId.data }, new Date());
  revalidatePath("/", "layout");
}
