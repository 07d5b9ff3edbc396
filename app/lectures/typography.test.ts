import type { Element, ElementContent, Root } from "hast";
import { expect, test } from "vitest";
import { curly, withCurlyQuotes } from "./typography.ts";

test.each([
  { name: "a quotation", given: 'he said "no" twice', answer: "he said “no” twice" },
  { name: "an apostrophe", given: "the kernel's don't", answer: "the kernel’s don’t" },
  { name: "brackets", given: '("maybe")', answer: "(“maybe”)" },
  { name: "a quotation in a quotation", given: "\"'no', he said\"", answer: "“‘no’, he said”" },
  { name: "code", given: '"load" is `x = "a"`', answer: '“load” is `x = "a"`' },
])("curly quotes: $name", ({ given, answer }) => {
  expect(curly(given)).toBe(answer);
});

function element(tagName: string, children: ElementContent[], properties = {}): Element {
  return { type: "element", tagName, properties, children };
}

function text(value: string): ElementContent {
  return { type: "text", value };
}

test("a quotation goes on through emphasis, and code is left alone", () => {
  const emphasis = element("em", [text("so")]);
  const code = element("code", [text('f("x")')]);
  const tree: Root = {
    type: "root",
    children: [element("p", [text('"'), emphasis, text('" and '), code, text("'s end")])],
  };
  const expected = element("p", [text("“"), emphasis, text("” and "), code, text("’s end")]);
  expect(withCurlyQuotes(tree).children).toEqual([expected]);
});

test("what a component shows of its attributes is set as well, its names are not", () => {
  const figure = element("kb-figure", [], { name: "a'b", caption: 'the "new" one' });
  const { children } = withCurlyQuotes({ type: "root", children: [figure] });
  expect(children).toEqual([element("kb-figure", [], { name: "a'b", caption: "the “new” one" })]);
});
