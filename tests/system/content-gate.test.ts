/** The gate of a course: cells really run, and exercises are really graded. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { checkCourse } from "#server/gate";
import { closeSandboxes } from "#server/grading";
import { fixtureFolder } from "../grading.ts";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});
afterAll(closeSandboxes);

const LECTURE = `---
number: L01
slug: 01-sums
title: Sums
summary: How to add.
minutes: 10
goals: [Add]
covers: []
---

## One and one

<Predict question="How much?" cell="add" answer="total" />

\`\`\`ts cell id=add
const total = 1 + 1;
total
\`\`\`

\`\`\`ts cell id=random
[total, Math.random(), performance.now()]
\`\`\`

<Exercise id="add-up" />
`;

const SUBMISSION = {
  "contract.ts": `export interface Submission {
  readonly sum: (a: number, b: number) => number;
  readonly reverse: (bytes: Uint8Array) => Uint8Array;
}
`,
  "task.mdx": "Add, and turn around.\n",
  "visible.test.ts": `import { exercise } from "exercise";
export default exercise("add-up", ({ test }) => {
  test("adds-two", async ({ player, check }) => {
    check((await player.call("sum", 1, 2)) === 3, "1 + 2 is 3.");
  });
});
`,
  "mutants/no-bigint.ts": `export const sum = (a: number, b: number) => (typeof a === "number" ? a + b : 0);
export const reverse = (bytes: Uint8Array) => bytes.slice().reverse();
`,
};

type Files = Readonly<Record<string, string | undefined>>;

/** A sound course of one lecture and one exercise, with other files of the exercise. */
function courseWith(files: Files = {}, lecture = LECTURE): string {
  const course = mkdtempSync(join(tmpdir(), "kernelbook-gate-"));
  made.push(course);
  const folder = join(course, "lectures/01-sums/exercises/add-up");
  mkdirSync(join(folder, "mutants"), { recursive: true });
  cpSync(fixtureFolder("add-up"), folder, { recursive: true });
  const manifest = readFileSync(join(folder, "exercise.yaml"), "utf8");
  // On a busy machine a run may wait long for its turn.
  const patient = manifest.replace("wallSeconds: 4", "wallSeconds: 100");
  writeFileSync(join(folder, "exercise.yaml"), patient);
  writeFileSync(join(course, "lectures/01-sums/lecture.mdx"), lecture);
  for (const [name, text] of Object.entries({ ...SUBMISSION, ...files })) {
    if (text !== undefined) writeFileSync(join(folder, name), text);
  }
  return course;
}

test("a sound course has no problem once its outputs are stored", async () => {
  const course = courseWith();
  const without = await checkCourse({ course });
  expect(without.problems).toEqual([expect.stringMatching(/outputs\.json:1: the file is missing/)]);
  expect(await checkCourse({ course, write: true })).toMatchObject({ problems: [] });
  expect(await checkCourse({ course })).toEqual({ lectures: 1, exercises: 1, problems: [] });

  const file = join(course, "lectures/01-sums/outputs.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"text/plain":"2"', '"text/plain":"3"'));
  const { problems } = await checkCourse({ course });
  expect(problems).toEqual([expect.stringMatching(/outputs\.json:2: cell add leaves something/)]);
});

test.each([
  {
    name: "a cell that throws",
    lecture: LECTURE.replace("[total,", "[nothing,"),
    says: /lecture\.mdx:21: cell random fails: ReferenceError: nothing/,
  },
  {
    name: "a name that two cells declare",
    lecture: LECTURE.replace("[total, Math", "const total = 3;\n[total, Math"),
    says: /lecture\.mdx:20: the cells do not make one file: .*total.* in cell random/,
  },
  {
    name: "an answer of another name",
    lecture: LECTURE.replace('answer="total"', 'answer="sum"'),
    says: /lecture\.mdx:13: <Predict>: sum is no number after cell add/,
  },
])("$name in a lecture", async ({ lecture, says }) => {
  const { problems } = await checkCourse({ course: courseWith({}, lecture), write: true });
  expect(problems).toEqual([expect.stringMatching(says)]);
});

test.each([
  {
    name: "a solution that fails a hidden test",
    files: { "solution.ts": SUBMISSION["mutants/no-bigint.ts"] },
    says: /solution\.ts:1: gets 2 of 3 points \(graded, without adds-big\)/,
  },
  {
    name: "a mutant that loses nothing",
    files: {
      "mutants/right.ts": readFileSync(join(fixtureFolder("add-up"), "solution.ts"), "utf8"),
    },
    says: /mutants\/right\.ts:1: gets all 3 points: add a hidden test/,
  },
  {
    name: "a starter that does not run",
    files: { "starter.ts": "export const sum = ;\n" },
    says: /starter\.ts:1: ends with compile-error, .*: the starter runs, and fails/,
  },
  {
    name: "a hidden test that nobody fails",
    files: {
      "starter.ts": SUBMISSION["mutants/no-bigint.ts"],
      "visible.test.ts": SUBMISSION["visible.test.ts"].replace("=== 3", "!== undefined"),
    },
    says: /hidden\.test\.ts:1: no mutant fails adds-two: add the mistake/,
  },
  {
    name: "a visible test that the solution fails",
    files: { "visible.test.ts": SUBMISSION["visible.test.ts"].replace("=== 3", "=== 4") },
    says: /visible\.test\.ts:1: the solution fails \(graded, without adds-two\)/,
  },
  {
    name: "a submission that does not fit its contract",
    files: {
      "solution.ts": SUBMISSION["mutants/no-bigint.ts"].replace(/a \+ b : 0/, 'a + b : "0"'),
    },
    says: /solution\.ts:1: does not fit contract\.ts/,
  },
])("$name is told", async ({ files, says }) => {
  const { problems } = await checkCourse({ course: courseWith(files), write: true });
  expect(
    problems.some((problem) => says.test(problem)),
    problems.join("\n"),
  ).toBe(true);
});

test("a file that is missing is told", async () => {
  const course = courseWith();
  rmSync(join(course, "lectures/01-sums/exercises/add-up/contract.ts"));
  const { problems } = await checkCourse({ course, write: true });
  expect(problems).toEqual([expect.stringMatching(/contract\.ts:1: the file is missing: add it/)]);
});
