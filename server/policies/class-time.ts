/** Dates and numbers of a class as its staff types and reads them, in the time zone of the run. */
import { DateTime, IANAZone } from "luxon";
import type { ScheduleField } from "./schedule.ts";

export type TypedValue =
  /** undefined: left to less specific rules; null: there is none. */
  | { readonly kind: "value"; readonly value: number | null | undefined }
  | { readonly kind: "invalid"; readonly problem: string };

interface Typing {
  readonly timeZone: string;
  /** What holds now, for `+7`. */
  readonly present: number | undefined;
}

const DAY_FORMATS = ["yyyy-M-d", "d MMM yyyy", "EEE d MMM yyyy", "d.M.yyyy"] as const;
const NUMBERS = {
  latePercent: { min: 0, max: 100, what: "a percentage from 0 to 100" },
  lateDays: { min: 0, max: 365, what: "a number of days up to 365" },
  attempts: { min: 1, max: 1000, what: "a number from 1 to 1000" },
  cooldownMinutes: { min: 0, max: 10_080, what: "a number of minutes up to 10080, a week" },
} as const;

export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

/** Reads what was typed for a field: empty, `none`, or a value. */
export function parseTyped(field: ScheduleField, typed: string, typing: Typing): TypedValue {
  const text = typed.trim().replace(/\s+/g, " ");
  if (text === "") return { kind: "value", value: undefined };
  if (/^(none|no limit|[-–−])$/i.test(text)) return { kind: "value", value: null };
  if (field === "opensAt" || field === "dueAt" || field === "closesAt") {
    return parseMoment(text, field === "opensAt" ? "00:00" : "23:59", typing);
  }
  if (field === "showsSolution" || field === "keepsTitles") {
    if (/^(yes|no)$/i.test(text)) {
      return { kind: "value", value: text.toLowerCase() === "yes" ? 1 : 0 };
    }
    return { kind: "invalid", problem: "Type yes or no." };
  }
  const { min, max, what } = NUMBERS[field];
  const value = Number(text.replace(/ ?%$/, ""));
  if (Number.isInteger(value) && value >= min && value <= max) return { kind: "value", value };
  return { kind: "invalid", problem: `“${text}” is not ${what}: type one, or none.` };
}

function parseMoment(text: string, time: string, { timeZone, present }: Typing): TypedValue {
  const days = /^([+-]\d{1,4}) ?d?$/.exec(text)?.[1];
  if (days !== undefined) {
    if (present === undefined) {
      return { kind: "invalid", problem: `There is no date yet that ${text} days could move.` };
    }
    const moved = DateTime.fromMillis(present, { zone: timeZone }).plus({ days: Number(days) });
    return { kind: "value", value: moved.toMillis() };
  }
  const [, day = text, clock = time] = /^(.*?)[ T](\d{1,2}:\d{2})$/.exec(text) ?? [];
  for (const format of DAY_FORMATS) {
    const wanted = `${day} ${clock}`;
    const options = { zone: timeZone, locale: "en-GB" } as const;
    const moment = DateTime.fromFormat(wanted, `${format} H:mm`, options);
    if (!moment.isValid) continue;
    if (moment.toFormat("H:mm") !== clock.replace(/^0(?=\d)/, "")) {
      const problem = `${clock} does not exist on that day in ${timeZone}: clocks are put forward. Type another time.`;
      return { kind: "invalid", problem };
    }
    // An hour that comes twice: students have until the later one.
    const both = moment.getPossibleOffsets().map((candidate) => candidate.toMillis());
    return { kind: "value", value: Math.max(...both) };
  }
  return {
    kind: "invalid",
    problem: `“${text}” is no date: type one like 2026-11-20 23:59, +7 for a week later, or none.`,
  };
}

/** A moment for the eye: `Fri 20 Nov 2026 23:59`. */
export function showMoment(at: number, timeZone: string): string {
  return DateTime.fromMillis(at, { zone: timeZone, locale: "en-GB" }).toFormat(
    "EEE d MMM yyyy HH:mm",
  );
}

/** A moment for the keyboard: `2026-11-20 23:59`. */
export function typeMoment(at: number, timeZone: string): string {
  return DateTime.fromMillis(at, { zone: timeZone }).toFormat("yyyy-MM-dd HH:mm");
}
