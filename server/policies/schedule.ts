/** What dates and attempts hold for a student at an exercise: the most specific rule, field by field. */
import { DateTime } from "luxon";

/** Moments are in ms since 1970. */
export interface ScheduleValues {
  readonly opensAt: number;
  readonly dueAt: number;
  readonly closesAt: number;
  /** For each day that has begun since it was due, of what a submission has reached. */
  readonly latePercent: number;
  /** So many days after it was due nothing is taken any more. */
  readonly lateDays: number;
  readonly attempts: number;
  readonly cooldownMinutes: number;
  /** 1: once it is closed, the model solution is shown. */
  readonly showsSolution: number;
  /** 1: what hidden tests are called, and their hints, is kept until it is closed. */
  readonly keepsTitles: number;
}

export type ScheduleField = keyof ScheduleValues;

export const SCHEDULE_FIELDS = [
  "opensAt",
  "dueAt",
  "closesAt",
  "latePercent",
  "lateDays",
  "attempts",
  "cooldownMinutes",
  "showsSolution",
  "keepsTitles",
] as const satisfies readonly ScheduleField[];

/** What a rule says: what is absent is left to less specific rules, null says that there is none. */
export type RuleFields = { readonly [Field in ScheduleField]?: number | null };

/** What a rule is about, and whom it is for. */
export interface RuleTarget {
  /** Neither lecture nor exercise: all of the run. */
  readonly lectureSlug?: string | undefined;
  readonly exerciseId?: string | undefined;
  /** Neither section nor student: everybody. */
  readonly sectionId?: string | undefined;
  readonly userId?: string | undefined;
}

export interface ScheduleRule extends RuleTarget {
  readonly fields: RuleFields;
}

/** What holds; what is absent is not limited. */
export interface Schedule extends Partial<ScheduleValues> {
  /** Days are those of this zone's calendar. */
  readonly timeZone: string;
}

/** Of each target there is one rule; this names it within its run. */
export function ruleKey({ lectureSlug, exerciseId, sectionId, userId }: RuleTarget): string {
  const what =
    exerciseId !== undefined
      ? `exercise:${exerciseId}`
      : lectureSlug !== undefined
        ? `lecture:${lectureSlug}`
        : "run";
  const whom =
    userId !== undefined
      ? `student:${userId}`
      : sectionId !== undefined
        ? `section:${sectionId}`
        : "everybody";
  return `${what} ${whom}`;
}

/** The greater, the more specific: a student's beats a section's, whatever it is about. */
export function ruleRank({ lectureSlug, exerciseId, sectionId, userId }: RuleTarget): number {
  const whom = userId !== undefined ? 2 : sectionId !== undefined ? 1 : 0;
  const what = exerciseId !== undefined ? 2 : lectureSlug !== undefined ? 1 : 0;
  return 3 * whom + what;
}

/** Whether a rule for `target` holds at `place`. */
export function ruleHolds(target: RuleTarget, place: RuleTarget): boolean {
  return (["lectureSlug", "exerciseId", "sectionId", "userId"] as const).every(
    (part) => target[part] === undefined || target[part] === place[part],
  );
}

/** What the rules say at a place. `attempts`, from the content, holds where no rule says any. */
export function scheduleOf(
  rules: readonly ScheduleRule[],
  place: RuleTarget,
  { timeZone, attempts }: { readonly timeZone: string; readonly attempts?: number | undefined },
): Schedule {
  const said: { [Field in ScheduleField]?: number | null } =
    attempts === undefined ? {} : { attempts };
  const holding = rules
    .filter((rule) => ruleHolds(rule, place))
    .sort((a, b) => ruleRank(a) - ruleRank(b));
  for (const { fields } of holding) {
    for (const field of SCHEDULE_FIELDS) {
      const value = fields[field];
      if (value !== undefined) said[field] = value;
    }
  }
  const entries = Object.entries(said).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(entries), timeZone };
}

/**
 * From then on nothing is taken: the close, or the cut-off when it comes first. Never before it is
 * due, so that an extension needs one date.
 */
export function endOf({ dueAt, closesAt, lateDays, timeZone }: Schedule): number | undefined {
  if (dueAt === undefined) return closesAt;
  const cutOff = lateDays === undefined ? undefined : daysAfter(dueAt, lateDays, timeZone);
  if (closesAt === undefined && cutOff === undefined) return undefined;
  return Math.max(dueAt, Math.min(closesAt ?? Infinity, cutOff ?? Infinity));
}

export type ScheduleState =
  | { readonly kind: "not-open-yet"; readonly opensAt: number }
  | { readonly kind: "open" }
  /** `percent` of the points are lost. */
  | { readonly kind: "late"; readonly percent: number; readonly days: number }
  | { readonly kind: "closed"; readonly since: number };

/** How it stands at a moment. What arrives at the very moment of a date is in time. */
export function stateAt(schedule: Schedule, at: number): ScheduleState {
  const { opensAt, dueAt } = schedule;
  if (opensAt !== undefined && at < opensAt) return { kind: "not-open-yet", opensAt };
  const end = endOf(schedule);
  if (end !== undefined && at > end) return { kind: "closed", since: end };
  if (dueAt === undefined || at <= dueAt) return { kind: "open" };
  const days = daysBegun(dueAt, at, schedule.timeZone);
  return { kind: "late", percent: Math.min(100, days * (schedule.latePercent ?? 0)), days };
}

/** What of its points a submission loses that has arrived at `at`, in percent. */
export function latePercentAt(schedule: Schedule, at: number): number {
  const state = stateAt(schedule, at);
  // Arrived before dates were moved: what was taken stays, what came after the close counts nothing.
  if (state.kind === "closed") return 100;
  return state.kind === "late" ? state.percent : 0;
}

/** When the next attempt may come; undefined: now. */
export function cooldownEnd(
  { cooldownMinutes }: Schedule,
  lastAt: number | undefined,
  at: number,
): number | undefined {
  if (cooldownMinutes === undefined || lastAt === undefined) return undefined;
  const end = lastAt + cooldownMinutes * 60_000;
  return end > at ? end : undefined;
}

/** The same time of day so many days later: a day may have 23 or 25 hours. */
export function daysAfter(at: number, days: number, timeZone: string): number {
  const moment = DateTime.fromMillis(at, { zone: timeZone });
  return (moment.isValid ? moment : DateTime.fromMillis(at, { zone: "UTC" }))
    .plus({ days })
    .toMillis();
}

const DAY_MS = 24 * 60 * 60_000;

/** How many days have begun since `from`: one from the first moment after it. */
function daysBegun(from: number, at: number, timeZone: string): number {
  let days = Math.max(1, Math.floor((at - from) / DAY_MS));
  while (days > 1 && at <= daysAfter(from, days - 1, timeZone)) days--;
  while (at > daysAfter(from, days, timeZone)) days++;
  return days;
}
