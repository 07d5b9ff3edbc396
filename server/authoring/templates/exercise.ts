/** A new exercise, whole: each of its files is there, and the gate lets it pass as it stands. */

export interface NewExercise {
  /** `E7.2`. */
  readonly number: string;
  /** `three-doors`. */
  readonly id: string;
  readonly title: string;
}

export function exerciseTemplate({ number, id, title }: NewExercise): Record<string, string> {
  return {
    "exercise.yaml": `number: ${number}
kind: code
title: ${JSON.stringify(title)}
# The hidden tests run with each of these, and with one of the student's own.
seeds: [1, 2]
tests:
  - id: adds
    title: sum(a, b) is a + b
    points: 1
    # What a student is told who fails it.
    hint: Add them.
`,
    "task.mdx": "Write `sum`, which adds two numbers.\n",
    "contract.ts": `/** What a student's file has to export. */
export interface Submission {
  readonly sum: (a: number, b: number) => number;
}
`,
    "starter.ts": `/** Adds two numbers. */
export function sum(_a: number, _b: number): number {
  return 0;
}
`,
    "solution.ts": `export function sum(a: number, b: number): number {
  return a + b;
}
`,
    "mutants/subtracts.ts": `export function sum(a: number, b: number): number {
  return a - b;
}
`,
    "visible.test.ts": `import { exercise } from "exercise";

/** What a student tries in the browser. */
export default exercise("${id}", ({ test }) => {
  test("one-and-one", async ({ player, check }) => {
    check((await player.call("sum", 1, 1)) === 2, "1 and 1 are 2.");
  });
});
`,
    "hidden.test.ts": `import { exercise } from "exercise";

/** What a submission is graded with. Each id is that of a test in exercise.yaml. */
export default exercise("${id}", ({ test }) => {
  test("adds", async ({ player, random, check }) => {
    const a = random.int(1, 99);
    check((await player.call("sum", a, 7)) === a + 7, "The sum is wrong.");
  });
});
`,
  };
}

/** A report, which people grade by its criteria: nothing of it runs. */
export function reportTemplate({ number, title }: NewExercise): Record<string, string> {
  return {
    "exercise.yaml": `number: ${number}
kind: report
title: ${JSON.stringify(title)}
# What it is graded by; students read all of it before they write.
rubric:
  - id: method
    title: The method fits the question
    description: Say what you measured, how often, and on what.
    points: 4
    levels:
      - { points: 0, text: No method is given. }
      - { points: 2, text: "A method is given, its limits are not." }
      - { points: 4, text: Method and limits are given. }
  - id: answer
    title: The numbers answer the question
    points: 6
`,
    "task.mdx":
      "Measure something, and write a report about it: what you asked, how you measured, what you found.\n",
    "starter.md": "# What I asked\n\n# How I measured\n\n# What I found\n",
  };
}
