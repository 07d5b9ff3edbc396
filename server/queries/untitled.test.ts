import { expect, test } from "vitest";
import type { ExerciseTest, GradingResult } from "#notebook/document";
import { untitledProgress, untitledResult, untitledTests } from "./untitled.ts";

const TESTS: readonly ExerciseTest[] = [
  { id: "small-sums", title: "Sums below 10", points: 1, hint: "Try 2 and 2." },
  { id: "no-overflow", title: "Large sums", points: 2, hint: "Think of 2^53." },
];

const RESULT: GradingResult = {
  ...{ status: "graded", score: 1, max: 3, ms: 12 },
  tests: [
    { id: "no-overflow", kind: "failed", points: 0, max: 2, feedback: "A sum is wrong." },
    { id: "small-sums", kind: "passed", points: 1, max: 1 },
  ],
};

test("of untitled tests only number and points are left", () => {
  const text = JSON.stringify([untitledTests(TESTS), untitledResult(RESULT, TESTS)]);
  expect(text).not.toMatch(/small|overflow|below|Large|Try|Think/);
  expect(untitledTests(TESTS)[1]).toEqual({
    ...{ id: "hidden-2", title: "Hidden test 2", points: 2, hint: "" },
  });
});

test("an outcome keeps its test's number, whatever order they ended in, and what it has told", () => {
  expect(untitledResult(RESULT, TESTS).tests).toEqual([
    { id: "hidden-2", kind: "failed", points: 0, max: 2, feedback: "A sum is wrong." },
    { id: "hidden-1", kind: "passed", points: 1, max: 1 },
  ]);
});

test("tests that run are numbered, too, and one that the exercise has no more has none", () => {
  const tests = [
    { id: "no-overflow", passed: true },
    { id: "gone", passed: false },
  ];
  expect(untitledProgress({ kind: "running", tests }, TESTS)).toEqual({
    kind: "running",
    tests: [
      { id: "hidden-2", passed: true },
      { id: "hidden-test", passed: false },
    ],
  });
});

test("what broke says nothing of the test that it broke in", () => {
  const broken: GradingResult = {
    ...RESULT,
    status: "internal-error",
    message: "exercise.yaml lacks the tests no-overflow",
  };
  const progress = untitledProgress({ kind: "graded", result: broken }, TESTS);
  expect(JSON.stringify(progress)).not.toContain("overflow");
});
