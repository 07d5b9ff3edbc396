import { expect, test } from "vitest";
import { placed } from "./use-problems.ts";

test("what the gate says of a field stands at the field, and the rest above them", () => {
  const { at, elsewhere } = placed([
    { line: 3, message: "title: Too small" },
    { line: 9, message: "tests.0.points: Invalid input" },
    { line: 9, message: "tests.0.points: said again" },
    { line: 4, message: "kind: Invalid input" },
    { line: 8, message: "there is another test named adds: rename one" },
  ]);
  expect([...at]).toEqual([
    ["title", "Too small"],
    ["tests.0.points", "Invalid input"],
  ]);
  expect(elsewhere).toEqual([
    "Line 4: kind: Invalid input",
    "Line 8: there is another test named adds: rename one",
  ]);
});
