/** Changed dates, as the log says them. */
import { SCHEDULE_FIELDS, type ScheduleField } from "../policies/index.ts";

/** More are counted. */
const SHOWN_MAX = 3;

const NAMES: Readonly<Record<ScheduleField, string>> = {
  opensAt: "opens",
  dueAt: "due",
  closesAt: "closes",
  latePercent: "late percent",
  lateDays: "late days",
  attempts: "attempts",
  cooldownMinutes: "pause",
  showsSolution: "shows the solution",
  keepsTitles: "keeps test titles",
};

/** `due 2026-11-20 12:00 UTC, attempts 3, and 4 more`; each as `changeDates` notes it. */
export function datesText(changes: readonly unknown[]): string {
  const shown = changes.slice(0, SHOWN_MAX).map(changeText);
  const more = changes.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

function changeText(change: unknown): string {
  const { field: name, value } = change as { field?: unknown; value?: unknown };
  const field = SCHEDULE_FIELDS.find((known) => known === name);
  return field === undefined ? "a date" : `${NAMES[field]} ${valueText(field, value)}`;
}

function valueText(field: ScheduleField, value: unknown): string {
  if (value === null) return "none";
  if (typeof value !== "number") return "left to other rules";
  if (field === "showsSolution" || field === "keepsTitles") return value === 1 ? "yes" : "no";
  if (!field.endsWith("At")) return String(value);
  return `${new Date(value).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
