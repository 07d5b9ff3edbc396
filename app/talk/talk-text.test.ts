import fc from "fast-check";
import { expect, test } from "vitest";
import { type TalkBlock, talkBlocks } from "./talk-text.ts";

const words = (text: string): TalkBlock => ({
  kind: "paragraph",
  parts: [{ kind: "words", text }],
});

test.each([
  {
    name: "an empty line parts paragraphs",
    text: "a\nb\n\n\nc",
    blocks: [words("a\nb"), words("c")],
  },
  { name: "markup is text", text: "<b>x</b> **y**", blocks: [words("<b>x</b> **y**")] },
  {
    name: "backticks stand around code",
    text: "why `open()`?",
    blocks: [
      {
        kind: "paragraph",
        parts: [
          { kind: "words", text: "why " },
          { kind: "code", text: "open()" },
          { kind: "words", text: "?" },
        ],
      },
    ],
  },
  { name: "one backtick alone is a backtick", text: "a ` b", blocks: [words("a ` b")] },
  {
    name: "three backticks begin and end lines of code",
    text: "so:\n```ts\n  a();\n\n  b();\n```\nwhy?",
    blocks: [words("so:"), { kind: "block", text: "  a();\n\n  b();" }, words("why?")],
  },
  {
    name: "code that is not ended goes to the end",
    text: "```\na",
    blocks: [{ kind: "block", text: "a" }],
  },
])("$name", ({ text, blocks }) => {
  expect(talkBlocks(text)).toEqual(blocks);
});

test("no word is lost, whatever is written", () => {
  const letters = (text: string) => text.replaceAll(/[`\s]/g, "");
  fc.assert(
    fc.property(fc.array(fc.constantFrom("`", "```\n", "\n", "a", " b", "<c>")), (written) => {
      const text = written.join("");
      const said = talkBlocks(text).map((block) =>
        block.kind === "block" ? block.text : block.parts.map((part) => part.text).join(""),
      );
      // What stands behind the three backticks on their line names the language, and is not shown.
      const shown = text.replaceAll(/^```.*$/gm, "");
      expect(letters(said.join(""))).toBe(letters(shown));
    }),
  );
});
