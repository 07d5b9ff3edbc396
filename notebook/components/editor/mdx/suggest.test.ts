import { expect, test } from "vitest";
import type { Vocabulary } from "#notebook/document";
import { hoverAt } from "./hover.ts";
import { placeAt } from "./place.ts";
import { suggestionsAt } from "./suggest.ts";
import { cellsAsScript } from "./text-names.ts";

const WORDS: Vocabulary = {
  components: [
    {
      name: "Figure",
      says: "A figure.",
      hasText: true,
      attributes: [
        { name: "name", says: "Which.", isRequired: true, values: ["elf-map", "tnum-dial"] },
        { name: "id", says: "Its id.", isRequired: true, values: undefined },
      ],
    },
    {
      name: "Exercise",
      says: "An exercise.",
      hasText: false,
      attributes: [{ name: "id", says: "Its folder.", isRequired: true, values: undefined }],
    },
  ],
  exercises: [{ id: "lowest-fd", title: "The lowest number" }],
  lectures: [{ slug: "07-files", title: "Files", anchors: [{ id: "opening", says: "Opening" }] }],
  pictures: ["pipe.png"],
  topics: [{ number: 12, title: "Descriptors" }],
};

const TEXT = `---
covers: [12]
---

## Reading a file

See [files](/lectures/07-files#opening).

\`\`\`ts cell id=first
import { boot } from "kernel-sim";
export const machine = boot();
\`\`\`

<Figure name="elf-map" id="map" title="A" caption="B">
Words.
</Figure>
`;

function offered(typed: string): string[] {
  const text = TEXT + typed;
  return suggestionsAt(placeAt(text, text.length), text, WORDS).map(({ label }) => label);
}

test.each([
  { name: "components", typed: "\n<F", labels: ["<Figure", "<Exercise"] },
  {
    name: "the values of an attribute",
    typed: '\n<Figure name="',
    labels: ["elf-map", "tnum-dial"],
  },
  { name: "exercises beside the lecture", typed: '\n<Exercise id="', labels: ["lowest-fd"] },
  {
    name: "places in this lecture and in others",
    typed: "\n[x](",
    labels: [
      "#reading-a-file",
      "#map",
      "#cell-first",
      "/lectures/07-files",
      "/lectures/07-files#opening",
    ],
  },
])("$name are offered", ({ typed, labels }) => {
  expect(offered(typed)).toEqual(labels);
});

test("a topic is offered with its title and put in as its number", () => {
  const place = placeAt("---\ncovers: [1", 14);
  expect(suggestionsAt(place, "", WORDS)).toMatchObject([
    { label: "12 Descriptors", insert: "12" },
  ]);
});

test("a component comes with what it needs", () => {
  const place = placeAt("<", 1);
  expect(suggestionsAt(place, "", WORDS)[0]?.insert).toBe(
    'Figure name="$1" id="$2">\n$3\n</Figure>',
  );
});

test.each([
  { name: "a component", at: "<Figure", says: "A figure." },
  { name: "an attribute", at: 'name="elf', says: "Which." },
  { name: "a link", at: "lectures/07", says: "Opening" },
  { name: "a topic", at: "12]", says: "Topic 12: Descriptors" },
])("$name says what it is", ({ at, says }) => {
  expect(hoverAt(TEXT, TEXT.indexOf(at) + 1, WORDS)?.lines).toContain(says);
});

test("the cells are a script in which each character keeps its place", () => {
  const script = cellsAsScript(TEXT);
  expect(script).toHaveLength(TEXT.length);
  expect(script.indexOf("const machine")).toBe(TEXT.indexOf("const machine"));
  expect(script.trim()).toBe("const machine = boot();");
});

test("a cell that is not closed is code up to where the next fence or prose begins", () => {
  const text = "```ts cell\nconst one = 1;\n\n## Next\n\n  ```ts cell id=two\n  one + 1\n  ```\n";
  expect(
    cellsAsScript(text)
      .split("\n")
      .map((line) => line.trim()),
  ).toEqual(["", "const one = 1;", ...["", "", "", "", "one + 1", "", ""]]);
});
