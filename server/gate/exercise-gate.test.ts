import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkExercise, stepsOf } from "./exercise-gate.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "report-"));
  writeFileSync(join(folder, "exercise.yaml"), "number: E1.1\nkind: report\ntitle: Mine\n");
  writeFileSync(join(folder, "task.mdx"), "Write.\n");
});

afterEach(() => rmSync(folder, { recursive: true }));

test("a report passes with what is asked alone, in one step", async () => {
  expect(await checkExercise(folder)).toEqual([]);
  expect(stepsOf(folder)).toBe(1);
});

test("a report without a task, or with files that would never run, is told", async () => {
  rmSync(join(folder, "task.mdx"));
  writeFileSync(join(folder, "hidden.test.ts"), "");
  expect(await checkExercise(folder)).toEqual([
    expect.stringMatching(/task\.mdx:1: the file is missing: add it$/),
    expect.stringMatching(/hidden\.test\.ts:1: nothing of a report runs: remove the file$/),
  ]);
});
