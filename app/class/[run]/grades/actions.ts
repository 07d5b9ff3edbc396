"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { transaction } from "#server/db";
import {
  type GivenGrade,
  giveGrades,
  holdGrades,
  lockGiving,
  saveGradeSettings,
  undoGiving,
  undoGradeSettings,
  undoHolding,
} from "#server/grading";
import { exercisesOfRun, type FileGrade, readGradesFile } from "#server/queries";
import { staffOfRun } from "../../access.ts";

const Name = z.string().min(1).max(200);
const SettingsInput = z.object({
  run: Name,
  dropLowest: z.coerce.number().int().min(0).max(100),
});
const Weight = z.coerce.number().min(0).max(100);
const UndoInput = z.object({ run: Name, step: Name });
const HoldInput = z.object({
  run: Name,
  /** `hold:` or `release:`, and an exercise; none: all. */
  change: z
    .string()
    .max(200)
    .regex(/^(hold|release):/),
});
const FILE_MAX = 4_000_000;
const FileInput = z.object({
  run: Name,
  text: z.string().max(FILE_MAX),
  what: z.enum(["try", "apply"]),
  /** Of what was looked at. */
  digest: z.string().max(200).optional(),
});

/**
 * Stores weights (`weight:ID`) and how many of the lowest grades are left out, as far as they are
 * not what the form has shown (`shown:…`): what it left as it was may be somebody else's by now.
 */
export async function saveSettings(form: FormData): Promise<void> {
  const parsed = SettingsInput.safeParse(fieldsOf(form));
  if (!parsed.success) return;
  const staff = await staffOfRun(parsed.data.run);
  if (staff?.mayRegrade !== true) return;
  const isAsShown = (name: string, value: number) => {
    const shown = form.get(`shown:${name}`);
    return shown !== null && Number(shown) === value;
  };
  const weights: Record<string, number> = {};
  for (const [name, value] of form.entries()) {
    const id = /^weight:(.+)$/.exec(name)?.[1];
    const weight = Weight.safeParse(value);
    if (id === undefined || value === "" || !weight.success) continue;
    if (!isAsShown(name, weight.data)) weights[id] = weight.data;
  }
  const step = { runId: staff.run.id, actorId: staff.viewer.userId };
  const wanted = parsed.data.dropLowest;
  const dropLowest = isAsShown("dropLowest", wanted) ? undefined : wanted;
  await transaction((tx) => saveGradeSettings(tx, step, { dropLowest, weights }));
  revalidatePath("/", "layout");
}

/** Holds the grades of an exercise, or of all, from students, or releases them. */
export async function holdExerciseGrades(form: FormData): Promise<void> {
  const parsed = HoldInput.safeParse(fieldsOf(form));
  if (!parsed.success) return;
  const staff = await staffOfRun(parsed.data.run);
  if (staff?.mayRegrade !== true) return;
  const [what, wanted = ""] = parsed.data.change.split(":");
  const step = { runId: staff.run.id, actorId: staff.viewer.userId };
  await transaction(async (tx) => {
    const exercises = await exercisesOfRun(tx, staff.run.id);
    const exerciseIds = exercises
      .filter(({ slug }) => wanted === "" || slug === wanted)
      .map(({ id }) => id);
    await holdGrades(tx, step, { exerciseIds, isHeld: what === "hold" });
  });
  revalidatePath("/", "layout");
}

/** Takes back a step of settings, of what is held, or of an imported file. */
export async function undoGradeStep(form: FormData): Promise<void> {
  const parsed = UndoInput.safeParse(fieldsOf(form));
  if (!parsed.success) return;
  const staff = await staffOfRun(parsed.data.run);
  if (staff?.mayRegrade !== true) return;
  const key = {
    runId: staff.run.id,
    stepId: parsed.data.step,
    actorId: staff.viewer.userId,
  };
  await transaction(async (tx) => {
    const undone = await undoGiving(tx, key);
    if (undone.kind === "undone") return;
    await undoGradeSettings(tx, key);
    await undoHolding(tx, key);
  });
  revalidatePath("/", "layout");
}

/** One grade that a file would change, or has changed. */
export interface ImportLine {
  readonly line: number;
  readonly student: string;
  readonly exercise: string;
  readonly before: string;
  readonly after: string;
  readonly comment: string;
  /** The comment that goes; empty: none does. */
  readonly lostComment: string;
}

export type ImportState =
  | { readonly kind: "empty" }
  | { readonly kind: "denied" }
  | { readonly kind: "invalid"; readonly text: string; readonly problems: readonly string[] }
  | {
      readonly kind: "tried";
      readonly text: string;
      readonly lines: readonly ImportLine[];
      readonly digest: string;
      /** It was to be applied, and would no longer do what was looked at. */
      readonly isChanged: boolean;
    }
  | { readonly kind: "applied"; readonly grades: number; readonly step: string | undefined };

/** Reads grades from a file: tried first, and with no mistake in it applied as one step. */
export async function importGrades(_: ImportState, form: FormData): Promise<ImportState> {
  const parsed = FileInput.safeParse(await withFile(form));
  if (!parsed.success) {
    const problems = ["The file is larger than 4 MB: split it."];
    return { kind: "invalid", text: "", problems };
  }
  const { run, text, what } = parsed.data;
  const staff = await staffOfRun(run);
  if (staff?.mayRegrade !== true) return { kind: "denied" };
  const runId = staff.run.id;
  const by = { runId, actorId: staff.viewer.userId, kind: "imported" } as const;
  const answer = await transaction(async (tx): Promise<ImportState> => {
    if (what === "apply") await lockGiving(tx, runId);
    const { grades, problems, digest } = await readGradesFile(tx, runId, text);
    if (problems.length > 0) return { kind: "invalid", text, problems: problems.slice(0, 100) };
    if (what === "try" || digest !== parsed.data.digest) {
      const isChanged = what === "apply";
      return { kind: "tried", text, lines: grades.map(lineOf), digest, isChanged };
    }
    const step = await giveGrades(tx, by, grades);
    return { kind: "applied", grades: grades.length, step };
  });
  if (answer.kind === "applied") revalidatePath("/class", "layout");
  return answer;
}

function lineOf({ line, student, exercise, before, given }: FileGrade): ImportLine {
  const { comment } = given;
  const lostComment = before === null || before.comment === comment ? "" : before.comment;
  const [was, is] = [inWords(before), inWords(given)];
  return { line, student, exercise, before: was, after: is, comment, lostComment };
}

function inWords(grade: GivenGrade | null): string {
  const points = grade?.points ?? undefined;
  if (grade?.isExcused === true) return points === undefined ? "excused" : `excused, ${points}`;
  return points === undefined ? "automatic" : String(points);
}

function fieldsOf(form: unknown): Record<string, unknown> {
  return form instanceof FormData ? Object.fromEntries(form) : {};
}

/** A chosen file goes before what was typed. */
async function withFile(form: unknown): Promise<Record<string, unknown>> {
  const { file, ...fields } = fieldsOf(form);
  if (!(file instanceof File) || file.size === 0 || file.size > FILE_MAX) return fields;
  return { ...fields, text: await file.text() };
}
