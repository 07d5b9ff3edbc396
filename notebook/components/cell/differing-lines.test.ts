import { expect, test } from "vitest";
import { differingLines, merged } from "./differing-lines.ts";

test("marks the lines that the other text has not", () => {
  const lines = differingLines("a\nmine\nb", "a\ntheirs\nb");
  expect(lines.filter(({ differs }) => differs).map(({ text }) => text)).toEqual(["mine"]);
});

test.each([
  {
    name: "both changes of one place, mine first",
    mine: "a\nx\nb",
    theirs: "a\ny\nb",
    both: "a\nx\ny\nb",
  },
  {
    name: "lines that only one side has added",
    mine: "a\nb\nc",
    theirs: "z\na\nb",
    both: "z\na\nb\nc",
  },
  { name: "equal texts once", mine: "a\nb", theirs: "a\nb", both: "a\nb" },
  { name: "all of two texts with nothing in common", mine: "a", theirs: "b", both: "a\nb" },
])("a merge holds $name", ({ mine, theirs, both }) => {
  expect(merged(mine, theirs)).toBe(both);
});
