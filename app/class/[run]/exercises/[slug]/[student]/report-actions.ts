"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { transaction } from "#server/db";
import { type Assessment, assessReport, undoAssessment } from "#server/grading";
import { staffOfRun } from "../../../../access.ts";

const Name = z.string().min(1).max(200);
const Comment = z.string().trim().max(4000);
const ReportInput = z.object({
  run: Name,
  submission: Name,
  comment: Comment,
  /** The digest of what the form has shown. */
  seen: z.string().max(200).optional(),
});
const UndoInput = z.object({ run: Name, step: Name });
const CRITERIA_MAX = 30;

export type GradeReportState =
  | { readonly kind: "empty" }
  | { readonly kind: "denied" }
  | {
      readonly kind: "invalid";
      readonly problems: readonly string[];
      /** What was typed. */
      readonly fields: Readonly<Record<string, string>>;
    }
  | { readonly kind: "stored"; readonly score: number | undefined };

/** Grades a report: `points:ID` and `comment:ID` for each criterion, and a comment on all of it. */
export async function gradeReport(_: GradeReportState, form: FormData): Promise<GradeReportState> {
  const fields = textsOf(form);
  const parsed = ReportInput.safeParse(fields);
  if (!parsed.success) {
    return { kind: "invalid", problems: ["A comment is too long: shorten it."], fields };
  }
  const { run, submission, comment, seen } = parsed.data;
  const staff = await staffOfRun(run);
  if (staff?.mayRegrade !== true) return { kind: "denied" };
  const assessment = { criteria: criteriaOf(fields), comment };
  const step = { runId: staff.run.id, actorId: staff.viewer.userId };
  const outcome = await transaction((tx) =>
    assessReport(tx, step, { submissionId: submission, assessment, seen }),
  );
  if (outcome.kind === "invalid") return { ...outcome, fields };
  if (outcome.kind === "changed") {
    const { now, score, by = "Somebody" } = outcome;
    const did = score === undefined ? "taken its points back" : `given it ${score} points`;
    const problem = `${by} has ${did} since you opened it. Nothing is stored: save once more to replace that, or reload to read it.`;
    return { kind: "invalid", problems: [problem], fields: { ...fields, seen: now } };
  }
  if (outcome.kind === "unknown") {
    return { kind: "invalid", problems: ["This report is not of this run: reload."], fields };
  }
  revalidatePath("/", "layout");
  return { kind: "stored", score: outcome.kind === "assessed" ? outcome.score : undefined };
}

/** Takes the points of a report back, to what stood there before. */
export async function undoGradedReport(form: FormData): Promise<void> {
  const parsed = UndoInput.safeParse(textsOf(form));
  if (!parsed.success) return;
  const staff = await staffOfRun(parsed.data.run);
  if (staff?.mayRegrade !== true) return;
  const step = { runId: staff.run.id, actorId: staff.viewer.userId, stepId: parsed.data.step };
  await transaction((tx) => undoAssessment(tx, step));
  revalidatePath("/", "layout");
}

function criteriaOf(fields: Readonly<Record<string, string>>): Assessment["criteria"] {
  const criteria: Record<string, { points: number; comment: string }> = {};
  for (const [name, value] of Object.entries(fields)) {
    const id = /^points:(.+)$/.exec(name)?.[1];
    if (id === undefined || value.trim() === "") continue;
    if (Object.keys(criteria).length === CRITERIA_MAX) break;
    const comment = Comment.catch("").parse(fields[`comment:${id}`] ?? "");
    criteria[id] = { points: Number(value), comment };
  }
  return criteria;
}

function textsOf(form: unknown): Record<string, string> {
  if (!(form instanceof FormData)) return {};
  const texts = [...form].filter((entry): entry is [string, string] => {
    return typeof entry[1] === "string" && !entry[0].startsWith("$");
  });
  return Object.fromEntries(texts);
}
