import type { Element } from "hast";
import { expect, test } from "vitest";
import type { LectureDocument } from "#notebook/document";
import { sectionsOf, splitLead } from "./sections.ts";

function element(tagName: string, id: string): Element {
  return { type: "element", tagName, properties: { id }, children: [] };
}

function lecture(children: Element[], headings: LectureDocument["headings"]) {
  return { headings, body: { type: "root", children } } as unknown as LectureDocument;
}

test("a section has the cells and exercises up to the next heading of its degree", () => {
  const body = [
    element("kb-cell", "before-all"),
    element("h2", "first"),
    element("kb-cell", "one"),
    element("h3", "part-of-first"),
    element("kb-cell", "two"),
    element("h2", "second"),
    element("kb-exercise", "task"),
  ];
  const headings = [
    { id: "first", depth: 2, text: "First" },
    { id: "part-of-first", depth: 3, text: "Part of first" },
    { id: "second", depth: 2, text: "Second" },
  ];
  expect(sectionsOf(lecture(body, headings))).toEqual([
    { id: "first", number: 1, title: "First", cellIds: ["one", "two"], exerciseIds: [] },
    { id: "second", number: 2, title: "Second", cellIds: [], exerciseIds: ["task"] },
  ]);
});

test("the heading of the footnotes is no section", () => {
  expect(sectionsOf(lecture([element("h2", "footnote-label")], []))).toEqual([]);
});

test("the opening paragraph is taken out of the text only where it opens it", () => {
  const [lead, paragraph] = [element("kb-lead", ""), element("p", "")];
  const opened = splitLead({ type: "root", children: [lead, paragraph] });
  expect(opened.rest.children).toEqual([paragraph]);
  const plain = splitLead({ type: "root", children: [paragraph, lead] });
  expect(plain.lead.children).toEqual([]);
  expect(plain.rest.children).toEqual([paragraph, lead]);
});
