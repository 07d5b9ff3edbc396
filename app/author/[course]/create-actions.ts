"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import * as z from "zod";
import { createDocument, type NewDocument } from "#server/authoring";
import { transaction } from "#server/db";
import { authorOfCourse } from "../access.ts";
import { documentUrl } from "../urls.ts";

export type CreateState =
  | { readonly kind: "empty" }
  | { readonly kind: "denied"; readonly because: "not-allowed" }
  | { readonly kind: "invalid"; readonly problem: string };

const Name = z.string().min(1).max(300);
const Slug = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "Write the name in small letters, digits and -.");
const Title = z
  .string()
  .trim()
  .min(1, "Write a title.")
  .max(200)
  .regex(/^[^\n]*$/);

const LectureInput = z.object({
  course: Name,
  number: z.string().regex(/^\d{2}$/, "Write the number in two digits, like 07."),
  slug: Slug,
  title: Title,
});
const ExerciseInput = z.object({
  course: Name,
  number: z.string().regex(/^E\d+\.\d+$/, "Write the number like E7.2."),
  slug: Slug,
  title: Title,
  lecture: Name,
  template: z.enum(["code", "report"]).default("code"),
});

/** Begins a lecture from the template, and opens it. */
export async function createLecture(_: CreateState, form: FormData): Promise<CreateState> {
  const parsed = LectureInput.safeParse(fields(form));
  if (!parsed.success) return invalid(parsed.error);
  const { course, ...lecture } = parsed.data;
  return create(course, { kind: "lecture", ...lecture });
}

/** Begins an exercise from the template, and opens it. */
export async function createExercise(_: CreateState, form: FormData): Promise<CreateState> {
  const parsed = ExerciseInput.safeParse(fields(form));
  if (!parsed.success) return invalid(parsed.error);
  const { course, template, ...exercise } = parsed.data;
  return create(course, { kind: "exercise", ...exercise, isReport: template === "report" });
}

async function create(slug: string, document: NewDocument): Promise<CreateState> {
  const author = await authorOfCourse(slug);
  if (author === undefined) return { kind: "denied", because: "not-allowed" };
  const { course, viewer } = author;
  const request = { courseId: course.id, authorId: viewer.userId, document };
  const outcome = await transaction((tx) => createDocument(tx, request));
  if (outcome.kind === "no-lecture") {
    return { kind: "invalid", problem: "The course has no such lecture: choose another one." };
  }
  if (outcome.kind === "taken") {
    return { kind: "invalid", problem: `${outcome.path} has that name: choose another one.` };
  }
  revalidatePath("/author", "layout");
  redirect(documentUrl(course.slug, outcome.documentId));
}

/** Of anything that was sent in the place of a form, nothing is read. */
function fields(form: unknown): unknown {
  return form instanceof FormData ? Object.fromEntries(form) : undefined;
}

function invalid(error: z.ZodError): CreateState {
  return { kind: "invalid", problem: error.issues[0]?.message ?? "This cannot be begun." };
}
