"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { currentViewer } from "#server/auth";
import { db, type Tx, transaction } from "#server/db";
import {
  isTimeZone,
  maySetDates,
  parseTyped,
  type RuleTarget,
  SCHEDULE_FIELDS,
} from "#server/policies";
import {
  type ChangedDates,
  changeDates,
  classRunBySlug,
  type DateChange,
  lockSchedule,
  restoreDates as restoreDatesOf,
  scheduleTable,
  sectionOfStudent,
  setTimeZone,
  studentsNamed,
} from "#server/queries";
import { NONSENSE } from "./change-words.ts";
import { holding } from "./date-rows.ts";
import { movedDates } from "./moved-dates.ts";

type Refusal =
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-allowed" }
  | { readonly kind: "invalid"; readonly problem: string };

export type DatesResult = ({ readonly kind: "changed" } & ChangedDates) | Refusal;

const Id = z.string().min(1).max(200);
const Target = z.strictObject({
  lectureSlug: Id.optional(),
  exerciseId: Id.optional(),
  sectionId: Id.optional(),
  userId: Id.optional(),
});
const Field = z.enum(SCHEDULE_FIELDS);
const Run = { run: Id };

const TypedInput = z.strictObject({
  ...Run,
  target: Target,
  field: Field,
  text: z.string().max(100),
});

/** Sets one field as it was typed into the table: empty leaves it to the rows above. */
export async function typeDate(input: unknown): Promise<DatesResult> {
  const parsed = TypedInput.safeParse(input);
  if (!parsed.success) return NONSENSE;
  const { run, target, field, text } = parsed.data;
  return change(run, async (tx, runId) => {
    const schedule = await present(tx, runId, target);
    const typed = parseTyped(field, text, { ...schedule, present: schedule[field] });
    return typed.kind === "invalid" ? typed : [{ target, field, value: typed.value }];
  });
}

const Value = z.int().min(-8.64e15).max(8.64e15).nullable().optional();

const BacksInput = z.strictObject({
  ...Run,
  changes: z
    .array(z.strictObject({ target: Target, field: Field, value: Value, left: Value }))
    .min(1)
    .max(5000),
});

/** Takes changes back, by what was there before, where nobody has set it otherwise since. */
export async function restoreDates(input: unknown): Promise<DatesResult> {
  const parsed = BacksInput.safeParse(input);
  if (!parsed.success) return NONSENSE;
  const { run, changes } = parsed.data;
  // What is absent in what was sent is undefined here.
  const backs = changes.map(({ target, field, value, left }) => ({ target, field, value, left }));
  return inRun(run, (tx, { runId, actorId }) => restoreDatesOf(tx, runId, backs, actorId));
}

const ShiftInput = z.strictObject({ ...Run, days: z.int().min(-1000).max(1000) });

/** Moves every date of the run by so many days; the time of day stays. */
export async function shiftDates(input: unknown): Promise<DatesResult> {
  const parsed = ShiftInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problem: "Type a number of days up to 1000." };
  const { run, days } = parsed.data;
  return change(run, async (tx, runId) => movedDates(await scheduleTable(tx, runId), days));
}

const ExtendInput = z.strictObject({ ...Run, target: Target, days: z.int().min(1).max(365) });

/** Gives a section or a student so many days more. */
export async function extendDates(input: unknown): Promise<DatesResult> {
  const parsed = ExtendInput.safeParse(input);
  if (!parsed.success) return NONSENSE;
  const { run, target, days } = parsed.data;
  return change(run, async (tx, runId) => {
    const schedule = await present(tx, runId, target);
    const field = schedule.dueAt === undefined ? "closesAt" : "dueAt";
    const problem = "There is no date yet that could be extended: set when it is due first.";
    const typing = { ...schedule, present: schedule[field] };
    const typed = parseTyped(field, `+${days}`, typing);
    if (typed.kind === "invalid") return { kind: "invalid", problem };
    return [{ target, field, value: typed.value }];
  });
}

export type ZoneResult =
  | { readonly kind: "set"; readonly before: string; readonly submissions: number }
  | Refusal;

const ZoneInput = z.strictObject({
  ...Run,
  timeZone: z.string().max(100).refine(isTimeZone),
});

/** Has dates read and written in another time zone. */
export async function chooseTimeZone(input: unknown): Promise<ZoneResult> {
  const parsed = ZoneInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problem: "There is no such time zone." };
  const runId = await runToChange(parsed.data.run);
  if (typeof runId !== "string") return runId;
  const actorId = (await currentViewer())?.userId;
  const answer = await transaction((tx) => setTimeZone(tx, runId, parsed.data.timeZone, actorId));
  revalidatePath("/class", "layout");
  return { kind: "set", ...answer };
}

export type StudentsResult =
  | {
      readonly kind: "students";
      readonly students: readonly {
        readonly id: string;
        readonly name: string;
        readonly username: string;
      }[];
    }
  | Refusal;

const FindInput = z.strictObject({ ...Run, part: z.string().max(100) });

/** Students by a part of their name. */
export async function findStudents(input: unknown): Promise<StudentsResult> {
  const parsed = FindInput.safeParse(input);
  if (!parsed.success) return NONSENSE;
  const runId = await runToChange(parsed.data.run);
  if (typeof runId !== "string") return runId;
  const students = await studentsNamed(db(), runId, parsed.data.part.trim());
  return { kind: "students", students };
}

/** What holds at the target now. */
async function present(tx: Tx, runId: string, target: RuleTarget) {
  const { userId } = target;
  const section = userId === undefined ? undefined : await sectionOfStudent(tx, { runId, userId });
  return holding(await scheduleTable(tx, runId), target, section);
}

/** The run whose dates the viewer may set. To others one that is not there looks the same. */
async function runToChange(slug: string): Promise<string | Refusal> {
  const viewer = await currentViewer();
  const run = await classRunBySlug(db(), slug);
  const decision = maySetDates(viewer, run?.id ?? "");
  if (decision.kind === "denied") return decision;
  return run?.id ?? { kind: "invalid", problem: "This run is not there." };
}

async function change(
  slug: string,
  changesOf: (tx: Tx, runId: string) => Promise<readonly DateChange[] | Refusal>,
): Promise<DatesResult> {
  return inRun(slug, async (tx, { runId, actorId }) => {
    const changes = await changesOf(tx, runId);
    return "kind" in changes ? changes : changeDates(tx, runId, changes, actorId);
  });
}

interface DatesStep {
  readonly runId: string;
  readonly actorId: string | undefined;
}

async function inRun(
  slug: string,
  work: (tx: Tx, step: DatesStep) => Promise<ChangedDates | Refusal | undefined>,
): Promise<DatesResult> {
  const runId = await runToChange(slug);
  if (typeof runId !== "string") return runId;
  const actorId = (await currentViewer())?.userId;
  const answer = await transaction(async (tx): Promise<DatesResult> => {
    // First of all: what is read before it is changed is as it was left by the last change.
    await lockSchedule(tx, runId);
    const changed = await work(tx, { runId, actorId });
    if (changed !== undefined) return "kind" in changed ? changed : { kind: "changed", ...changed };
    return {
      kind: "invalid",
      problem: "The lecture, exercise, section or student is not of this run: reload the page.",
    };
  });
  revalidatePath("/class", "layout");
  return answer;
}
