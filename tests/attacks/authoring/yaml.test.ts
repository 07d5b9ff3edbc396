/** YAML of a course that keeps the site busy: `exercise.yaml` is read where pages are answered. */
import { expect, test } from "vitest";
import { z } from "zod";
import { CourseProblem, parseYaml } from "../../../server/course/located-yaml.ts";

/** On a busy machine; what is not stopped takes a minute and more. */
const MS_MAX = 15_000;
const SIZE = 60_000;

const many = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join("\n");

test.each([
  { name: "a great many keys", text: many(7_000, (n) => `k${n}: 1`) },
  { name: "a great many keys in one line", text: `{${"a,".repeat(SIZE / 2)}}` },
  { name: "a great many anchors", text: many(4_500, (n) => `k${n}: &a${n} 1`) },
  { name: "aliases of one anchor", text: `a: &a [1]\n${many(5_000, (n) => `k${n}: *a`)}` },
  { name: "an alias of itself", text: "a: &a [*a]" },
  { name: "mistakes without end", text: `a: ${'"'.repeat(SIZE)}` },
  { name: "brackets in brackets", text: `a: ${"[".repeat(3_000)}` },
  { name: "more than any file needs", text: "# ".repeat(SIZE) },
])("$name: refused in words or read, and soon", ({ text }) => {
  const began = performance.now();
  try {
    parseYaml(text, "exercise.yaml", z.strictObject({ number: z.string() }));
  } catch (error) {
    if (!(error instanceof CourseProblem)) throw error;
    expect(error.problems[0]).toMatch(/^exercise\.yaml:\d+: /);
  }
  expect(performance.now() - began).toBeLessThan(MS_MAX);
});

test("a key that stands twice is told at its line", () => {
  const read = () => parseYaml("a: 1\nb: 2\na: 3\n", "topics.yaml", z.looseObject({}));
  expect(read).toThrow("topics.yaml:3: Map keys must be unique: mend the YAML here");
});
