"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { searchMutantsAgain } from "#server/authoring";
import { transaction } from "#server/db";
import { authorOfCourse } from "../../../access.ts";

const Name = z.string().min(1).max(300);
const AgainInput = z.object({ course: Name, version: Name });

export type AgainState =
  | { readonly kind: "empty" }
  | { readonly kind: "begun" }
  /** It has been, or nobody reads that version. */
  | { readonly kind: "needless" }
  | { readonly kind: "denied"; readonly because: "not-allowed" };

/** Tries small mistakes in a published solution once more, after that has failed. */
export async function searchAgain(_before: AgainState, form: FormData): Promise<AgainState> {
  const parsed = AgainInput.safeParse(
    form instanceof FormData ? Object.fromEntries(form) : undefined,
  );
  if (!parsed.success) return { kind: "needless" };
  const author = await authorOfCourse(parsed.data.course);
  if (author === undefined) return { kind: "denied", because: "not-allowed" };
  const { course } = author;
  const isBegun = await transaction((tx) => searchMutantsAgain(tx, course.id, parsed.data.version));
  if (isBegun) revalidatePath("/author", "layout");
  return { kind: isBegun ? "begun" : "needless" };
}
