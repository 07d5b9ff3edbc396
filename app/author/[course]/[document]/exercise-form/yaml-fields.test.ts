import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  numberOf,
  readFields,
  seedsOf,
  withField,
  withMovedTest,
  withNewTest,
  withoutTest,
} from "./yaml-fields.ts";

const TEXT = `# Which exercise it is.
number: E1.1
kind: code
title: "Add up" # to be mended
seeds: [1, 2]
limits: { cpuSeconds: 10, wallSeconds: 20 }
tests:
  # The easy one.
  - id: adds
    title: sum(a, b) is a + b
    points: 2
    hint: Add them.
  - id: wraps
    title: It wraps
    points: 1
    hint: >-
      What is the
      largest number?
`;

test("a text is read as fields, as they are typed", () => {
  const reading = readFields(TEXT);
  expect(reading).toMatchObject({
    kind: "read",
    fields: {
      number: "E1.1",
      title: "Add up",
      attempts: "",
      seeds: "1, 2",
      limits: { cpuSeconds: "10", wallSeconds: "20", memoryMiB: "" },
      tests: [
        { id: "adds", title: "sum(a, b) is a + b", points: "2", hint: "Add them." },
        { id: "wraps", hint: "What is the largest number?" },
      ],
    },
  });
  expect(readFields("title: [a\nseeds: 1")).toMatchObject({ kind: "broken" });
  expect(readFields("")).toMatchObject({ kind: "read", fields: { title: "", tests: [] } });
});

test.each([
  { path: ["title"], value: "Add: all", from: '"Add up" #', to: '"Add: all" #' },
  { path: ["tests", 0, "points"], value: 3, from: "points: 2", to: "points: 3" },
  { path: ["tests", 0, "hint"], value: "Add: them", from: "Add them.", to: '"Add: them"' },
  { path: ["seeds"], value: [1, 2, 3], from: "[1, 2]", to: "[1, 2, 3]" },
  { path: ["limits", "wallSeconds"], value: 30, from: "wallSeconds: 20", to: "wallSeconds: 30" },
  { path: ["number"], value: "", from: "E1.1", to: '""' },
])("$path is exchanged in its place, and nothing else", ({ path, value, from, to }) => {
  expect(withField(TEXT, path, value)).toBe(TEXT.replace(from, to));
});

test("a field that was not there stands where one looks for it, and goes again", () => {
  const more = withField(TEXT, ["attempts"], 20);
  expect(more).toContain("seeds: [1, 2]\nattempts: 20\nlimits:");
  expect(more).toContain("# Which exercise it is.");
  expect(more).toContain("  # The easy one.\n  - id: adds");
  expect(withField(more, ["attempts"], undefined)).toBe(TEXT);
  const unlimited = ["cpuSeconds", "wallSeconds"].reduce(
    (text, limit) => withField(text, ["limits", limit], undefined),
    TEXT,
  );
  expect(unlimited).not.toContain("limits");
});

test("tests are added, moved and taken out with their comments", () => {
  const three = withNewTest(TEXT);
  expect(readFields(three)).toMatchObject({ fields: { tests: [{}, {}, { id: "", points: "1" }] } });
  expect(withoutTest(three, 2)).toBe(TEXT);
  const turned = withMovedTest(TEXT, 1, 0);
  expect(readFields(turned)).toMatchObject({
    fields: { tests: [{ id: "wraps" }, { id: "adds" }] },
  });
  expect(turned).toContain("# The easy one.");
  expect(withMovedTest(TEXT, 0, -1)).toBe(TEXT);
});

test("numbers are numbers, and what is none is kept for the gate to refuse", () => {
  expect([numberOf("12"), numberOf("1.5"), numberOf("two")]).toEqual([12, 1.5, "two"]);
  expect([seedsOf("1, 2"), seedsOf("1, two")]).toEqual([[1, 2], "1, two"]);
});

test("any field of the course's own exercises can be written without touching another line", () => {
  const root = join(import.meta.dirname, "../../../../../content/lectures");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith("exercise.yaml"))) {
    const text = readFileSync(join(root, file), "utf8");
    const lines = text.split("\n");
    const next = withField(text, ["tests", 0, "points"], 77).split("\n");
    expect(next.filter((line, at) => line !== lines[at])).toEqual([
      expect.stringContaining("points: 77"),
    ]);
  }
});
