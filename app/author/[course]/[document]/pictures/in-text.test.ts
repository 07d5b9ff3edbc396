import { expect, test } from "vitest";
import { pictureName, withPicture } from "./in-text.ts";

const PICTURE = { file: "pipe.png", alt: 'Two "ends" & a pipe', caption: "" };
const TAG = '<Picture file="pipe.png" alt="Two &quot;ends&quot; &amp; a pipe" />';
const FRONT = "---\ntitle: Pipes\n\n---";

test.each([
  {
    name: "below the paragraph of the cursor",
    text: "One\ntwo\n\nThree\n",
    line: 1,
    after: `One\ntwo\n\n${TAG}\n\nThree\n`,
    at: 4,
  },
  { name: "at the end", text: "One\n", line: 1, after: `One\n\n${TAG}\n`, at: 3 },
  {
    name: "below the front matter",
    text: `${FRONT}\n\nOne\n`,
    line: 2,
    after: `${FRONT}\n\n${TAG}\n\nOne\n`,
    at: 6,
  },
  {
    name: "below a cell, not in it",
    text: "```ts cell id=a\n1\n\n2\n```\n\nOne\n",
    line: 2,
    after: `\`\`\`ts cell id=a\n1\n\n2\n\`\`\`\n\n${TAG}\n\nOne\n`,
    at: 7,
  },
  {
    name: "below a component, not in it",
    text: "<Note>\n\nA note.\n\n</Note>\n\nOne\n",
    line: 3,
    after: `<Note>\n\nA note.\n\n</Note>\n\n${TAG}\n\nOne\n`,
    at: 7,
  },
  { name: "into an empty text", text: "", line: 1, after: `${TAG}\n`, at: 1 },
])("a picture is put $name", ({ text, line, after, at }) => {
  expect(withPicture(text, line, PICTURE)).toEqual({ text: after, line: at });
});

test.each([
  { name: "Ring Buffer (final).PNG", type: "image/png", is: "ring-buffer-final.png" },
  { name: "image.png", type: "image/png", is: "picture.png" },
  { name: "pipe.jpeg", type: "image/jpeg", is: "pipe-2.jpg" },
  { name: "?.svg", type: "image/svg+xml", is: "picture.svg" },
])("$name becomes $is", ({ name, type, is }) => {
  expect(pictureName(new File([], name, { type }), ["pipe.jpg"])).toBe(is);
});
