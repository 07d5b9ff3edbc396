"use server";

import * as z from "zod";
import { SOURCE_BYTES_MAX } from "#notebook/document";
import type { LoadDraftResult, SaveDraftResult, SubmitResult } from "#notebook/session/exercise";
import { currentViewer } from "#server/auth";
import { db, transaction } from "#server/db";
import { enrolledExercise, exerciseDraft, saveExerciseDraft, submitText } from "#server/queries";

const ExerciseId = z.string().min(1).max(100);

const Source = z
  .string()
  .refine(
    (text) => Buffer.byteLength(text) <= SOURCE_BYTES_MAX,
    `The text is larger than ${SOURCE_BYTES_MAX / 1024} KiB: make it shorter.`,
  );

const SubmitInput = z.strictObject({
  exercise: ExerciseId,
  userId: z.string().max(100),
  source: Source,
  clientKey: z.uuid(),
});

/** Hands a text in: stored and queued, or nothing of both. */
export async function submitExercise(input: unknown): Promise<SubmitResult> {
  const at = Date.now();
  const parsed = SubmitInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problems: problemsOf(parsed.error) };
  const viewer = await currentViewer();
  const { userId, ...text } = parsed.data;
  // The text of somebody who has signed out meanwhile is not handed in as another's.
  if (viewer?.userId !== userId) return { kind: "denied", because: "signed-out" };
  return transaction((tx) => submitText(tx, viewer, { ...text, at }));
}

/** The text that the viewer has typed on any device, and not handed in. */
export async function loadExerciseDraft(input: unknown): Promise<LoadDraftResult> {
  const viewer = await currentViewer();
  if (viewer === undefined) return { kind: "denied", because: "signed-out" };
  const { userId } = viewer;
  const slug = ExerciseId.safeParse(input).data ?? "";
  const exercise = await enrolledExercise(db(), { slug, userId });
  if (exercise === undefined) return { kind: "denied", because: "not-enrolled" };
  const { exerciseId } = exercise;
  const { savedAt, ...draft } = await exerciseDraft(db(), { exerciseId, userId });
  return { kind: "draft", ...draft, at: savedAt.getTime() };
}

const SaveInput = z.strictObject({
  exercise: ExerciseId,
  userId: z.string().max(100),
  revision: z.int().min(0),
  source: Source,
});

/** Keeps the viewer's text, unless another device has kept a newer one. */
export async function saveExerciseDraftText(input: unknown): Promise<SaveDraftResult> {
  const parsed = SaveInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problems: problemsOf(parsed.error) };
  const viewer = await currentViewer();
  const { userId, exercise: slug, revision, source } = parsed.data;
  if (viewer?.userId !== userId) return { kind: "denied", because: "signed-out" };
  const exercise = await enrolledExercise(db(), { slug, userId });
  if (exercise === undefined) return { kind: "denied", because: "not-enrolled" };
  const { exerciseId } = exercise;
  const outcome = await saveExerciseDraft(db(), { userId, exerciseId, revision, source });
  if (outcome.kind === "saved") return outcome;
  const { savedAt, ...present } = outcome.present;
  return { kind: "conflict", ...present, at: savedAt.getTime() };
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues.map(({ message }) => message);
}
