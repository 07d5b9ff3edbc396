import { expect, test } from "vitest";
import type { LectureDocument } from "#notebook/document";
import { figureNumbers } from "./figure-numbers.ts";

const figure = (id: string) =>
  ({ type: "element", tagName: "kb-figure", properties: { id }, children: [] }) as const;

test("figures are counted in their order, however deep they stand", () => {
  const lecture = {
    frontMatter: { number: "L07" },
    body: {
      type: "root",
      children: [
        figure("a"),
        { type: "element", tagName: "kb-beside", properties: {}, children: [figure("b")] },
        figure("c"),
      ],
    },
  } as unknown as LectureDocument;
  expect([...figureNumbers(lecture)]).toEqual([
    ["a", "7.1"],
    ["b", "7.2"],
    ["c", "7.3"],
  ]);
});
