import fc from "fast-check";
import { expect, test } from "vitest";
import { stepByKey } from "./stepper-keys.ts";

test.each([
  { key: "ArrowRight", from: 4, to: 5 },
  { key: "ArrowUp", from: 4, to: 5 },
  { key: "ArrowLeft", from: 4, to: 3 },
  { key: "ArrowDown", from: 4, to: 3 },
  { key: "PageUp", from: 4, to: 14 },
  { key: "PageDown", from: 14, to: 4 },
  { key: "Home", from: 4, to: 0 },
  { key: "End", from: 4, to: 20 },
])("$key leads from $from to $to", ({ key, from, to }) => {
  expect(stepByKey(key, from, 21)).toBe(to);
});

test("other keys are left to the page", () => {
  expect(stepByKey("Tab", 4, 21)).toBeUndefined();
});

test("no row of keys leads out of the figure", () => {
  const keys = fc.constantFrom("ArrowRight", "ArrowLeft", "PageUp", "PageDown", "Home", "End");
  const walk = fc.property(fc.integer({ min: 1, max: 40 }), fc.array(keys), (count, pressed) => {
    const end = pressed.reduce((at, key) => stepByKey(key, at, count) ?? at, 0);
    expect(end).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThan(count);
  });
  fc.assert(walk);
});
