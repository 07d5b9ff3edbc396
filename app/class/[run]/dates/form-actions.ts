"use server";

import * as z from "zod";
import type { DateBack } from "#server/queries";
import { type DatesResult, findStudents, restoreDates, shiftDates, typeDate } from "./actions.ts";
import { NONSENSE } from "./change-words.ts";

/** What stood in the form, so that it stands there again. */
export interface TypedDate {
  readonly row: string;
  readonly field: string;
  readonly section: string;
  readonly student: string;
  readonly text: string;
}

export type DatesFormState = { readonly typed?: TypedDate } & (
  | { readonly kind: "empty" }
  | {
      readonly kind: "changed";
      readonly submissions: number;
      /** What takes it back, as JSON. */
      readonly before: string;
      /** What was not taken back. */
      readonly kept: readonly DateBack[];
    }
  | Exclude<DatesResult, { kind: "changed" }>
);

const Short = z.string().max(200).default("");
const DateInput = z.object({
  run: Short,
  /** "": all of the run; else `lecture:<slug>` or `exercise:<id>`. */
  row: Short,
  field: Short,
  section: Short,
  student: Short,
  text: Short,
});

/** Sets one date as the table does, without a script. */
export async function setDateByForm(
  _before: DatesFormState,
  form: FormData,
): Promise<DatesFormState> {
  const parsed = DateInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return NONSENSE;
  const { run, ...typed } = parsed.data;
  const who = await whoIs(run, typed);
  if (who.kind !== "target") return { ...who, typed };
  const target = { ...placeOf(typed.row), ...who.target };
  const { field, text } = typed;
  return { ...stateOf(await typeDate({ run, target, field, text })), typed };
}

/** Moves every date of the run by so many days. */
export async function moveDatesByForm(
  _before: DatesFormState,
  form: FormData,
): Promise<DatesFormState> {
  const { run, days } = Object.fromEntries(form);
  return stateOf(await shiftDates({ run, days: Number(days) }));
}

const BackInput = z.object({ run: Short, before: z.string().max(1_000_000) });

/** Takes back what a form has changed. */
export async function takeDatesBackByForm(
  _before: DatesFormState,
  form: FormData,
): Promise<DatesFormState> {
  const parsed = BackInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return NONSENSE;
  const { run, before } = parsed.data;
  return stateOf(await restoreDates({ run, changes: read(before) }));
}

function stateOf(result: DatesResult): DatesFormState {
  if (result.kind !== "changed") return result;
  const { submissions, before, kept } = result;
  return { kind: "changed", submissions, before: JSON.stringify(before), kept };
}

function placeOf(row: string): { lectureSlug?: string; exerciseId?: string } {
  const [kind, name = ""] = row.split(":", 2);
  if (kind === "lecture") return { lectureSlug: name };
  return kind === "exercise" ? { exerciseId: name } : {};
}

type Who =
  | { readonly kind: "target"; readonly target: { sectionId?: string; userId?: string } }
  | Exclude<DatesResult, { kind: "changed" }>;

/** For whom it is: everybody, a section, or a student by a part of their name that fits nobody else. */
async function whoIs(run: string, { section, student }: TypedDate): Promise<Who> {
  const part = student.trim();
  if (part === "") {
    return { kind: "target", target: section === "" ? {} : { sectionId: section } };
  }
  if (section !== "") {
    return { kind: "invalid", problem: "Choose a section or name a student, not both." };
  }
  const found = await findStudents({ run, part });
  if (found.kind !== "students") return found;
  const { students } = found;
  const one = students.find(({ username }) => username === part) ?? students[0];
  if (one === undefined) {
    return { kind: "invalid", problem: `No student of this run is called ${part}.` };
  }
  if (students.length > 1 && one.username !== part) {
    const names = students.map(({ name, username }) => `${name} (${username})`).join(", ");
    return {
      kind: "invalid",
      problem: `Several are called so: ${names}. Type the name in brackets.`,
    };
  }
  return { kind: "target", target: { userId: one.id } };
}

function read(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
