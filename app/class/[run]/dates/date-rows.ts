import {
  type RuleTarget,
  ruleKey,
  SCHEDULE_FIELDS,
  type Schedule,
  type ScheduleField,
  type ScheduleRule,
  scheduleOf,
  showMoment,
  typeMoment,
} from "#server/policies";
import { lectureNumber, type ScheduleTable } from "#server/queries";

/** One cell: what holds there, and whether the row says so itself. */
export interface DateCell {
  readonly field: ScheduleField;
  /** `Fri 20 Nov 2026 23:59`; "" where nothing holds. */
  readonly shown: string;
  /** As it would be typed; "" where the row leaves it to others. */
  readonly typed: string;
  readonly isOwn: boolean;
  /** Dates that do not fit each other, in words. */
  readonly problem: string | undefined;
}

/** One row: a lecture, an exercise, or what is different there for a section or a student. */
export interface DateRow {
  readonly key: string;
  readonly kind: "run" | "lecture" | "exercise" | "section" | "student";
  readonly label: string;
  readonly target: RuleTarget;
  readonly cells: readonly DateCell[];
}

/** All rows in the order of the course; who has dates of their own stands below what they are of. */
export function dateRows(table: ScheduleTable, titles: ReadonlyMap<string, string>): DateRow[] {
  const rows: DateRow[] = [];
  add("run", "All of the run", {});
  let lecture: string | undefined;
  for (const { id, number, title, lectureSlug } of table.exercises) {
    if (lectureSlug !== lecture) {
      lecture = lectureSlug;
      const name = titles.get(lectureSlug) ?? lectureSlug.replace(/^\d+-/, "").replaceAll("-", " ");
      add("lecture", `${lectureNumber(lectureSlug)} ${name}`, { lectureSlug });
    }
    add("exercise", `${number} ${title}`, { exerciseId: id });
  }
  return rows;

  function add(kind: DateRow["kind"], label: string, target: RuleTarget): void {
    rows.push(rowOf(kind, label, target));
    for (const { id, name } of table.sections) {
      const own = { ...target, sectionId: id };
      if (hasRule(own)) rows.push(rowOf("section", name, own));
    }
    for (const { id, name } of table.students) {
      const own = { ...target, userId: id };
      if (hasRule(own)) rows.push(rowOf("student", name, own));
    }
  }

  function hasRule(target: RuleTarget): boolean {
    const key = ruleKey(target);
    return table.rules.some((rule) => ruleKey(rule) === key);
  }

  function rowOf(kind: DateRow["kind"], label: string, target: RuleTarget): DateRow {
    const key = ruleKey(target);
    const rule = table.rules.find((candidate) => ruleKey(candidate) === key);
    const schedule = holding(table, target);
    const cells = SCHEDULE_FIELDS.map((field) => cellOf(field, rule, schedule));
    return { key, kind, label, target, cells };
  }
}

/** What holds at a row, the rules of whom it is for included. */
export function holding(
  { rules, students, exercises, timeZone }: ScheduleTable,
  target: RuleTarget,
  ownSection?: string,
): Schedule {
  const sectionId =
    target.sectionId ?? ownSection ?? students.find(({ id }) => id === target.userId)?.sectionId;
  const exercise = exercises.find(({ id }) => id === target.exerciseId);
  const lectureSlug = exercise?.lectureSlug ?? target.lectureSlug;
  const own = { timeZone, attempts: exercise?.attempts };
  return scheduleOf(rules, { ...target, lectureSlug, sectionId }, own);
}

function cellOf(
  field: ScheduleField,
  rule: ScheduleRule | undefined,
  schedule: Schedule,
): DateCell {
  const own = rule?.fields[field];
  const value = schedule[field];
  return {
    field,
    shown:
      value === undefined ? (own === null ? "none" : "") : textOf(field, value, schedule, true),
    typed: own === undefined ? "" : own === null ? "none" : textOf(field, own, schedule, false),
    isOwn: own !== undefined,
    problem: problemOf(field, schedule),
  };
}

function textOf(
  field: ScheduleField,
  value: number,
  { timeZone }: Schedule,
  isShown: boolean,
): string {
  if (field === "opensAt" || field === "dueAt" || field === "closesAt") {
    return isShown ? showMoment(value, timeZone) : typeMoment(value, timeZone);
  }
  if (field === "showsSolution" || field === "keepsTitles") return value === 1 ? "yes" : "no";
  return String(value);
}

function problemOf(
  field: ScheduleField,
  { opensAt, dueAt, closesAt }: Schedule,
): string | undefined {
  if (field === "dueAt" && dueAt !== undefined && opensAt !== undefined && dueAt < opensAt) {
    return "due before it opens";
  }
  if (field !== "closesAt" || closesAt === undefined) return undefined;
  if (opensAt !== undefined && closesAt < opensAt) return "closes before it opens";
  return dueAt !== undefined && closesAt < dueAt ? "before it is due: open until then" : undefined;
}
