import { expect, test } from "vitest";
import type { LectureDocument } from "#notebook/document";
import { parseLecture, parseTask } from "./lecture-text.ts";
import { type SearchedExercise, searchLectures } from "./search.ts";

const TEXT = `---
number: L07
slug: 07-pipes
title: Pipes
summary: How bytes get through.
minutes: 10
goals: [Know]
covers: []
---

<Lead>
Water finds its way.
</Lead>

## Reading and writing

A reader waits until somebody *writes*. Each pipe has ${"very ".repeat(60)} small buffers.

\`\`\`ts cell id=fill title="Fill a pipe"
const written = machine.write_all("x".repeat(65536));
\`\`\`

### The other end

When the last reader has gone, a writer gets \`SIGPIPE\`; the size is $2^{16}$.

<Exercise id="tee" />
`;

const EXERCISE = {
  title: "Two ends",
  task: (await parseTask("Write `copy`, which doubles a stream.", "t")).body,
};

const lectures: readonly LectureDocument[] = [(await parseLecture(TEXT, "t")).document];

const exercises: readonly SearchedExercise[] = [
  { ...EXERCISE, id: "tee", number: "E7.2" },
  { ...EXERCISE, id: "of-another-lecture", number: "E8.1" },
];

const textOf = (hit: { snippet: readonly { text: string }[] } | undefined) =>
  hit?.snippet.map(({ text }) => text).join("");

test.each([
  { query: "sigpipe", href: "/lectures/07-pipes#the-other-end" },
  { query: "other end", href: "/lectures/07-pipes#the-other-end" },
  { query: "write_all", href: "/lectures/07-pipes#cell-fill" },
  { query: "fill", href: "/lectures/07-pipes#cell-fill" },
  { query: "water", href: "/lectures/07-pipes" },
  { query: "bufers", href: "/lectures/07-pipes#reading-and-writing" },
  { query: "buff", href: "/lectures/07-pipes#reading-and-writing" },
  { query: "two ends", href: "/lectures/07-pipes#exercise-tee" },
  { query: "stream doubles", href: "/lectures/07-pipes#exercise-tee" },
  { query: "E7.2", href: "/lectures/07-pipes#exercise-tee" },
  { query: "7.2", href: "/lectures/07-pipes#exercise-tee" },
  // No section has both: one that has either.
  { query: "sigpipe nonsense", href: "/lectures/07-pipes#the-other-end" },
])("$query is found at $href", ({ query, href }) => {
  expect(searchLectures(lectures, exercises, query).hits[0]?.href).toBe(href);
});

test("a hit says where it is and marks what was found, in a short line", () => {
  const [hit] = searchLectures(lectures, exercises, "BUFFERS").hits;
  const at = { lectureNumber: "L07", lectureTitle: "Pipes", section: "Reading and writing" };
  expect(hit).toMatchObject({ kind: "section", ...at });
  expect(hit?.snippet.filter(({ isHit }) => isHit)).toEqual([{ text: "buffers", isHit: true }]);
  expect(textOf(hit)).toMatch(/^…(?:very )+small buffers\.$/);
  expect(textOf(hit)?.length).toBeLessThan(200);
});

test("of an exercise that is closed to who asks, the name is found, and no word of its task", () => {
  const closed = new Set(["tee"]);
  expect(searchLectures(lectures, exercises, "doubles", closed)).toMatchObject({
    hits: [],
    total: 0,
  });
  const { hits } = searchLectures(lectures, exercises, "two ends doubles", closed);
  expect(hits.map(({ href }) => href)).toContain("/lectures/07-pipes#exercise-tee");
  expect(hits.map(textOf).join()).not.toMatch(/copy|doubles/);
  // Open to others, it is found once.
  const open = searchLectures(lectures, exercises, "two ends").hits;
  expect(open.filter(({ href }) => href.endsWith("#exercise-tee"))).toHaveLength(1);
});

test("a cell's hit has its number and title", () => {
  const [hit] = searchLectures(lectures, exercises, "65536").hits;
  expect(hit).toMatchObject({ kind: "cell", cell: { number: 1, title: "Fill a pipe" } });
});

test.each(["", "   ", "zzzz", "*", "\\", "(a+)+$"])(
  "%j finds nothing and breaks nothing",
  (query) => {
    expect(searchLectures(lectures, exercises, query)).toEqual({
      query: query.trim(),
      hits: [],
      total: 0,
    });
  },
);

test("a query of any length takes no time", () => {
  const began = performance.now();
  const { query } = searchLectures(lectures, exercises, "abcdefghij ".repeat(10_000));
  expect(query.length).toBeLessThanOrEqual(100);
  expect(performance.now() - began).toBeLessThan(1000);
});
