"use server";

import * as z from "zod";
import {
  documentIn,
  type JudgedOutcome,
  judgeDraft,
  type OutputsOutcome,
  outputsOfDraft,
} from "#server/authoring";
import { db } from "#server/db";
import { authorOfCourse } from "../access.ts";

const Name = z.string().min(1).max(300);
const TryInput = z.strictObject({ course: Name, document: Name });

type Denied = { readonly kind: "denied"; readonly because: "not-allowed" };
const DENIED: Denied = { kind: "denied", because: "not-allowed" };

export type OutputsResult = OutputsOutcome | Denied;
export type JudgedResult = JudgedOutcome | Denied;

/** Runs all cells of the viewer's draft, and answers what they leave behind. */
export async function runMyCells(input: unknown): Promise<OutputsResult> {
  const key = await draftKey(input);
  return key === undefined ? DENIED : outputsOfDraft(key);
}

/** Grades solution, starter and mutants of the viewer's draft with its hidden tests. */
export async function judgeMyFiles(input: unknown): Promise<JudgedResult> {
  const key = await draftKey(input);
  return key === undefined ? DENIED : judgeDraft(key);
}

async function draftKey(input: unknown) {
  const parsed = TryInput.safeParse(input);
  const author = parsed.success ? await authorOfCourse(parsed.data.course) : undefined;
  if (!parsed.success || author === undefined) return undefined;
  const courseId = author.course.id;
  const found = await documentIn(db(), courseId, parsed.data.document);
  return found && { courseId, documentId: found.id, userId: author.viewer.userId };
}
