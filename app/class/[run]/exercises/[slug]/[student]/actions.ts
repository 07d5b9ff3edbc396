"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { db, transaction } from "#server/db";
import { type GivenGrade, giveGradeAsSeen, givenDigest, undoGiving } from "#server/grading";
import { addLineComment, removeLineComment, studentAtExercise } from "#server/queries";
import { type StaffOfRun, staffOfRun } from "../../../../access.ts";

const Name = z.string().min(1).max(200);
const Points = z.union([
  z.literal("").transform(() => null),
  z.coerce
    .number()
    .min(0)
    .max(1000)
    .transform((points) => Math.round(points * 100) / 100),
]);
const GradeInput = z.object({
  run: Name,
  exercise: Name,
  student: Name,
  points: Points,
  excused: z.literal("on").optional(),
  comment: z.string().trim().max(2000),
  /** The digest of what the form has shown. */
  seen: z.string().max(200).optional(),
});
const UndoInput = z.object({ run: Name, step: Name });
const CommentInput = z.object({
  run: Name,
  submission: Name,
  line: z.coerce.number().int().min(1).max(100_000),
  text: z.string().trim().min(1).max(4000),
});
const RemoveInput = z.object({ run: Name, comment: Name });

export type GiveGradeState =
  | { readonly kind: "empty" | "given" | "denied" }
  | {
      readonly kind: "changed";
      readonly problem: string;
      /** The digest of what stands there now. */
      readonly seen: string;
      /** What was typed. */
      readonly typed: {
        readonly points: string;
        readonly excused: boolean;
        readonly comment: string;
      };
    };

/** Gives a student points, an excuse or words for an exercise; nothing of it brings the automatic grade back. */
export async function giveGrade(_: GiveGradeState, form: FormData): Promise<GiveGradeState> {
  const asked = await askedBy(form, GradeInput);
  if (asked === undefined) return { kind: "denied" };
  const { staff, input } = asked;
  const runId = staff.run.id;
  const { exercise: exerciseSlug, student: userId, points, excused, comment, seen } = input;
  const found = await studentAtExercise(db(), { runId, exerciseSlug, userId });
  if (found === undefined) return { kind: "denied" };
  const given: GivenGrade = { points, isExcused: excused !== undefined, comment };
  const grade = { exerciseId: found.exercise.id, userId, given };
  const step = { runId, actorId: staff.viewer.userId, kind: "given" } as const;
  const outcome = await transaction((tx) => giveGradeAsSeen(tx, step, grade, seen));
  if (outcome.kind === "changed") {
    return {
      kind: "changed",
      problem: `Somebody has made it ${inWords(outcome.now)} since you opened this page. Nothing is stored: save once more to replace that, or reload to read it.`,
      seen: givenDigest(outcome.now),
      typed: {
        points: points === null ? "" : String(points),
        excused: given.isExcused,
        comment,
      },
    };
  }
  revalidatePath("/", "layout");
  return { kind: "given" };
}

function inWords(grade: GivenGrade | null): string {
  if (grade?.isExcused === true) return "excused";
  const points = grade?.points ?? undefined;
  return points === undefined ? "the automatic grade" : `${points} points`;
}

/** Takes a grade that somebody has given back, to what stood there before. */
export async function undoGivenGrade(form: FormData): Promise<void> {
  const asked = await askedBy(form, UndoInput);
  if (asked === undefined) return;
  const { staff, input } = asked;
  const key = { runId: staff.run.id, stepId: input.step, actorId: staff.viewer.userId };
  await transaction((tx) => undoGiving(tx, key));
  revalidatePath("/", "layout");
}

/** Says something at a line of a submission. */
export async function commentOnLine(form: FormData): Promise<void> {
  const asked = await askedBy(form, CommentInput);
  if (asked === undefined) return;
  const { staff, input } = asked;
  const { submission: submissionId, line, text } = input;
  const key = { runId: staff.run.id, authorId: staff.viewer.userId };
  await transaction((tx) => addLineComment(tx, { ...key, submissionId, line, text }));
  revalidatePath("/", "layout");
}

export async function removeComment(form: FormData): Promise<void> {
  const asked = await askedBy(form, RemoveInput);
  if (asked === undefined) return;
  const { staff, input } = asked;
  await removeLineComment(db(), { runId: staff.run.id, commentId: input.comment });
  revalidatePath("/", "layout");
}

async function askedBy<T extends { run: string }>(
  form: FormData,
  schema: z.ZodType<T>,
): Promise<{ staff: StaffOfRun; input: T } | undefined> {
  if (!(form instanceof FormData)) return undefined;
  const parsed = schema.safeParse(Object.fromEntries(form));
  if (!parsed.success) return undefined;
  const staff = await staffOfRun(parsed.data.run);
  return staff?.mayRegrade === true ? { staff, input: parsed.data } : undefined;
}
