import fc from "fast-check";
import { expect, test } from "vitest";
import { spaced, ticks } from "./chart-scale.ts";

test.each([
  { min: 0, max: 125, marks: [0, 50, 100, 150] },
  { min: -3, max: 3, marks: [-4, -2, 0, 2, 4] },
  { min: 5, max: 9, marks: [0, 5, 10] },
])("from $min to $max the axis has round marks", ({ min, max, marks }) => {
  expect(ticks(min, max)).toEqual(marks);
});

test("the marks take in every value, 0 included, and are few", () => {
  const value = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const marks = ticks(Math.min(a, b), Math.max(a, b));
      expect(marks[0]).toBeLessThanOrEqual(Math.min(0, a, b));
      expect(marks.at(-1)).toBeGreaterThanOrEqual(Math.max(0, a, b));
      expect(marks.length).toBeLessThanOrEqual(7);
    }),
  );
});

test("thousands are set apart by thin spaces", () => {
  expect(spaced(1048576)).toBe("1\u2009048\u2009576");
  expect(spaced(-1234.5)).toBe("-1\u2009234.5");
});
