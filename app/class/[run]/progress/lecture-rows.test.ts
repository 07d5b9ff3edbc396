import type { Element } from "hast";
import { expect, test } from "vitest";
import type { LectureDocument } from "#notebook/document";
import { cellRows, commonError, commonStop, sectionRows } from "./lecture-rows.ts";

const heading = (id: string): Element => ({
  type: "element",
  tagName: "h2",
  properties: { id },
  children: [],
});
const cell = (id: string, number: number, fails = false) => ({
  ...{ id, number, source: "" },
  storedOutputs: fails ? [{ kind: "error" as const, name: "Error", message: "", frames: [] }] : [],
});
const LECTURE: LectureDocument = {
  frontMatter: {
    ...{ number: "L1", slug: "01-bits", title: "Bits", summary: "", minutes: 1 },
    ...{ goals: [], covers: [] },
  },
  headings: ["one", "two", "three"].map((id) => ({ id, depth: 2, text: id })),
  cells: [cell("a", 1), cell("b", 2, true), cell("c", 3)],
  exerciseIds: [],
  pictures: [],
  wordCount: 0,
  body: { type: "root", children: [heading("one"), heading("two"), heading("three")] },
};

test("who came to a section came to all before it, and who stopped in one that is gone only opened it", () => {
  const stops = new Map(Object.entries({ "": 2, one: 3, three: 4, gone: 1 }));
  const rows = sectionRows(LECTURE, { readers: 10, stops });
  expect(rows.map(({ number, reached, stopped }) => [number, reached, stopped])).toEqual([
    [0, 10, 3],
    [1, 7, 3],
    [2, 4, 0],
    [3, 4, 4],
  ]);
});

test("most stop where most are, the end aside", () => {
  const at = (stops: Record<string, number>, readers: number) =>
    commonStop(sectionRows(LECTURE, { readers, stops: new Map(Object.entries(stops)) }))?.id;
  expect(at({ one: 1, two: 3, three: 9 }, 13)).toBe("two");
  expect(at({ three: 9 }, 9)).toBeUndefined();
});

test("a cell that shows an error in the lecture is not the one that fails for most", () => {
  const errors = { ran: 9, failed: 2, stillFails: 0, failedAsGiven: 0 };
  const rows = cellRows(
    LECTURE,
    new Map([
      ["b", { ...errors, failed: 9 }],
      ["c", errors],
    ]),
  );
  expect(rows.map(({ id, ran, isMeantToFail }) => [id, ran, isMeantToFail])).toEqual([
    ["a", 0, false],
    ["b", 9, true],
    ["c", 9, false],
  ]);
  expect(commonError(rows)?.id).toBe("c");
  expect(commonError(cellRows(LECTURE, undefined))).toBeUndefined();
});
