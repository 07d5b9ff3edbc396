import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { GradingResult } from "#notebook/document";
import { TINY_COURSE } from "../../../tests/tiny-course.ts";
import type { GradeSourceOptions } from "../../grading/grade-source.ts";
import { mutationReport } from "./kill.ts";

// No small mistake kills a judge by itself: here the test decides which one does.
const { gradeSource } = vi.hoisted(() => ({ gradeSource: vi.fn() }));
vi.mock("../../grading/grade-source.ts", () => ({ gradeSource }));

const EXERCISE = "lectures/01-sums/exercises/add-up";
const WHAT = { line: 2, what: "return a + b; → return a - b;" };

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mutants-"));
  for (const [path, text] of Object.entries(TINY_COURSE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

test.each<[Pick<GradingResult, "status" | "score">, object]>([
  [
    { status: "graded", score: 1 },
    { tried: 1, killed: 1, survivors: [], unjudged: [] },
  ],
  [
    { status: "time-out", score: 0 },
    { tried: 1, killed: 1, survivors: [], unjudged: [] },
  ],
  [
    { status: "graded", score: 2 },
    { tried: 1, killed: 0, survivors: [WHAT], unjudged: [] },
  ],
  [
    { status: "internal-error", score: 0 },
    { tried: 0, killed: 0, survivors: [], unjudged: [WHAT] },
  ],
])("a small mistake that ends with %j makes %j", async (end, report) => {
  gradeSource.mockImplementation(async ({ source }: GradeSourceOptions) => {
    const right = { status: "graded", score: 2 };
    return { ...(source.includes("a + b") ? right : end), max: 2, tests: [], ms: 1 };
  });
  expect(await mutationReport(join(folder, EXERCISE))).toEqual(report);
});
