"use server";

import { redirect } from "next/navigation";
import * as z from "zod";
import { SOURCE_BYTES_MAX } from "#notebook/document";
import { currentViewer } from "#server/auth";
import { transaction } from "#server/db";
import { enrolledExercise, keepBothTexts, submitText } from "#server/queries";

const Input = z.object({
  exercise: z.string().min(1).max(100),
  revision: z.coerce.number().int().min(0),
  clientKey: z.uuid(),
  source: z.string(),
});

/** Hands a report in from a page without a script. What is refused is kept as the text of the exercise. */
export async function handInReport(form: unknown): Promise<void> {
  const at = Date.now();
  const fields = form instanceof FormData ? Object.fromEntries(form) : undefined;
  const parsed = Input.safeParse(fields);
  if (!parsed.success) redirect("/");
  const { exercise: slug, revision, clientKey } = parsed.data;
  const viewer = await currentViewer();
  const page = `/exercises/${encodeURIComponent(slug)}`;
  if (viewer === undefined) redirect(`/signin?from=${encodeURIComponent(page)}`);
  // A form ends its lines as the net does.
  const source = parsed.data.source.replaceAll("\r\n", "\n");
  if (Buffer.byteLength(source) > SOURCE_BYTES_MAX) redirect(`${page}?refused=too-large`);
  const { userId } = viewer;
  const answer = await transaction(async (tx) => {
    const submitted = await submitText(tx, viewer, { exercise: slug, source, clientKey, at });
    if (submitted.kind !== "denied" || submitted.because === "not-enrolled") return submitted;
    const place = await enrolledExercise(tx, { slug, userId });
    if (place !== undefined) {
      const { exerciseId } = place;
      await keepBothTexts(tx, { userId, exerciseId, revision, source });
    }
    return submitted;
  });
  if (answer.kind === "denied") redirect(`${page}?refused=${answer.because}`);
  redirect(`/submissions/${answer.receipt.id}`);
}
