import { expect, test } from "vitest";
import { type Periods, periodAround, periodOf } from "./period.ts";

const PERIODS: Periods = [
  { id: "all", title: "All", from: 1965, to: 2026 },
  { id: "old", title: "Old", from: 1965, to: 1990 },
  { id: "new", title: "New", from: 1995, to: 2026 },
];
const [all, old, young] = PERIODS as readonly [Periods[0], Periods[0], Periods[0]];

test.each([
  { name: "a step inside the years that are shown leaves them", shown: old, year: 1990, now: old },
  { name: "a step out of them takes them along", shown: old, year: 1995, now: young },
  { name: "from all years there is no step out", shown: all, year: 1970, now: all },
  { name: "a year in no part shows all", shown: old, year: 1992, now: all },
])("$name", ({ shown, year, now }) => {
  expect(periodAround(PERIODS, shown, year)).toBe(now);
});

test("a period is found by its id, and an unknown id stands for all years", () => {
  expect(periodOf(PERIODS, "new")).toBe(young);
  expect(periodOf(PERIODS, "later")).toBe(all);
});
