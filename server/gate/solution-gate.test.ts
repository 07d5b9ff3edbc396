import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { GradingResult } from "#notebook/document";
import { TINY_COURSE } from "../../tests/tiny-course.ts";
import type { RunUsage } from "../grading/grade.ts";
import type { GradeSourceOptions } from "../grading/grade-source.ts";
import { checkExercise } from "./exercise-gate.ts";

// What a run takes and meets depends on the machine and on luck: here the test decides it.
const { gradeSource } = vi.hoisted(() => ({ gradeSource: vi.fn() }));
vi.mock("../grading/grade-source.ts", () => ({ gradeSource }));

const EXERCISE = "lectures/01-sums/exercises/add-up";
const LITTLE: RunUsage = { cpuSeconds: 0.1, wallSeconds: 0.2, rssMiB: 20, waitSeconds: 0 };
/** One of the twenty with which the solution is tried after all else. */
const LATE_SEED = 0x5eed_1000 + 2 * 16 + 3;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solution-"));
  for (const [path, text] of Object.entries(TINY_COURSE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

test("a solution that passes with all seeds and stays below half of its limits is let through", async () => {
  expect(await checked({})).toEqual([]);
  // A run with more seeds than a student's may take longer, and a busy machine may hold one up.
  expect(await checked({ late: { cpuSeconds: 7, wallSeconds: 60 } })).toEqual([]);
});

test.each([
  [{ late: { cpuSeconds: 14 } }, "takes 6.0 s of 10 s CPU time: raise cpuSeconds to twice that"],
  [
    { late: { wallSeconds: 28 }, first: { wallSeconds: 28 } },
    "takes 12.0 s of 20 s: raise wallSeconds to twice that",
  ],
  [{ late: { rssMiB: 300 } }, "takes 300 MiB of 512 MiB: raise memoryMiB to twice that"],
  [{ first: { cpuSeconds: 5.1 } }, "takes 5.1 s of 10 s CPU time: raise cpuSeconds to twice that"],
  [
    { isUnlucky: true },
    "with other seeds it gets 0 of 2 points (graded, without adds): let neither it nor the hidden tests depend on luck",
  ],
])("%j is refused: %s", async (run, says) => {
  expect(await checked(run)).toEqual([expect.stringContaining(`solution.ts:1: ${says}`)]);
});

test("a mutant with which grading itself fails is no mutant that loses points", async () => {
  const broken = 'export const sum = () => "killed";\n';
  writeFileSync(join(folder, EXERCISE, "mutants/kills-the-judge.ts"), broken);
  const name = "mutants/kills-the-judge.ts:1: ends with internal-error, The judge ended.";
  expect(await checked({})).toEqual([expect.stringContaining(name)]);
});

interface Runs {
  /** What the runs with more seeds take, and those with a student's. */
  readonly late?: Partial<RunUsage>;
  readonly first?: Partial<RunUsage>;
  /** It fails with the late seed. */
  readonly isUnlucky?: boolean;
}

async function checked({ late, first, isUnlucky = false }: Runs): Promise<string[]> {
  gradeSource.mockImplementation(
    async ({ exercise, source, seeds = [], listener }: GradeSourceOptions) => {
      const isLate = seeds.includes(LATE_SEED);
      listener?.onUsage?.({ ...LITTLE, ...(seeds.length > 1 ? late : first) });
      const isRight = source.includes("a + b") && !(isLate && isUnlucky);
      const { tests, points } = exercise.manifest;
      const kind = isRight ? "passed" : "failed";
      const result: GradingResult = {
        status: "graded",
        score: isRight ? points : 0,
        max: points,
        tests: tests.map(({ id, points: max }) => ({ id, kind, points: isRight ? max : 0, max })),
        ms: 1,
      };
      if (source.includes("killed")) {
        return { ...result, status: "internal-error", message: "The judge ended." };
      }
      return result;
    },
  );
  return checkExercise(join(folder, EXERCISE));
}
