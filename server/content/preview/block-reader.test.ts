import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { checkout } from "../../config.ts";
import { parseLecture } from "../../course/lecture-text.ts";
import { BlockReader } from "./block-reader.ts";
import { splitBlocks } from "./blocks.ts";

const LECTURES = join(checkout(), "content/lectures");
const lectures = readdirSync(LECTURES).map((slug) => ({
  slug,
  text: readFileSync(join(LECTURES, slug, "lecture.mdx"), "utf8"),
}));

const HEAD = `---
number: L01
slug: 01-sums
title: Sums
summary: How numbers are added.
minutes: 10
goals: [Add]
covers: [1]
---
`;

function read(text: string, known: readonly string[] = [], reader = new BlockReader()) {
  return reader.read({ kind: "lecture", text: HEAD + text, known });
}

// Colours of code are given up after a time, and the first code of a language takes the longest.
beforeAll(async () => {
  for (const { text } of lectures) await parseLecture(text, "text");
}, 60_000);

test.each(lectures)("$slug is read by blocks as it is read whole", async ({ text }) => {
  const whole = await parseLecture(text, "text");
  const { blocks, problems, facts, cells } = await new BlockReader().read({
    kind: "lecture",
    text,
    known: [],
  });
  expect(problems).toEqual([]);
  expect(facts).toEqual(whole.facts);
  expect(cells).toEqual(whole.document.cells);
  const elements = whole.document.body.children.filter(({ type }) => type === "element");
  expect(blocks.flatMap(({ content }) => content)).toEqual(elements);
});

test("each lecture is cut into many pieces", () => {
  for (const { text } of lectures) {
    expect(splitBlocks(text).length).toBeGreaterThan(text.length / 2000);
  }
});

test("a misspelt component is told at its line, and nothing else is lost", async () => {
  const { problems, blocks } = await read('\nOne.\n\n<Figur id="a" />\n\nTwo.\n');
  expect(problems).toEqual([
    {
      line: 13,
      message:
        "there is no component <Figur> here: use one of Lead, Note, Aside, Figure, Picture, Predict, Exercise",
    },
  ]);
  expect(blocks.map(({ content }) => content?.length)).toEqual([1, 0, 1]);
});

test("a component whose end is missing spoils its own block alone", async () => {
  const { problems, blocks } = await read("\nOne.\n\n<Note>\n\nTwo.\n\n```ts cell id=a\n1\n```\n");
  expect(problems).toMatchObject([{ line: 13 }]);
  expect(blocks.map(({ content }) => content?.length)).toEqual([1, 0, 1, 1]);
});

test("only what has changed is sent again", async () => {
  const reader = new BlockReader();
  const first = await read("\nOne.\n\nTwo.\n\nThree.\n", [], reader);
  const known = first.blocks.map(({ hash }) => hash);
  const next = await read("\nOne.\n\nNew.\n\nTwo.\n\nThree!\n", known, reader);
  expect(next.blocks.map(({ content }) => content !== undefined)).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test("problems keep their lines when text is put in above them", async () => {
  const reader = new BlockReader();
  await read("\nOne.\n\n[x](javascript:alert)\n", [], reader);
  const { problems } = await read("\nOne.\n\nMore.\n\n[x](javascript:alert)\n", [], reader);
  expect(problems).toMatchObject([{ line: 15 }]);
});

test.each([
  { name: "a link that would run", text: "[x](javascript:alert)" },
  { name: "a script", text: "<script>alert(1)</script>" },
  { name: "an expression", text: "{process.exit()}" },
  { name: "an import", text: 'import fs from "fs"' },
  { name: "a formula with an address", text: "$\\href{javascript:alert(1)}{x}$" },
  { name: "a cell named twice", text: "```ts cell id=a\n1\n```\n\n```ts cell id=a\n2\n```" },
  { name: "a guess at a cell that is not there", text: '<Predict question="x" cell="no" />' },
])("$name is told and not drawn", async ({ text }) => {
  const { problems, blocks } = await read(`\n${text}\n`);
  expect(problems.length).toBeGreaterThan(0);
  expect(blocks.at(-1)?.content).toEqual([]);
});
