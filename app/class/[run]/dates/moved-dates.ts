import { parseTyped } from "#server/policies";
import type { DateChange, ScheduleTable } from "#server/queries";

const DATES = ["opensAt", "dueAt", "closesAt"] as const;

/** Every date that is set in the run, so many days later by the calendar. */
export function movedDates({ rules, timeZone }: ScheduleTable, days: number): DateChange[] {
  const by = `${days < 0 ? "-" : "+"}${Math.abs(days)}`;
  return rules.flatMap(({ fields, ...target }) =>
    DATES.flatMap((field): DateChange[] => {
      const present = fields[field];
      if (present == null) return [];
      const moved = parseTyped(field, by, { timeZone, present });
      return moved.kind === "value" ? [{ target, field, value: moved.value }] : [];
    }),
  );
}
