import fc from "fast-check";
import { expect, test } from "vitest";
import { highlight } from "./highlight.ts";

test.each([
  { name: "a keyword", source: "const a", kinds: ["keyword", "plain"] },
  { name: "a comment to the end of its line", source: "a // b", kinds: ["plain", "comment"] },
  { name: "a number in hex", source: "0xf8n", kinds: ["number"] },
  { name: "a name that holds a digit as a name", source: "r10", kinds: ["plain"] },
  { name: "a program for the BPF machine", source: "bpf.asm`exit`", kinds: ["plain", "bpf"] },
  { name: "another template as a string", source: "hex`0f`", kinds: ["plain", "string"] },
  { name: "a trap into the kernel", source: "yield* sys", kinds: ["trap", "plain"] },
])("shows $name", ({ source, kinds }) => {
  expect(highlight(source).flatMap((line) => line.map(({ kind }) => kind))).toEqual(kinds);
});

test("code inside a template is code, braces and templates in it included", () => {
  const [line = []] = highlight(`\`a \${ { b: \`c\` }.b } d\``);
  expect(line.at(-1)).toEqual({ kind: "string", text: " d`" });
  expect(line.filter(({ kind }) => kind === "string").map(({ text }) => text)).toEqual([
    "`a ",
    "`c`",
    " d`",
  ]);
});

test("nothing of the text is lost or added, whatever it is", () => {
  const piece = fc.constantFrom(
    "`",
    "${",
    "}",
    "{",
    "'",
    '"',
    "\\",
    "\n",
    "//",
    "/*",
    "*/",
    "a1",
    "0x",
    " ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      const source = pieces.join("");
      const back = highlight(source)
        .map((line) => line.map(({ text }) => text).join(""))
        .join("\n");
      expect(back).toBe(source);
    }),
  );
});
