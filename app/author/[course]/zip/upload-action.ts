"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import {
  draftsFromZip,
  readZip,
  ZIP_BYTES_MAX,
  type ZipOutcome,
  ZipProblem,
} from "#server/authoring";
import { transaction } from "#server/db";
import { authorOfCourse } from "../../access.ts";

export type UploadState =
  | { readonly kind: "empty" }
  | { readonly kind: "denied"; readonly because: "not-allowed" }
  | { readonly kind: "invalid"; readonly problem: string }
  | { readonly kind: "read"; readonly outcome: ZipOutcome };

const UploadInput = z.object({
  course: z.string().min(1).max(300),
  file: z
    .instanceof(File, { error: "Choose a ZIP file." })
    .refine(({ size }) => size > 0, "Choose a ZIP file.")
    .refine(({ size }) => size <= ZIP_BYTES_MAX, "The file is larger than 8 MiB."),
});

/** Makes drafts of what differs in a ZIP file; who writes publishes them as any other. */
export async function uploadZip(_: UploadState, form: FormData): Promise<UploadState> {
  const given = form instanceof FormData ? Object.fromEntries(form) : {};
  const author = await authorOfCourse(String(given["course"] ?? ""));
  if (author === undefined) return { kind: "denied", because: "not-allowed" };
  const parsed = UploadInput.safeParse(given);
  if (!parsed.success) return invalid(parsed.error.issues[0]?.message);
  try {
    const content = await readZip(Buffer.from(await parsed.data.file.arrayBuffer()));
    const key = { courseId: author.course.id, userId: author.viewer.userId };
    const outcome = await transaction((tx) => draftsFromZip(tx, key, content));
    revalidatePath("/author", "layout");
    return { kind: "read", outcome };
  } catch (error) {
    if (error instanceof ZipProblem) return invalid(error.message);
    throw error;
  }
}

function invalid(problem = "This cannot be read."): UploadState {
  return { kind: "invalid", problem };
}
