/** Changes of a run's dates: each of one field of one rule, so that each can be taken back. */
import { randomUUID } from "node:crypto";
import type { Tx } from "../db/index.ts";
import { recordGradeEvent } from "../grading/index.ts";
import { type RuleTarget, ruleKey, type ScheduleField } from "../policies/index.ts";
import { lockSchedule, recomputeLate, rulesOfRun, storeRule } from "./schedule.ts";

export interface DateChange {
  readonly target: RuleTarget;
  readonly field: ScheduleField;
  /** undefined: left to less specific rules; null: there is none. */
  readonly value: number | null | undefined;
}

/** What takes a change back, as long as the field is still as the change has left it. */
export interface DateBack extends DateChange {
  readonly left: DateChange["value"];
}

export interface ChangedDates {
  /** What takes the changes back. */
  readonly before: readonly DateBack[];
  /** What was not taken back: somebody has set it since. */
  readonly kept: readonly DateBack[];
  /** So many submissions count differently from now on. */
  readonly submissions: number;
}

/**
 * Changes dates, and what was handed in late by them, and notes who has done it; undefined: a target
 * is not of this run.
 */
export async function changeDates(
  tx: Tx,
  runId: string,
  changes: readonly DateChange[],
  actorId?: string,
): Promise<ChangedDates | undefined> {
  await lockSchedule(tx, runId);
  if (!(await areOfRun(tx, runId, changes))) return undefined;
  const rules = new Map((await rulesOfRun(tx, runId)).map((rule) => [ruleKey(rule), rule]));
  const touched = new Set<string>();
  const before: DateBack[] = [];
  for (const { target, field, value } of changes) {
    const key = ruleKey(target);
    const rule = rules.get(key) ?? { ...target, fields: {} };
    before.unshift({ target, field, value: rule.fields[field], left: value });
    const { [field]: _, ...others } = rule.fields;
    const fields = value === undefined ? others : { ...others, [field]: value };
    rules.set(key, { ...rule, fields });
    touched.add(key);
  }
  for (const key of touched) {
    const rule = rules.get(key);
    if (rule !== undefined) await storeRule(tx, runId, rule);
  }
  const step = { stepId: randomUUID(), actorId };
  const was = before.map(({ left: _, ...change }) => change).toReversed();
  await note(tx, { runId, ...step }, { before: was, after: changes });
  return { before, kept: [], submissions: await recomputeLate(tx, runId, step) };
}

/** Takes changes back where the field is still as they have left it; undefined: as `changeDates`. */
export async function restoreDates(
  tx: Tx,
  runId: string,
  backs: readonly DateBack[],
  actorId?: string,
): Promise<ChangedDates | undefined> {
  await lockSchedule(tx, runId);
  const fields = new Map(
    (await rulesOfRun(tx, runId)).map((rule) => [ruleKey(rule), { ...rule.fields }]),
  );
  const [changes, kept]: [DateChange[], DateBack[]] = [[], []];
  for (const back of backs) {
    const { target, field, value, left } = back;
    const now = fields.get(ruleKey(target)) ?? {};
    if (now[field] !== left) {
      kept.push(back);
      continue;
    }
    // One field may have been changed more than once.
    fields.set(ruleKey(target), { ...now, [field]: value });
    changes.push({ target, field, value });
  }
  const changed = await changeDates(tx, runId, changes, actorId);
  return changed && { ...changed, kept };
}

interface NotedStep {
  readonly runId: string;
  readonly stepId: string;
  readonly actorId: string | undefined;
}

/** All that is changed at once is one entry, about one exercise or student where it is. */
async function note(
  tx: Tx,
  { runId, stepId, actorId }: NotedStep,
  dates: { readonly before: readonly DateChange[]; readonly after: readonly DateChange[] },
): Promise<void> {
  const places = dates.after.flatMap(({ value }, place) =>
    value === dates.before[place]?.value ? [] : [place],
  );
  const [before, moved] = [dates.before, dates.after].map((side) =>
    places.flatMap((place) => side[place] ?? []),
  ) as [DateChange[], DateChange[]];
  if (moved.length === 0) return;
  const only = (part: "exerciseId" | "userId") => {
    const [one, ...others] = new Set(moved.map(({ target }) => target[part]));
    return one !== undefined && others.length === 0 ? { [part]: one } : {};
  };
  await recordGradeEvent(tx, {
    ...{ runId, kind: "dates", stepId, ...only("exerciseId"), ...only("userId") },
    ...(actorId === undefined ? {} : { actorId }),
    before: { dates: before },
    after: { dates: moved },
  });
}

/** Whether exercises, lectures, sections and students are those of the run. */
async function areOfRun(tx: Tx, runId: string, changes: readonly DateChange[]): Promise<boolean> {
  const named = (part: keyof RuleTarget) => [
    ...new Set(changes.flatMap(({ target }) => target[part] ?? [])),
  ];
  const lectures = named("lectureSlug");
  const [exercises, found, sections, students] = [
    named("exerciseId"),
    await tx.exercise.findMany({
      where: { runId },
      select: { id: true, lectureSlug: true },
    }),
    named("sectionId"),
    named("userId"),
  ];
  const hasSections = await tx.section.count({ where: { runId, id: { in: sections } } });
  const hasStudents = await tx.enrolment.count({
    where: { runId, role: "student", userId: { in: students } },
  });
  return (
    exercises.every((id) => found.some((exercise) => exercise.id === id)) &&
    lectures.every((slug) => found.some((exercise) => exercise.lectureSlug === slug)) &&
    hasSections === sections.length &&
    hasStudents === students.length
  );
}

/** Has the run's dates read and written in another time zone. Moments stay what they are. */
export async function setTimeZone(
  tx: Tx,
  runId: string,
  timeZone: string,
  actorId?: string,
): Promise<{ readonly before: string; readonly submissions: number }> {
  await lockSchedule(tx, runId);
  const { timeZone: before } = await tx.courseRun.findUniqueOrThrow({
    where: { id: runId },
    select: { timeZone: true },
  });
  await tx.courseRun.update({ where: { id: runId }, data: { timeZone } });
  const step = { stepId: randomUUID(), actorId };
  if (before !== timeZone) {
    await recordGradeEvent(tx, {
      ...{ runId, kind: "dates", stepId: step.stepId },
      ...(actorId === undefined ? {} : { actorId }),
      before: { timeZone: before },
      after: { timeZone },
    });
  }
  return { before, submissions: await recomputeLate(tx, runId, step) };
}
