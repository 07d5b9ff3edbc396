/** A whole course that is as small as one can be: one lecture, one cell, one exercise with a mutant. */

const LECTURE = `---
number: L01
slug: 01-sums
title: Sums
subtitle: The first lecture
summary: How numbers are added.
minutes: 10
goals:
  - Add two numbers
covers: [1]
---

<Lead>
Numbers can be added.
</Lead>

## Adding

A cell adds two numbers.

\`\`\`ts cell id=one-and-one title="One and one"
1 + 1
\`\`\`

<Exercise id="add-up" />
`;

const EXERCISE = "lectures/01-sums/exercises/add-up";

/** Path -> text. */
export const TINY_COURSE: Readonly<Record<string, string>> = {
  "topics.yaml": '1: "Sums"\n',
  "lectures/01-sums/lecture.mdx": LECTURE,
  "lectures/01-sums/outputs.json": `{
  "one-and-one": [
    {"kind":"result","bundle":{"text/plain":"2"}}
  ]
}
`,
  [`${EXERCISE}/exercise.yaml`]: `number: E1.1
kind: code
title: Add up
seeds: [1, 2]
tests:
  - id: adds
    title: sum(a, b) is a + b
    points: 2
    hint: Add them.
`,
  [`${EXERCISE}/task.mdx`]: "Write `sum`, which adds two numbers.\n",
  [`${EXERCISE}/contract.ts`]: `export interface Submission {
  readonly sum: (a: number, b: number) => number;
}
`,
  [`${EXERCISE}/starter.ts`]:
    "export function sum(_a: number, _b: number): number {\n  return 0;\n}\n",
  [`${EXERCISE}/solution.ts`]:
    "export function sum(a: number, b: number): number {\n  return a + b;\n}\n",
  [`${EXERCISE}/mutants/subtracts.ts`]:
    "export function sum(a: number, b: number): number {\n  return a - b;\n}\n",
  [`${EXERCISE}/visible.test.ts`]: `import { exercise } from "exercise";

export default exercise("add-up", ({ test }) => {
  test("one-and-one", async ({ player, check }) => {
    check((await player.call("sum", 1, 1)) === 2, "1 and 1 are 2.");
  });
});
`,
  [`${EXERCISE}/hidden.test.ts`]: `import { exercise } from "exercise";

export default exercise("add-up", ({ test }) => {
  test("adds", async ({ player, random, check }) => {
    const a = random.int(1, 99);
    check((await player.call("sum", a, 7)) === a + 7, "The sum is wrong.");
  });
});
`,
};
