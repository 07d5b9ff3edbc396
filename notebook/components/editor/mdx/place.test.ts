import { expect, test } from "vitest";
import { placeAt } from "./place.ts";

/** The place of `|` in a text. */
function placeIn(marked: string) {
  const offset = marked.indexOf("|");
  return placeAt(marked.replace("|", ""), offset);
}

test.each([
  { name: "plain text", text: "Some te|xt", kind: "prose" },
  { name: "the name of a component", text: "Text\n\n<Fig|", kind: "component" },
  { name: "after an opening bracket", text: "<|", kind: "component" },
  { name: "an attribute", text: '<Figure name="elf-map" ti|', kind: "attribute" },
  {
    name: "an attribute on a line of its own",
    text: '<Figure\n  name="elf-map"\n  |',
    kind: "attribute",
  },
  { name: "a value", text: '<Exercise id="low|', kind: "value" },
  { name: "a value with an angle in it", text: '<Predict question="is a < b', kind: "value" },
  { name: "after the tag", text: '<Exercise id="lowest-fd" />\n\nText|', kind: "prose" },
  { name: "what a link leads to", text: "See [this](#re|", kind: "link" },
  { name: "a cell", text: "```ts cell id=one\nboot(|\n```", kind: "cell" },
  { name: "code that is no cell", text: "```c\nint <|\n```", kind: "code" },
  { name: "a cell that is not closed", text: "```ts cell id=one\nboot(|", kind: "cell" },
  {
    name: "a cell that is not closed, above another one",
    text: "```ts cell id=one\nboot(|\n\nText\n\n```ts cell id=two\n1\n```\n",
    kind: "cell",
  },
  {
    name: "below a cell that is not closed, where a section begins",
    text: "```ts cell id=one\nboot()\n\n## Section\n\nText|",
    kind: "prose",
  },
  { name: "a cell behind a bullet", text: "  ```ts cell id=one\n  boot(|\n  ```", kind: "cell" },
  { name: "marks that are being typed", text: "```ts cell|", kind: "prose" },
  { name: "a fence within a longer one", text: "````md\n```ts cell\n|\n```\n````", kind: "code" },
  { name: "a line of code between words", text: "```x``` is code\n\nText|", kind: "prose" },
  { name: "below a cell", text: "```ts cell id=one\n1\n```\n\nText|", kind: "prose" },
  { name: "topics", text: "---\nnumber: L01\ncovers: [1, 2|", kind: "topic" },
  { name: "other front matter", text: "---\nnumber: L|", kind: "front-matter" },
  { name: "below the front matter", text: "---\nnumber: L01\n---\n\nText|", kind: "prose" },
])("$name is known as a place of its own", ({ text, kind }) => {
  const marked = text.includes("|") ? text : `${text}|`;
  expect(placeIn(marked).kind).toBe(kind);
});

test("a suggestion replaces the word that is typed, and nothing before it", () => {
  expect(placeIn('<Exercise id="low|"')).toEqual({
    kind: "value",
    component: "Exercise",
    attribute: "id",
    from: 14,
  });
});

test("attributes that are there are not offered again", () => {
  expect(placeIn('<Figure name="elf-map" id="a" |')).toMatchObject({ given: ["name", "id"] });
});
