import { expect, test } from "vitest";
import { isTimeZone, parseTyped, showMoment, typeMoment } from "./class-time.ts";

const BERLIN = { timeZone: "Europe/Berlin", present: Date.parse("2026-10-24T23:59:00+02:00") };
const at = (iso: string) => Date.parse(iso);

test.each([
  { typed: "2026-11-20 23:59", is: "2026-11-20T23:59:00+01:00" },
  { typed: "2026-11-20T08:00", is: "2026-11-20T08:00:00+01:00" },
  { typed: " 20 Nov 2026  8:00 ", is: "2026-11-20T08:00:00+01:00" },
  { typed: "Fri 20 Nov 2026 08:00", is: "2026-11-20T08:00:00+01:00" },
  { typed: "20.11.2026", is: "2026-11-20T23:59:00+01:00" },
  { typed: "2026-07-01", is: "2026-07-01T23:59:00+02:00" },
  // The clocks are put back in between: it is the time of day that stays.
  { typed: "+7", is: "2026-10-31T23:59:00+01:00" },
  { typed: "-1", is: "2026-10-23T23:59:00+02:00" },
  // It comes twice that night.
  { typed: "2026-10-25 02:30", is: "2026-10-25T02:30:00+01:00" },
])("“$typed” is due at $is", ({ typed, is }) => {
  expect(parseTyped("dueAt", typed, BERLIN)).toEqual({ kind: "value", value: at(is) });
});

test("a day without a time opens when it begins", () => {
  const value = at("2026-11-20T00:00:00+01:00");
  expect(parseTyped("opensAt", "2026-11-20", BERLIN)).toEqual({ kind: "value", value });
});

test.each([
  { typed: "2026-03-29 02:30", says: "does not exist" },
  { typed: "2026-02-30", says: "is no date" },
  { typed: "tomorrow", says: "is no date" },
])("“$typed” is refused: $says", ({ typed, says }) => {
  const answer = parseTyped("dueAt", typed, BERLIN);
  expect(answer).toMatchObject({ kind: "invalid", problem: expect.stringContaining(says) });
});

test.each([
  { field: "latePercent", typed: "10 %", value: 10 },
  { field: "latePercent", typed: "101", value: "invalid" },
  { field: "attempts", typed: "3", value: 3 },
  { field: "attempts", typed: "0", value: "invalid" },
  { field: "attempts", typed: "none", value: null },
  { field: "attempts", typed: "", value: undefined },
  { field: "cooldownMinutes", typed: "1.5", value: "invalid" },
  { field: "lateDays", typed: "-", value: null },
  { field: "showsSolution", typed: "Yes", value: 1 },
  { field: "keepsTitles", typed: "no", value: 0 },
  { field: "showsSolution", typed: "perhaps", value: "invalid" },
] as const)("“$typed” as $field is $value", ({ field, typed, value }) => {
  const answer = parseTyped(field, typed, BERLIN);
  expect(answer.kind === "value" ? answer.value : answer.kind).toBe(value);
});

test("what is shown can be typed again, in any zone", () => {
  for (const timeZone of ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]) {
    expect(isTimeZone(timeZone)).toBe(true);
    const moment = at("2026-11-20T22:59:00Z");
    for (const shown of [showMoment(moment, timeZone), typeMoment(moment, timeZone)]) {
      const answer = parseTyped("dueAt", shown, { timeZone, present: undefined });
      expect(answer).toEqual({ kind: "value", value: moment });
    }
  }
  expect(isTimeZone("Europe/Nowhere")).toBe(false);
});
