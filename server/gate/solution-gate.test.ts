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
const LITTLE: RunUsage = { cpuSeconds: 0, wallSeconds: 0, rssMiB: 20, waitSeconds: 0 };
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
  // A run with more seeds than a student's may take longer, or does not even end.
  expect(await checked({ each: { cpuSeconds: 1.5, wallSeconds: 3 } })).toEqual([]);
  expect(await checked({ each: { cpuSeconds: 2.4 } })).toEqual([]);
  // And a busy machine may hold a run up.
  expect(await checked({ late: { wallSeconds: 12 }, isBusyAtFirst: true })).toEqual([]);
});

test.each([
  // One slow seed among quick ones is some student's.
  [{ late: { cpuSeconds: 6 } }, "takes 6.0 s of 10 s CPU time: raise cpuSeconds to twice that"],
  [{ late: { wallSeconds: 12 } }, "takes 12.0 s of 20 s: raise wallSeconds to twice that"],
  [{ late: { rssMiB: 300 } }, "takes 300 MiB of 512 MiB: raise memoryMiB to twice that"],
  [{ each: { cpuSeconds: 5.1 } }, "takes 5.1 s of 10 s CPU time: raise cpuSeconds to twice that"],
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

test("a mutant that hangs for one student and passes for the other is luck", async () => {
  writeFileSync(
    join(folder, EXERCISE, "mutants/hangs.ts"),
    "export const sum = () => 'a + b hangs';\n",
  );
  const says = "mutants/hangs.ts:1: ends with time-out with one seed and passes with another";
  expect(await checked({})).toEqual([expect.stringContaining(says)]);
});

interface Runs {
  /** What the late seed takes, and what each seed takes besides the exercise's. */
  readonly late?: Partial<RunUsage>;
  readonly each?: Partial<RunUsage>;
  /** Of the late seed's runs only the first two take that long. */
  readonly isBusyAtFirst?: boolean;
  /** It fails with the late seed. */
  readonly isUnlucky?: boolean;
}

async function checked({ late, each, isBusyAtFirst, isUnlucky = false }: Runs): Promise<string[]> {
  let lateRuns = 0;
  gradeSource.mockImplementation(
    async ({ exercise, source, seeds = [], listener }: GradeSourceOptions) => {
      const isLate = seeds.includes(LATE_SEED);
      if (isLate) lateRuns += 1;
      const isSlow = isLate && (isBusyAtFirst !== true || lateRuns <= 2);
      const used = usedBy(seeds.length, each, isSlow ? late : undefined);
      listener?.onUsage?.(used);
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
      if (used.cpuSeconds > exercise.manifest.limits.cpuSeconds) {
        return { ...result, status: "time-out", score: 0 };
      }
      const own = seeds[0] ?? listener?.apart?.[0];
      if (source.includes("hangs") && own === 0x5eed_0001) {
        return { ...result, status: "time-out", score: 0 };
      }
      if (source.includes("killed")) {
        return { ...result, status: "internal-error", message: "The judge ended." };
      }
      return result;
    },
  );
  return checkExercise(join(folder, EXERCISE));
}

/** Times of seeds add up, memory does not. */
function usedBy(seeds: number, each?: Partial<RunUsage>, late?: Partial<RunUsage>): RunUsage {
  const { cpuSeconds = 0, wallSeconds = 0, rssMiB = 0 } = each ?? {};
  return {
    ...LITTLE,
    cpuSeconds: LITTLE.cpuSeconds + cpuSeconds * seeds + (late?.cpuSeconds ?? 0),
    wallSeconds: LITTLE.wallSeconds + wallSeconds * seeds + (late?.wallSeconds ?? 0),
    rssMiB: Math.max(LITTLE.rssMiB, rssMiB, late?.rssMiB ?? 0),
  };
}
