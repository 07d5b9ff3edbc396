import type { Element, ElementContent, Root } from "hast";
import { expect, test } from "vitest";
import { withMargin } from "./margin.ts";

/** `p1 kb-note p2`: a text of empty elements; a number tells elements of one name apart. */
function text(names: string): Root {
  const children = names.split(" ").map(
    (id): Element => ({
      type: "element",
      tagName: id.replace(/\d+$/, ""),
      properties: { id },
      children: [],
    }),
  );
  return { type: "root", children };
}

/** The same, with what stands in an element in brackets. */
function shape({ children }: Root | Element): string {
  return children
    .map((node: ElementContent | Root["children"][number]) => {
      if (node.type !== "element") return node.type;
      const name = String(node.properties["id"] ?? node.tagName);
      return node.children.length > 0 ? `${name}[${shape(node)}]` : name;
    })
    .join(" ");
}

test.each([
  {
    name: "a note stands beside the paragraph before it, and the rest runs along it",
    given: "p1 p2 kb-note p3 p4",
    answer: "p1 kb-beside[p2 kb-note kb-rest[p3 p4]]",
  },
  {
    name: "what takes the margin itself comes below the note",
    given: "p1 kb-aside p2 kb-cell1 p3",
    answer: "kb-beside[p1 kb-aside kb-rest[p2]] kb-cell1 p3",
  },
  {
    name: "the next note takes its own paragraph out of what runs along the one before",
    given: "p1 kb-note1 p2 p3 kb-note2 p4",
    answer: "kb-beside[p1 kb-note1 kb-rest[p2]] kb-beside[p3 kb-note2 kb-rest[p4]]",
  },
  {
    name: "a note after a cell has no paragraph of its own",
    given: "p1 kb-cell1 kb-note p2",
    answer: "p1 kb-cell1 kb-beside[kb-note kb-rest[p2]]",
  },
  {
    name: "two notes in a row stand one below the other",
    given: "p1 kb-note1 kb-note2 kb-figure1",
    answer: "kb-beside[p1 kb-note1] kb-beside[kb-note2] kb-figure1",
  },
])("$name", ({ given, answer }) => {
  expect(shape(withMargin(text(given)))).toBe(answer);
});
